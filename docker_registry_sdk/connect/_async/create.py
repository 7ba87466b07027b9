"""Creation of a client for the API version that a registry speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Unpack, overload

from ..._core.transport.options import AsyncClientOptions
from ...client._async.client import AsyncRegistryClientV2
from ...client.target import parse_target
from ...errors import RegistryError
from ...reference import Index, Repo

if TYPE_CHECKING:
    from ...legacy_v1._async.client import AsyncRegistryClientV1

_VERSIONS: Final[tuple[Literal[1, 2], ...]] = (2, 1)


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
    """Return a client for the API version that the registry speaks; for version 2 if the registry speaks both versions.

    To find the version, this function pings API v2, and API v1 if the registry does not speak API v2. The pings carry no
    credentials.

    Args:
        name: The repository, as in `docker pull`; None for a client that is bound to no repository.
        index: The registry to use if `name` contains no registry; None for Docker Hub.
        version: The API version, so that no ping is sent; None to find the version with pings.
        options: See `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: The name or the index is malformed.
        TypeError: An option does not exist or has the wrong type, or two options exclude each other.
        RegistryError: The registry speaks neither version, or a certificate file cannot be read.
        StatusError: The response to a ping is inconclusive: 408, 429 or 5xx. Try again later.
        TransportError: No response to a ping was received.
    """
    for candidate in _VERSIONS if version is None else (version,):
        client = _client_class(candidate)(name, index=index, **options)
        try:
            if version is not None or await (client.supports_v2() if client.version == 2 else client.supports_v1()):
                return client
        except BaseException:
            await client.aclose()
            raise
        await client.aclose()
    registry = parse_target(name, index)[0].name
    raise RegistryError(
        (f"{registry} supports neither API v2 nor API v1: its responses to /v2/ and /v1/_ping are not those of a registry"),
        hint="Check the name and the port of the registry.",
    )


def _client_class(version: Literal[1, 2]) -> type[AsyncRegistryClientV1] | type[AsyncRegistryClientV2]:
    if version == 2:
        return AsyncRegistryClientV2
    # Imported only when needed, since most programs never use API v1.
    from ...legacy_v1._async.client import AsyncRegistryClientV1

    return AsyncRegistryClientV1
