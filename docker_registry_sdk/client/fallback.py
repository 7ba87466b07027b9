"""The fallback tag. On registries without referrers API, clients list a manifest's referrers under this tag. Free of I/O.

Source: OCI Distribution Spec, Referrers Tag Schema.
"""

from __future__ import annotations

import re
from typing import Final

from ..digest import Digest
from ..errors import MethodNotAllowedError, NotFoundError, ReferrersError, ResponseError, StatusError, UnexpectedContentType
from ..v2.models import ImageIndex
from .manifests import ManifestResponse

# The responses of registries without referrers API, besides 404 and 405: 400 if the registry takes the digest for a malformed
# reference, 406 if it does not know the media type of an index, 501, or a web page.
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

    The result is False for errors that may be temporary or may concern only this caller: 401, 403, 429 and most of 5xx.

    Args:
        error: The error.
    """
    if isinstance(error, StatusError):
        return isinstance(error, (NotFoundError, MethodNotAllowedError)) or error.status in _UNOFFERED_STATUSES
    return isinstance(error, UnexpectedContentType)


def fallback_index(found: ManifestResponse, subject: Digest) -> ImageIndex | None:
    """Return the index of referrers under the fallback tag of a manifest, or None if there is no index.

    Args:
        found: The manifest under the fallback tag.
        subject: The digest of the manifest.

    Raises:
        ReferrersError: The manifest under the tag is not an index.

    Source: OCI Distribution Spec, Referrers Tag Schema.
    """
    # GitLab takes the digest in the tag for the reference, and returns the subject itself, which may be an index.
    if found.digest == subject:
        return None
    if isinstance(found.manifest, ImageIndex):
        return found.manifest
    raise ReferrersError(
        f"the manifest under the fallback tag should be an index of the referrers, but {found.digest} has the media type "
        f"{found.media_type}. Move that manifest to another tag, and try again.",
        subject=subject,
        tag=fallback_tag(subject),
    )
