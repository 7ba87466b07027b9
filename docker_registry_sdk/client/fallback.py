"""The fallback tag: on registries without a referrers API, clients store an index of a manifest's referrers under this tag.

Free of I/O.

Source: OCI Distribution Spec, Referrers Tag Schema.
"""

from __future__ import annotations

import re
from typing import Final

from .._core.names.origin import Origin
from .._core.wire import DOCUMENT_SUCCESS, HTTPResponse, call_of
from ..digest import Digest
from ..errors import (
    ParseError,
    ReferrersError,
    RegistryError,
    ResponseError,
    StatusError,
    TransportError,
)
from ..media_types import OCI_INDEX
from ..v2 import api, models
from .manifest_results import ManifestResponse
from .manifests import parse_document

# Statuses below 500 that may be temporary or may concern only this caller.
_OF_CALLER: Final = frozenset({401, 403, 408, 421, 425, 429})
_INVALID_IN_TAGS: Final = "[^A-Za-z0-9._-]"


def fallback_tag(subject: str) -> str:
    """Return the fallback tag of a manifest, such as `sha256-e3b0c442…`.

    Args:
        subject: The digest of the manifest.

    Source: OCI Distribution Spec, Referrers Tag Schema.
    """
    algorithm, _, encoded = subject.partition(":")
    return re.sub(_INVALID_IN_TAGS, "-", f"{algorithm[:32]}-{encoded[:64]}")


def means_no_referrers_api(error: RegistryError, registry: Origin) -> bool:
    """Return whether a failure of `list_referrers` means that the registry has no referrers API.

    If the registry has redirected the request to another host, such as GHCR to its web pages, the result is True for every
    response of that host. It is True for redirects that cannot be followed, too, and for bodies that cannot be decoded. It is
    False if the request was interrupted or took too long: the registry may have the API.

    If the registry itself has responded, the result is False for statuses that may be temporary or may concern only this caller:
    401, 403, 408, 421, 425, 429, and 5xx except 501. All other statuses mean that there is no API: 400 and 422 if the registry
    takes the digest for a malformed reference, 406 if it does not know the media type of an index.

    Args:
        error: The error that `list_referrers` raised.
        registry: The origin of the registry.
    """
    if isinstance(error, StatusError):
        is_lasting = error.status == 501 or (error.status < 500 and error.status not in _OF_CALLER)
        return is_lasting or error.redirected_to is not None
    if isinstance(error, TransportError):
        return not error._is_transient and not isinstance(error, TimeoutError)
    return isinstance(error, ResponseError) and Origin.from_url(error.url) != registry


def read_referrers(response: HTTPResponse) -> api.list_referrers.ListReferrersOk | None:
    """Return the page of referrers in a successful response; None if it is no index, as from registries without the API.

    Args:
        response: A response with a 2xx status to `list_referrers`.

    Raises:
        ParseError: The registry itself has sent an index, but the index is malformed.
    """
    document = parse_document(response.content)
    if response.status_code not in DOCUMENT_SUCCESS or not _looks_like_index(document):
        return None
    try:
        return api.list_referrers.parse(response)
    except ParseError:
        if call_of(response.request).elsewhere:
            return None
        raise


def _looks_like_index(document: object) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("manifests", ""), list | None):
        return False
    return document.get("mediaType") in (None, "", OCI_INDEX) and bool("schemaVersion" in document or document["manifests"])


def fallback_index(found: ManifestResponse, subject: Digest) -> models.ImageIndex | None:
    """Return the index of referrers that was found under the fallback tag of a subject.

    The result is None if the registry returned the subject itself, as GitLab does when no fallback tag exists.

    Args:
        found: The manifest that was pulled by the fallback tag.
        subject: The digest of the subject, the manifest that the referrers refer to.

    Raises:
        ReferrersError: The manifest that was pulled is neither an index nor the subject.

    Source: OCI Distribution Spec, Referrers Tag Schema.
    """
    # GitLab takes the digest in the tag for the reference, and returns the subject itself, which may be an index.
    if found.digest == subject:
        return None
    if isinstance(found.manifest, models.ImageIndex):
        return found.manifest
    raise ReferrersError(
        f"the manifest under the fallback tag should be an index of the referrers, but {found.digest} has the "
        f"media type {found.media_type}",
        subject=subject,
        tag=fallback_tag(subject),
        hint="Move that manifest to another tag, and try again.",
    )
