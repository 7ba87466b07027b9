"""Open the source and the target of a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from attrs import frozen

from ..._core.concurrency.threads import async_run_in_thread
from ..._core.wire import Deadline, Timeout, call_limits, to_deadline
from ...client._async.registries import AsyncRegistries
from ...client._async.repository import AsyncRepository, async_plan_mounts, async_plan_push
from ...reference import RepoRef
from ..docker_archive import DockerArchive, open_archive
from ..layout import Layout, open_layout
from ..location import Location
from .interfaces import AsyncImageSource, AsyncImageTarget
from .local_files import AsyncFileSource, AsyncLayoutTarget
from .places import AsyncOpenRegistries, AsyncParsedSource, AsyncParsedTarget
from .registry import AsyncRegistryImage


@frozen
class AsyncOpenCopy:
    """The opened source and target of a copy.

    Attributes:
        source: The image to read.
        target: The layout, or the repository on a registry, to write to.
        source_location: The location from which `source` was opened.
        target_location: The location from which `target` was opened.
        deadline: The deadline of the whole copy; None if only the deadlines of the clients apply.
    """

    source: AsyncImageSource
    target: AsyncImageTarget
    source_location: Location
    target_location: RepoRef | Layout
    deadline: Deadline | None


@asynccontextmanager
async def async_open_copy(
    source: AsyncParsedSource,
    target: AsyncParsedTarget,
    registries: AsyncRegistries | None,
    timeout: float | Timeout | None,
    deadline: Deadline | float | None,
    *,
    trust_existing: bool = False,
) -> AsyncIterator[AsyncOpenCopy]:
    """Open the source and the target of a copy. On exit, close the registries that were opened for the copy.

    Args:
        source: The place from which the image is copied.
        target: The place to which the image is copied.
        registries: The caller's registries; None to open registries for the copy.
        timeout: The timeout of each step of a request; None uses the timeout of each client.
        deadline: The deadline of the whole copy, or the seconds until the deadline. For None, the deadline of each client limits
            the requests of that client.
        trust_existing: Whether the layers that a target layout has are compared by their sizes only.

    Raises:
        ImageError: The source is a layout or archive without the image.
        TypeError: `registries` has the wrong type.
    """
    until = to_deadline(deadline)
    async with AsyncOpenRegistries(registries) as opened:
        image_target: AsyncImageTarget
        read_from = source.repository
        if isinstance(target.location, Layout):
            image_target = AsyncLayoutTarget(target.location, trust_existing)
        else:
            push_to = opened.repository(target.location, target.repository)
            if isinstance(source.location, RepoRef) and source.location.index.name == push_to.repo.index.name:
                read_from, push_to = async_plan_mounts(opened.repository(source.location, read_from), push_to)
            else:
                push_to = async_plan_push(push_to)
            image_target = _open_image(target.location, push_to, opened, timeout, until)
        image_source = await _open_source(source.location, read_from, opened, timeout, until)
        with closing(image_source):
            yield AsyncOpenCopy(image_source, image_target, source.location, target.location, until)


@asynccontextmanager
async def async_open_image(
    source: AsyncParsedSource,
    registries: AsyncRegistries | None,
    timeout: float | Timeout | None,
    deadline: Deadline | float | None,
) -> AsyncIterator[AsyncImageSource]:
    """Open an image to read it. On exit, close the registry that was opened for this.

    Args:
        source: The place of the image.
        registries: The caller's registries; None to open a registry.
        timeout: The timeout of each step of a request; None uses the client's timeout.
        deadline: The deadline, or the seconds until the deadline; None uses the client's deadline.

    Raises:
        ImageError: The place is a layout or archive without the image.
        TypeError: `registries` has the wrong type.
    """
    async with AsyncOpenRegistries(registries) as opened:
        with closing(await _open_source(source.location, source.repository, opened, timeout, to_deadline(deadline))) as image:
            yield image


async def _open_source(
    location: Location,
    bound: AsyncRepository | None,
    opened: AsyncOpenRegistries,
    timeout: float | Timeout | None,
    deadline: Deadline | None,
) -> AsyncImageSource:
    if isinstance(location, RepoRef):
        return _open_image(location, bound, opened, timeout, deadline)
    if isinstance(location, DockerArchive):
        return AsyncFileSource(await async_run_in_thread(lambda: open_archive(location)))
    return AsyncFileSource(await async_run_in_thread(lambda: open_layout(location)))


def _open_image(
    ref: RepoRef,
    bound: AsyncRepository | None,
    opened: AsyncOpenRegistries,
    timeout: float | Timeout | None,
    deadline: Deadline | None,
) -> AsyncRegistryImage:
    repository = opened.repository(ref, bound)
    return AsyncRegistryImage(repository, ref.tag, ref.digest, call_limits(repository, timeout, deadline))
