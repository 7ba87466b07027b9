"""The list of referrers under the fallback tag of a subject. Free of I/O.

Clients maintain this list on registries without the referrers API.

Source: OCI Distribution Spec, Referrers Tag Schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from ..digest import Digest
from ..media_types import OCI_INDEX, OCI_MANIFEST
from ..v2 import models
from .fallback import fallback_index
from .manifest_results import ManifestResponse
from .manifests import parse_document

Change: TypeAlias = "Callable[[Sequence[models.Descriptor]], list[models.Descriptor] | None]"
"""A function that returns the changed list of referrers, or None if no change is necessary."""


class Referrer(NamedTuple):
    """A manifest that has a subject.

    Attributes:
        subject: The digest of the subject.
        descriptor: The descriptor of the manifest, as it appears in the list of the subject's referrers.
    """

    subject: Digest
    descriptor: models.Descriptor


def referrer_of(content: bytes, media_type: str, digest: Digest) -> Referrer | None:
    """Return a manifest's subject and descriptor, for the list of the subject's referrers; None if there is no subject.

    Args:
        content: The bytes of the manifest.
        media_type: The media type. For types other than the OCI manifest and index, which have no subject, the result is None.
        digest: The digest of the manifest.

    Raises:
        ParseError: The manifest has a subject, but is not a manifest of the type `media_type`.
        InvalidDigestError: The digest of the subject is invalid.

    Source: OCI Distribution Spec, Pushing Manifests with Subject.
    """
    manifest: models.ImageManifest | models.ImageIndex
    artifact_type: str | None
    if media_type not in (OCI_MANIFEST, OCI_INDEX):
        return None
    document = parse_document(content)
    if not isinstance(document, dict) or document.get("subject") is None:
        return None
    if media_type == OCI_MANIFEST:
        manifest = models.ImageManifest.from_dict(document)
        artifact_type = manifest.artifact_type or manifest.config.media_type
    else:
        manifest = models.ImageIndex.from_dict(document)
        artifact_type = manifest.artifact_type or None
    assert manifest.subject is not None
    return Referrer(
        manifest.subject.digest,
        models.Descriptor(
            media_type=media_type,
            digest=digest,
            size=len(content),
            artifact_type=artifact_type,
            annotations=manifest.annotations,
        ),
    )


def add_referrer(referrer: models.Descriptor) -> Change:
    """Return a function that adds a referrer to a list of referrers, or returns None if the list has the referrer.

    Args:
        referrer: The descriptor of the referrer.
    """

    def change(listed: Sequence[models.Descriptor]) -> list[models.Descriptor] | None:
        return None if any(one.digest == referrer.digest for one in listed) else [*listed, referrer]

    return change


def remove_referrer(digest: str) -> Change:
    """Return a function that removes a referrer from a list of referrers, or returns None if the list lacks the referrer.

    Args:
        digest: The digest of the referrer.
    """

    def change(listed: Sequence[models.Descriptor]) -> list[models.Descriptor] | None:
        kept = [one for one in listed if one.digest != digest]
        return None if len(kept) == len(listed) else kept

    return change


class ReferrersList(NamedTuple):
    """The list of referrers that was read from a registry, with the HTTP conditions for replacing the list.

    Attributes:
        found: The index under the fallback tag; None if the tag names no index.
        if_match: The value of the header If-Match; None to send no such header, because the registry sent no strong ETag.
        if_none_match: `*` if the fallback tag did not exist; None to send no header If-None-Match.
    """

    found: models.ImageIndex | None
    if_match: str | None = None
    if_none_match: str | None = None

    @property
    def manifests(self) -> list[models.Descriptor]:
        """Return the descriptors of the referrers; empty if the index does not exist."""
        return [] if self.found is None else self.found.manifests

    def with_manifests(self, manifests: Sequence[models.Descriptor]) -> bytes:
        """Return the bytes of an index that lists the given referrers and keeps all other fields of the index that was read.

        Args:
            manifests: The descriptors of the referrers.
        """
        document = {} if self.found is None else self.found.to_dict()
        document |= {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [one.to_dict() for one in manifests]}
        # Escape to ASCII: an annotation may hold an unpaired surrogate, which cannot be encoded as UTF-8.
        return json.dumps(document, separators=(",", ":")).encode()


def parse_referrers_list(response: ManifestResponse | None, subject: Digest) -> ReferrersList:
    """Return the list of a subject's referrers, which is empty if the fallback tag does not exist.

    Args:
        response: The manifest under the fallback tag; None if the tag does not exist.
        subject: The digest of the subject.

    Raises:
        ReferrersError: The manifest under the fallback tag is not an index.
    """
    if response is None:
        return ReferrersList(None, if_none_match="*")
    index = fallback_index(response, subject)
    etag = response.response.etag if response.response is not None else None
    # If-Match never matches a weak ETag (RFC 9110, section 13.1.1). Without an index, the ETag belongs to the subject: see
    # `fallback_index`.
    usable = index is not None and etag is not None and not etag.startswith("W/")
    return ReferrersList(index, if_match=etag if usable else None)
