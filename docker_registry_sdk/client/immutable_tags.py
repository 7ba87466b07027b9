"""Registries that do not allow a tag to be moved to another manifest. This module does no I/O."""

from __future__ import annotations

import re
from typing import Final

from ..errors import ImmutableTagError, StatusError

# The statuses, and for 400 and 403 the words, of registries that refuse to move a tag: Amazon ECR and Nexus (400), Artifactory
# (403), Quay (409), Harbor (412).
_STATUSES: Final = frozenset({400, 403, 409, 412})
_CLEAR_STATUSES: Final = frozenset({409, 412})
_WORDS: Final = re.compile(r"immutab|overwr|already.?exist|not allow updating", re.IGNORECASE)


def may_refuse_to_move(error: StatusError, *, has_condition: bool) -> bool:
    """Return whether a registry may have refused the push of a manifest only because the tag exists.

    Args:
        error: The response to the push of the manifest.
        has_condition: Whether the request had If-Match or If-None-Match: then 412 is about this condition.

    Source: https://github.com/moby/buildkit/issues/3776 (Amazon ECR), https://github.com/GoogleContainerTools/jib/issues/3057
        (Nexus).
    """
    return error.status in _STATUSES and not (has_condition and error.status == 412)


def error_of_other_content(error: StatusError, repo: str, tag: str, digest: str) -> ImmutableTagError | None:
    """Return the error to raise after the refused push of a manifest to a tag that names another manifest and may not be moved.

    Args:
        error: The response to the push of the manifest.
        repo: The name of the repository, with its registry.
        tag: The tag.
        digest: The digest of the manifest that the tag names.

    Returns:
        The error, or None if the status and the words of the response are not about the tag.
    """
    words = " ".join(f"{one.code} {one.message} {one.detail}" for one in error.errors)
    if error.status not in _CLEAR_STATUSES and not _WORDS.search(words):
        return None
    return ImmutableTagError(
        repo=repo,
        tag=tag,
        digest=digest,
        method=error.method,
        url=error.url,
        status=error.status,
        headers=error.headers,
        raw=error.raw,
        body=error.body,
        errors=error.errors,
        redirected_to=error.redirected_to,
    )
