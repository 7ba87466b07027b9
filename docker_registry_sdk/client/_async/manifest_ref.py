"""A reference to a manifest in a repository that is bound to a client."""

from __future__ import annotations

from attrs import Factory, field, frozen

import docker_registry_sdk as sdk

from ..._core.names.grammar import check_tag
from ...digest import Digest, RefLike, to_digest
from ...errors import InvalidReferenceError
from ...reference import Repo, RepoRef


@frozen(kw_only=True)
class AsyncManifestRef:
    """A manifest or an image in a repository that is bound to a client, by tag, by digest or by both.

    `repository.ref("1.0")` and `registries.ref("alpine:3.20")` return such references. Functions such as `images.async_copy`
    accept them as source and target, and use the connections and the login of the client. Methods of the repository take the
    attribute `ref`: `reference.repository.get_manifest(reference.ref)`. `str(reference)` is the full reference, such as
    `ghcr.io/owner/app:1.0`.

    Attributes:
        repository: The repository, with which requests are sent. References are equal if their names, tags and digests are equal.
        repo: The name of the repository.
        tag: The tag; None if the reference has only a digest.
        digest: The digest; None if the reference has only a tag. If the reference has both, the digest determines the manifest.

    Raises:
        InvalidReferenceError: The tag is malformed, or both tag and digest are missing.
    """

    repository: sdk.AsyncRepository = field(eq=False, repr=False)
    repo: Repo = field(init=False, default=Factory(lambda self: self.repository.repo, takes_self=True))
    tag: str | None = None
    digest: Digest | None = None

    def __attrs_post_init__(self) -> None:
        if self.tag is not None:
            check_tag(self.tag)
        if self.tag is None and self.digest is None:
            raise InvalidReferenceError("a reference needs a tag or a digest", hint="Pass a tag, such as latest, or a digest.")

    @property
    def repo_ref(self) -> RepoRef:
        """Return the same reference without a client: the name of the repository with the tag and the digest."""
        return RepoRef(self.repo.index, self.repo.remote_name, tag=self.tag, digest=self.digest)

    @property
    def ref(self) -> str:
        """Return the text by which client methods name the manifest: the digest, or the tag if the reference has no digest."""
        return self.digest or self.tag or ""

    def __str__(self) -> str:
        return str(self.repo_ref)


def async_parse_ref(repository: sdk.AsyncRepository, ref: RefLike) -> AsyncManifestRef:
    """Return a reference to a manifest of a repository.

    Args:
        repository: The repository.
        ref: A tag, a digest, or a tag and a digest with an `@` in between; or an object with a digest, such as a descriptor.

    Raises:
        InvalidReferenceError: The tag is malformed.
        InvalidDigestError: The digest is malformed, or the object has no digest.
    """
    if not isinstance(ref, str):
        return AsyncManifestRef(repository=repository, digest=to_digest(ref))
    tag, at, digest = ref.rpartition("@")
    if not at and ":" not in ref:
        return AsyncManifestRef(repository=repository, tag=ref)
    return AsyncManifestRef(repository=repository, tag=tag or None, digest=Digest(digest))
