"""The fallback tag, under which clients list a manifest's referrers on registries without referrers API. Free of I/O.

Source: OCI Distribution Spec, Referrers Tag Schema.
"""

from __future__ import annotations

import re
from typing import Final

from ..digest import Digest
from ..errors import MethodNotAllowedError, NotFoundError, ReferrersError, ResponseError, StatusError, UnexpectedContentType
from ..v2.models import ImageIndex
from .manifests import ManifestResponse

# A registry without referrers API answers as it does for any unknown path: mostly with 404, but also with 400 (a digest where
# it expects another reference), with 406 (it does not know the media type of an index there), or with a web page.
_UNOFFERED_STATUSES: Final = frozenset({400, 406, 501})
_INVALID_IN_TAGS: Final = re.compile("[^A-Za-z0-9._-]")


def fallback_tag(subject: str) -> str:
    """Return the fallback tag of a manifest.

    Args:
        subject: The digest of the manifest.

    Source: OCI Distribution Spec, Referrers Tag Schema.
    """
    algorithm, _, encoded = subject.partition(":")
    return _INVALID_IN_TAGS.sub("-", f"{algorithm[:32]}-{encoded[:64]}")


def means_no_referrers_api(error: ResponseError) -> bool:
    """Return whether an error of `list_referrers` means that the registry has no referrers API.

    Errors that may concern only this caller or may be temporary (401, 403, 429 and most of 5xx) do not mean that.

    Args:
        error: The error.
    """
    if isinstance(error, StatusError):
        return isinstance(error, (NotFoundError, MethodNotAllowedError)) or error.status in _UNOFFERED_STATUSES
    return isinstance(error, UnexpectedContentType)


def fallback_index(found: ManifestResponse, subject: Digest) -> ImageIndex | None:
    """Return the index of referrers that the fallback tag of a manifest names, or None when there is no such index.

    Args:
        found: The manifest under the fallback tag.
        subject: The digest of the manifest.

    Raises:
        ReferrersError: The tag names a manifest of another kind.

    Source: OCI Distribution Spec, Referrers Tag Schema.
    """
    # GitLab resolves the tag to the digest in it, and so returns the subject itself, which may be an index.
    if found.digest == subject:
        return None
    if isinstance(found.manifest, ImageIndex):
        return found.manifest
    raise ReferrersError(
        f"the fallback tag should name an index of the referrers, not {found.media_type} ({found.digest}). "
        "Find out who pushed that manifest, move it to another tag, and try again.",
        subject=subject,
        tag=fallback_tag(subject),
    )
