"""Registries that do not find a blob which they have just received. This module does no I/O."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from .._core.names.grammar import DIGEST
from ..errors import StatusError

# The codes of registries that reject a manifest since a blob or manifest that it names is missing. ECR uses the third one.
_CODES: Final = frozenset({"BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN", "BLOB_UPLOAD_UNKNOWN", "MANIFEST_UNKNOWN"})
NOTE: Final = (
    "The registry has received these blobs or manifests a short time ago, but does not find them yet: push the manifest again "
    "later."
)


def may_be_found_later(error: StatusError, content: bytes, pushed: Set[str]) -> bool:
    """Return whether a registry has rejected a manifest only because it does not find yet what it has just received.

    The registry must name only digests that were pushed a short time ago. If it names none, the manifest must name one of these.

    Args:
        error: The response to the push of the manifest.
        content: The bytes of the manifest.
        pushed: The digests of the blobs and manifests that were pushed to the repository a short time ago.

    Source: https://github.com/clowdhaus/ocync/issues/104 (Amazon ECR).
    """
    if not pushed or _CODES.isdisjoint(error.codes):
        return False
    named = set(DIGEST.findall(" ".join(f"{one.message} {one.detail}" for one in error.errors)))
    if named:
        return named <= pushed
    return not pushed.isdisjoint(DIGEST.findall(content.decode("utf-8", "replace")))
