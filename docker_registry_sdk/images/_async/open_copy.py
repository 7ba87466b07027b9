"""Open the source and the target of a copy, with clients for registries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from attrs import frozen

from ..._core.concurrency.threads import async_run_in_thread
from ..._core.transport.options import AsyncClientOptions
from ..._core.wire import Deadline, call_limits, to_deadline
from ...client._async.client import AsyncRegistryClientV2
from ...reference import Repo
from ..layout import Layout
from ..location import Location, RegistryLocation
from .interfaces import AsyncImageSource, AsyncImageTarget
from .local_files import AsyncFileSource, AsyncLayoutTarget
from .registry import AsyncRegistryImage


@frozen
class AsyncOpenCopy:
    """The opened source and target of a copy.

    Attributes:
        source: The image to read.
        target: The layout, or the repository on a registry, to write to.
        source_location: The location from which `source` was opened.
        target_location: The location from which `target` was opened.
        options: The options of the clients that are created for the copy, without `deadline`.
        deadline: The deadline of the whole copy; None if only the deadlines of the caller's clients apply.
    """

    source: AsyncImageSource
    target: AsyncImageTarget
    source_location: Location
    target_location: RegistryLocation | Layout
    options: AsyncClientOptions
    deadline: Deadline | None


@asynccontextmanager
async def async_open_copy(
    source: Location,
    target: RegistryLocation | Layout,
    options: AsyncClientOptions,
    deadline: Deadline | float | None = None,
) -> AsyncIterator[AsyncOpenCopy]:
    """Open the source and the target of a copy. On exit, close the clients that were created for the copy.

    Args:
        source: The location from which the image is copied.
        target: The location to which the image is copied.
        options: The options of the clients to create. The option `deadline` limits the whole copy.
        deadline: The deadline of the whole copy, or the seconds until the deadline; None uses the option `deadline`. If that is
            missing too, the deadline of each client that the caller passed limits the requests of that client.

    Raises:
        ImageError: The source is a layout or archive without the image.
        TypeError: Options were passed although no client is created, or a user name or password was passed although clients for
            two registries are created.
    """
    client_options = options.copy()
    seconds = client_options.pop("deadline", None)
    until = to_deadline(seconds if deadline is None else deadline)
    _check_options(source, target, client_options)
    clients = _Clients(client_options, until)
    try:
        image_source, image_target = await _open_source(source, clients), _open_target(target, clients)
        yield AsyncOpenCopy(image_source, image_target, source, target, client_options, until)
    finally:
        await clients.aclose()


class _Clients:
    """The clients created for a copy, one for each registry."""

    def __init__(self, options: AsyncClientOptions, deadline: Deadline | None) -> None:
        self._options = options
        self._deadline = deadline
        self._created: list[AsyncRegistryClientV2] = []

    def open_image(self, location: RegistryLocation) -> AsyncRegistryImage:
        """Return the image at a location, accessed with the caller's client or with a client created for the repository."""
        client = self._get(location)
        limits = call_limits(client, deadline=self._deadline)
        return AsyncRegistryImage(client, location.ref.tag, location.ref.digest, limits)

    def _get(self, location: RegistryLocation) -> AsyncRegistryClientV2:
        repo = Repo(location.ref.index, location.ref.remote_name)
        if location.client is not None:
            return cast("AsyncRegistryClientV2", location.client)
        for client in self._created:
            if client.index == repo.index:
                return client.with_repo(repo)
        client = AsyncRegistryClientV2(repo, **self._options)
        self._created.append(client)
        return client

    async def aclose(self) -> None:
        """Close the created clients."""
        for client in self._created:
            await client.aclose()


async def _open_source(location: Location, clients: _Clients) -> AsyncImageSource:
    if isinstance(location, RegistryLocation):
        return clients.open_image(location)
    return AsyncFileSource(await async_run_in_thread(location.open))


def _open_target(location: RegistryLocation | Layout, clients: _Clients) -> AsyncImageTarget:
    return AsyncLayoutTarget(location) if isinstance(location, Layout) else clients.open_image(location)


def _check_options(source: Location, target: Location, options: AsyncClientOptions) -> None:
    registries = {
        location.ref.index.name
        for location in (source, target)
        if isinstance(location, RegistryLocation) and location.client is None
    }
    if options and not registries:
        raise TypeError(
            f"{', '.join(sorted(options))} would have no effect, since this copy creates no client: "
            "leave these options out, or pass them to your own clients"
        )
    if len(registries) == 2 and ("username" in options or "password" in options):
        raise TypeError(
            f"username and password would be sent to two registries, {' and '.join(sorted(registries))}: "
            "pass a pair (client, ref) for the registry that requires them, or pass credentials= instead"
        )
