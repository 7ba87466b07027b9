"""Making a client of the API version that a registry speaks."""

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
    """Return a client of the API version that the registry speaks: 2 where it does, else 1.

    Args:
        name: The repository, as in `docker pull`; None for a client that is bound to none.
        index: The registry, when the name does not say; Docker Hub when neither does.
        version: The version, when it is known: then nothing is asked.
        options: See `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: The name or the index is malformed.
        RegistryError: The registry speaks neither version.
        StatusError: It does not say now, but may later: 408, 429 and 5xx.
        TransportError: No answer came.
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
    former = _create_v1(name, index, options)
    try:
        if await former.supports_v1():
            return former
        raise RegistryError(
            f"{client.index.name} speaks neither API v2 nor v1: neither /v2/ nor /v1/_ping is answered as by a registry. "
            "Check the name of the registry, and its port."
        )
    except BaseException:
        await former.aclose()
        raise


def _create_v1(name: str | Repo | None, index: str | Index | None, options: AsyncClientOptions) -> AsyncRegistryClientV1:
    # Most programs never need it.
    from ...legacy_v1._async.client import AsyncRegistryClientV1

    return AsyncRegistryClientV1(name, index=index, **options)
