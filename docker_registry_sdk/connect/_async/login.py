"""Check of a user name and password with a registry."""

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
    """Check a user name and password with the registry. The credentials are not stored.

    Args:
        index: The registry; None for Docker Hub.
        username: The user name.
        password: The password, or an access token instead of a password.
        version: The API version; None to find the version with pings.
        options: See `AsyncLoginOptions`.

    Returns:
        The result of the login. Its attribute `checked` says whether the registry checked the credentials at all.

    Raises:
        AuthError: The token service rejects the credentials, or the credentials must not be sent to the token service.
        UnauthorizedError: The registry rejects the credentials.
        ForbiddenError: The account is inactive, or has no permissions.
        RegistryError: The registry speaks neither API v2 nor API v1.
        StatusError: The response to a ping is inconclusive: 408, 429 or 5xx. Try again later.
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
