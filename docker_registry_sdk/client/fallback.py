"""The fallback tag, under which clients keep the list of a manifest's referrers where the registry does not. Free of I/O."""

from __future__ import annotations

import re
from typing import Final

from ..digest import Digest
from ..errors import MethodNotAllowedError, NotFoundError, ReferrersError, ResponseError, StatusError, UnexpectedContentType
from ..v2.models import ImageIndex
from .manifests import ManifestResponse

# A registry without the call answers what it answers to any path that it does not know: mostly 404, but also 400 since the
# digest makes no reference that it expects, 406 since the index makes no type that it knows there, or a page for browsers.
_UNOFFERED: Final = frozenset({400, 406, 501})
_NO_TAG_CHARACTER: Final = re.compile("[^A-Za-z0-9._-]")


def fallback_tag(subject: str) -> str:
    """Return the tag under which clients keep the list of a manifest's referrers.

    Args:
        subject: The digest of the manifest.

    Source: OCI Distribution Spec, Referrers Tag Schema.
    """
    algorithm, _, encoded = subject.partition(":")
    return _NO_TAG_CHARACTER.sub("-", f"{algorithm[:32]}-{encoded[:64]}")


def means_no_referrers_api(error: ResponseError) -> bool:
    """Return whether an answer to `list_referrers` says that the registry does not offer it.

    What may only be so for this caller or for now, such as 401, 403, 429 and most of 5xx, does not.

    Args:
        error: The answer.
    """
    if isinstance(error, StatusError):
        return isinstance(error, (NotFoundError, MethodNotAllowedError)) or error.status in _UNOFFERED
    return isinstance(error, UnexpectedContentType)


def fallback_index(found: ManifestResponse, subject: Digest) -> ImageIndex | None:
    """Return the list of a manifest's referrers that stands under its fallback tag, or None when there is none.

    Args:
        found: What stands there.
        subject: The digest of the manifest.

    Raises:
        ReferrersError: It is something else.

    Source: OCI Distribution Spec, Referrers Tag Schema.
    """
    # GitLab takes the tag for the digest that it is made of, and gives the subject itself, which may be an index.
    if found.digest == subject:
        return None
    if isinstance(found.manifest, ImageIndex):
        return found.manifest
    raise ReferrersError(
        f"the tag should hold an index of them, not {found.media_type} ({found.digest}). "
        "Find out who pushed that, move it to another tag, and try again.",
        subject=subject,
        tag=fallback_tag(subject),
    )
