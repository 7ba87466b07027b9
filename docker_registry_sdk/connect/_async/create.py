"""Create a client of the API version that a registry speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Unpack, overload

from ..._core.transport.options import AsyncClientOptions
from ...client._async.client import AsyncRegistryClientV2
from ...errors import RegistryError
from ...reference import Index, Repo

if TYPE_CHECKING:
    from ...legacy_v1._async.client import AsyncRegistryClientV1


@overload
async def create_async_client(
    name: str | Repo | None = None,
    *,
    index: str | Index | None = None,
    version: Literal[1],
    **options: Unpack[AsyncClientOptions],
) -> AsyncRegistryClientV1: ...
@overload
async def create_async_client(
    name: str | Repo | None = None,
    *,
    index: str | Index | None = None,
    version: Literal[2],
    **options: Unpack[AsyncClientOptions],
) -> AsyncRegistryClientV2: ...
@overload
async def create_async_client(
    name: str | Repo | None = None,
    *,
    index: str | Index | None = None,
    version: Literal[1, 2] | None = None,
    **options: Unpack[AsyncClientOptions],
) -> AsyncRegistryClientV1 | AsyncRegistryClientV2: ...
async def create_async_client(
    name: str | Repo | None = None,
    *,
    index: str | Index | None = None,
    version: Literal[1, 2] | None = None,
    **options: Unpack[AsyncClientOptions],
) -> AsyncRegistryClientV1 | AsyncRegistryClientV2:
    """Return a client of the API version that the registry speaks: version 2 if the registry speaks both.

    Without `version`, a ping without credentials finds the version, first of API v2 and then of API v1.

    Args:
        name: The repository, as in `docker pull`; None for a client that is bound to no repository.
        index: The registry, when the name does not contain one; Docker Hub when neither names a registry.
        version: The API version, if it is known: then no request is sent.
        options: See `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: The name or the index is malformed.
        TypeError: An option does not exist or has the wrong type, or two options exclude each other.
        RegistryError: The registry speaks neither version, or a certificate file cannot be read.
        StatusError: The response to a ping is inconclusive: 408, 429 or 5xx. Try again later.
        TransportError: No response was received.
    """
    if version == 1:
        return _create_v1(name, index, options)
    client = AsyncRegistryClientV2(name, index=index, **options)
    if version == 2:
        return client
    try:
        if await client.supports_v2():
            return client
    except BaseException:
        await client.aclose()
        raise
    await client.aclose()
    older = _create_v1(name, index, options)
    try:
        if await older.supports_v1():
            return older
        raise RegistryError(
            f"{client.index.name} speaks neither API v2 nor API v1: "
            "it does not answer /v2/ and /v1/_ping as a registry does. Check the name and the port of the registry."
        )
    except BaseException:
        await older.aclose()
        raise


def _create_v1(name: str | Repo | None, index: str | Index | None, options: AsyncClientOptions) -> AsyncRegistryClientV1:
    # Imported here, since most programs never use API v1.
    from ...legacy_v1._async.client import AsyncRegistryClientV1

    return AsyncRegistryClientV1(name, index=index, **options)
