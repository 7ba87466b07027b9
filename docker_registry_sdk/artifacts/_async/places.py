"""The places of artifacts: a repository of a registry, with or without a tag or digest."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from ...client._async.manifest_ref import AsyncManifestRef
from ...client._async.repository import AsyncRepository
from ...errors import ArtifactError
from ...images.location import parse_source
from ...reference import Repo, RepoRef, parse_repo

AsyncArtifactPlace: TypeAlias = str | Repo | RepoRef | AsyncManifestRef | AsyncRepository
"""A place to push an artifact to: the repository with a tag, or without a tag to push the artifact by its digest only."""


@frozen
class AsyncParsedArtifactPlace:
    """A parsed place of an artifact.

    Attributes:
        repo: The name of the repository.
        ref: The digest or the tag; None for a place without digest and tag.
        repository: The caller's repository; None if the repository must be opened by its name.
    """

    repo: Repo
    ref: str | None
    repository: AsyncRepository | None


def async_parse_artifact_place(place: object, *, needs_tag: bool) -> AsyncParsedArtifactPlace:
    """Return the parsed place of an artifact.

    Args:
        place: The place as the user wrote it.
        needs_tag: Whether the place must name a manifest. If True, the tag of text without a tag and a digest is `latest`.

    Raises:
        InvalidReferenceError: The place is malformed.
        ArtifactError: The place is a layout or an archive.
        TypeError: The place has another type.
    """
    if isinstance(place, AsyncManifestRef):
        return AsyncParsedArtifactPlace(place.repo, place.digest or place.tag, place.repository)
    if not needs_tag and isinstance(place, AsyncRepository):
        return AsyncParsedArtifactPlace(place.repo, None, place)
    if not needs_tag and isinstance(place, Repo) and not isinstance(place, RepoRef):
        return AsyncParsedArtifactPlace(place, None, None)
    if not needs_tag and isinstance(place, str) and ":" not in place.rpartition("/")[2] and "@" not in place:
        return AsyncParsedArtifactPlace(parse_repo(place), None, None)
    location = parse_source(place)
    if not isinstance(location, RepoRef):
        raise ArtifactError(f"{location} is not in a registry", hint="Push artifacts to a registry, and pull them from there.")
    return AsyncParsedArtifactPlace(location, location.digest or location.tag, None)
