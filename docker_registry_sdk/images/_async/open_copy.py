"""Opening the two ends of a copy, with clients for those that need one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from ..._core.concurrency.threads import async_run_in_thread
from ..._core.transport.options import AsyncClientOptions
from ...client._async.client import AsyncRegistryClientV2
from ...reference import Repo
from ..file_image import open_local
from ..layout import Layout
from ..location import Location, RegistryLocation
from .interfaces import AsyncImageSource, AsyncImageTarget
from .local_files import AsyncFileSource, AsyncLayoutTarget
from .registry import AsyncRegistryImage


@asynccontextmanager
async def async_open_source_and_target(
    source: Location, target: RegistryLocation | Layout, options: AsyncClientOptions
) -> AsyncIterator[tuple[AsyncImageSource, AsyncImageTarget]]:
    """Open the two ends of a copy; clients that are made for it are closed on exit.

    Args:
        source: Where from.
        target: Where to.
        options: The options of those clients.

    Raises:
        ImageError: The source is not there.
        TypeError: The options do not go together.
    """
    _check(source, target, options)
    clients = _Clients(options)
    try:
        yield await _open_source(source, clients), _open_target(target, clients)
    finally:
        await clients.aclose()


class _Clients:
    """The clients that are made for a copy, one for each registry."""

    def __init__(self, options: AsyncClientOptions) -> None:
        self._options = options
        self._made: list[AsyncRegistryClientV2] = []

    def get(self, place: RegistryLocation) -> AsyncRegistryClientV2:
        """Return a client that is bound to the place's repository."""
        repo = Repo(place.ref.index, place.ref.remote_name)
        if place.client is not None:
            return cast("AsyncRegistryClientV2", place.client)
        for client in self._made:
            if client.index == repo.index:
                return client.with_repo(repo)
        client = AsyncRegistryClientV2(repo, **self._options)
        self._made.append(client)
        return client

    async def aclose(self) -> None:
        """Close them."""
        for client in self._made:
            await client.aclose()


async def _open_source(place: Location, clients: _Clients) -> AsyncImageSource:
    if isinstance(place, RegistryLocation):
        return _open_registry(place, clients)
    local = await async_run_in_thread(lambda: open_local(place))
    return AsyncFileSource(local)


def _open_target(place: RegistryLocation | Layout, clients: _Clients) -> AsyncImageTarget:
    return AsyncLayoutTarget(place) if isinstance(place, Layout) else _open_registry(place, clients)


def _open_registry(place: RegistryLocation, clients: _Clients) -> AsyncRegistryImage:
    return AsyncRegistryImage(clients.get(place), place.ref.tag, place.ref.digest)


def _check(source: Location, target: Location, options: AsyncClientOptions) -> None:
    own = {place.ref.index.name for place in (source, target) if isinstance(place, RegistryLocation) and place.client is None}
    if options and not own:
        raise TypeError(f"{', '.join(sorted(options))} would have no effect: no client is made for this copy")
    if len(own) == 2 and ("username" in options or "password" in options):
        raise TypeError(
            f"username and password would go to {' and '.join(sorted(own))}: "
            "give a pair (client, ref) for the one that they are for, or credentials="
        )
