"""Check a user name and password with a registry, by the API version that it speaks."""

from __future__ import annotations

from typing import Literal, Unpack

from ..._core.transport.options import AsyncLoginOptions
from ...reference import Index
from ..login_result import LoginResult
from .create import create_async_client


async def async_login(
    index: str | Index | None = None,
    *,
    username: str,
    password: str,
    version: Literal[1, 2] | None = None,
    **options: Unpack[AsyncLoginOptions],
) -> LoginResult:
    """Check a user name and password with the registry; nothing is stored.

    Args:
        index: The registry; Docker Hub when None.
        username: The user name.
        password: The password, or an access token in place of one.
        version: The API version, if it is known; None to find it with a ping.
        options: See `AsyncLoginOptions`.

    Returns:
        The result, which also says whether the registry checked the credentials at all.

    Raises:
        AuthError: The token service rejects the credentials, or must not receive them.
        UnauthorizedError: The registry rejects the credentials.
        ForbiddenError: The account is inactive, or has no permissions.
        RegistryError: The registry speaks neither version.
        TransportError: No response was received.

    Source: OCI Distribution Spec, Determining Support (end-1); Docker Hub API, User Login.
    """
    client = await create_async_client(index=index, version=version, username=username, password=password, **options)
    async with client:
        if client.version == 2:
            await client.ping()
            checked = client.explain_auth().challenge is not None
        else:
            await client.check_login()
            checked = await client.checks_logins()
        return LoginResult(
            index=client.index,
            version=client.version,
            username=username,
            checked="credentials" if checked else "nothing",
        )
