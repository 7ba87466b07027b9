"""Checking a user name and password, by the API version that a registry speaks."""

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
    """Check a user name and password, and say what that proves; nothing is stored.

    Args:
        index: The registry; Docker Hub when not given.
        username: The user's name.
        password: The user's password, or an access token that stands in for one.
        version: The API version, when it is known: then it is not asked for.
        options: See `AsyncLoginOptions`.

    Raises:
        AuthError: The token service refuses the credentials, or may not be asked.
        UnauthorizedError: The registry refuses them.
        ForbiddenError: The account is not active, or may not do anything.
        RegistryError: The registry speaks neither version.
        TransportError: No answer came.

    Source: OCI Distribution Spec, Determining Support (end-1); Docker Hub API, User Login.
    """
    client = await create_async_client(index=index, version=version, username=username, password=password, **options)
    async with client:
        if client.version == 2:
            await client.ping()
            looked = client.explain_auth().challenge is not None
        else:
            await client.check_login()
            looked = await client.checks_logins()
        return LoginResult(
            index=client.index,
            version=client.version,
            username=username,
            checked="credentials" if looked else "nothing",
        )
