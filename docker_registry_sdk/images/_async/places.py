"""The repositories that a call of `images` or `artifacts` uses: those of the caller, or of registries opened for the call."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from attrs import frozen

from ...client._async.manifest_ref import AsyncManifestRef
from ...client._async.registries import AsyncRegistries
from ...client._async.repository import AsyncRepository
from ...reference import Repo, RepoRef
from ..layout import Layout
from ..location import AsyncPlace, AsyncTargetPlace, Location, parse_source, parse_target


@frozen
class AsyncParsedSource:
    """A parsed place of an image to read.

    Attributes:
        location: The location of the image.
        repository: The caller's repository; None if the image is in files, or if the repository must be opened by its name.
    """

    location: Location
    repository: AsyncRepository | None


@frozen
class AsyncParsedTarget:
    """A parsed place of an image to write.

    Attributes:
        location: The location of the image.
        repository: The caller's repository; None if the target is a layout, or if the repository must be opened by its name.
    """

    location: RepoRef | Layout
    repository: AsyncRepository | None


def async_parse_source_place(place: AsyncPlace) -> AsyncParsedSource:
    """Return the parsed place of an image to read.

    Args:
        place: The place as the user wrote it.

    Raises:
        InvalidReferenceError: The reference or the path is malformed.
        TypeError: The place has a type other than those listed at `AsyncPlace`.
    """
    if isinstance(place, AsyncManifestRef):
        return AsyncParsedSource(place.repo_ref, place.repository)
    return AsyncParsedSource(parse_source(place), None)


def async_parse_target_place(place: AsyncTargetPlace, source: Location) -> AsyncParsedTarget:
    """Return the parsed place of an image to write.

    Args:
        place: The place as the user wrote it.
        source: The location from which the image is copied.

    Raises:
        InvalidReferenceError: The reference or the path is malformed.
        ImageError: The target is an archive.
        TypeError: The place has a type other than those listed at `AsyncTargetPlace`.
    """
    if isinstance(place, AsyncManifestRef):
        return AsyncParsedTarget(place.repo_ref, place.repository)
    return AsyncParsedTarget(parse_target(place, source), None)


class AsyncOpenRegistries:
    """The registries of one call: those of the caller, or registries that are opened when needed, and closed at the end.

    Args:
        registries: The caller's registries, which stay open; None to open registries for the call.

    Raises:
        TypeError: The argument is not an `AsyncRegistries`.
    """

    def __init__(self, registries: AsyncRegistries | None) -> None:
        if registries is not None and not isinstance(registries, AsyncRegistries):
            wanted = AsyncRegistries.__name__
            raise TypeError(f"registries must be of the type {wanted} or None, not {type(registries).__name__}")
        self._given = registries
        self._opened: AsyncRegistries | None = None

    def repository(self, repo: Repo, bound: AsyncRepository | None = None) -> AsyncRepository:
        """Return a repository.

        Args:
            repo: The name of the repository.
            bound: The caller's repository, which is returned unchanged; None to open the repository by its name.
        """
        if bound is not None:
            return bound
        if self._given is None and self._opened is None:
            self._opened = AsyncRegistries()
        owner = self._given or self._opened
        assert owner is not None
        return owner.repository(Repo(repo.index, repo.remote_name))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._opened is not None:
            await self._opened.aclose()
