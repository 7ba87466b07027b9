"""Referrers as the fallback list has them: how one is described, and how the list is changed. Free of I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeAlias

from attrs import frozen

from ..client.fallback import fallback_index
from ..client.manifests import ManifestResponse
from ..digest import Digest
from ..media_types import OCI_INDEX, OCI_MANIFEST
from ..v2.models import Descriptor, ImageIndex, ImageManifest

Change: TypeAlias = Callable[[Sequence[Descriptor]], list[Descriptor] | None]
"""Returns the list as it should be, or None when it is so."""


@frozen
class Referrer:
    """A manifest that has a subject.

    Attributes:
        subject: The digest of its subject.
        descriptor: What the list of referrers says of it.
    """

    subject: Digest
    descriptor: Descriptor


def referrer_of(content: bytes, media_type: str, digest: Digest) -> Referrer | None:
    """Return what the list of referrers says of a manifest, or None when it has no subject.

    Args:
        content: The manifest's bytes.
        media_type: Its media type; only OCI manifests and indexes have subjects.
        digest: Its digest.

    Raises:
        ParseError: It is no manifest of that type.
        InvalidDigestError: The digest of its subject is none.

    Source: OCI Distribution Spec, Pushing Manifests with Subject.
    """
    manifest: ImageManifest | ImageIndex
    artifact_type: str | None
    if media_type == OCI_MANIFEST:
        manifest = ImageManifest.from_dict(_parsed(content))
        artifact_type = manifest.artifact_type or manifest.config.media_type
    elif media_type == OCI_INDEX:
        manifest = ImageIndex.from_dict(_parsed(content))
        artifact_type = manifest.artifact_type or None
    else:
        return None
    if manifest.subject is None:
        return None
    return Referrer(
        Digest(manifest.subject.digest),
        Descriptor(
            media_type=media_type,
            digest=digest,
            size=len(content),
            artifact_type=artifact_type,
            annotations=manifest.annotations,
        ),
    )


def adding(referrer: Descriptor) -> Change:
    """Return the change that puts a referrer into the list, unless it is there.

    Args:
        referrer: Its descriptor.
    """

    def change(listed: Sequence[Descriptor]) -> list[Descriptor] | None:
        return None if any(one.digest == referrer.digest for one in listed) else [*listed, referrer]

    return change


def removing(digest: str) -> Change:
    """Return the change that takes a referrer out of the list.

    Args:
        digest: Its digest.
    """

    def change(listed: Sequence[Descriptor]) -> list[Descriptor] | None:
        kept = [one for one in listed if one.digest != digest]
        return None if len(kept) == len(listed) else kept

    return change


@frozen
class FoundList:
    """The list of referrers as it was found, and the conditions under which it may be written.

    Attributes:
        index: The index, or None when there was none.
        if_match: The ETag that must still be there, or None when that cannot be asked for.
        if_none_match: `*` when there must still be nothing, or None.
    """

    index: ImageIndex | None
    if_match: str | None = None
    if_none_match: str | None = None

    @property
    def manifests(self) -> list[Descriptor]:
        """The referrers."""
        return [] if self.index is None else self.index.manifests

    def with_manifests(self, manifests: Sequence[Descriptor]) -> bytes:
        """Return the index with other referrers, and all else as it was.

        Args:
            manifests: The referrers.
        """
        document = {} if self.index is None else self.index.to_dict()
        document |= {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [one.to_dict() for one in manifests]}
        return json.dumps(document, separators=(",", ":")).encode()  # in ASCII: annotations may hold half of a surrogate pair


def found_list(found: ManifestResponse | None, subject: Digest) -> FoundList:
    """Return the list of a subject's referrers.

    Args:
        found: What stands under the fallback tag, or None when nothing does.
        subject: The digest of the subject.

    Raises:
        ReferrersError: It is no list.
    """
    if found is None:
        return FoundList(None, if_none_match="*")
    index = fallback_index(found, subject)
    etag = found.headers.etag if found.headers is not None else None
    # If-Match never holds for a weak one (RFC 9110, section 13.1.1). Where there is no index, the ETag is the subject's.
    usable = index is not None and etag is not None and not etag.startswith("W/")
    return FoundList(index, if_match=etag if usable else None)


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None  # the model says so, by its name
