"""Functions that check repository names, tags and digests, and that compute digests."""

import hashlib
import re
from collections.abc import Iterable

from docker_registry_sdk.testing.v2.errors import DIGEST_INVALID, NAME_INVALID, TAG_INVALID, ApiError

MAX_NAME_LENGTH = 255

DEFAULT_ALGORITHM = "sha256"
"""The digest algorithm that is used if the client names no algorithm."""

_NAME_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_NAME_PART}(?:/{_NAME_PART})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_ENCODED = {"sha256": re.compile("[0-9a-f]{64}"), "sha512": re.compile("[0-9a-f]{128}")}


def parse_name(text: str) -> str:
    """Check that a text from a request is a valid repository name.

    Args:
        text: The name, as the client sent it.

    Returns:
        The name, unchanged.

    Raises:
        ApiError: The name is invalid (NAME_INVALID).

    Source: OCI Distribution Specification, "Pulling manifests"; the limit of 255 characters is Docker's.
    """
    if len(text) > MAX_NAME_LENGTH or not _NAME.fullmatch(text):
        raise ApiError(NAME_INVALID, details=[{"name": text[:MAX_NAME_LENGTH]}])
    return text


def parse_tag(text: str) -> str:
    """Check that a text from a request is a valid tag.

    Args:
        text: The tag, as the client sent it.

    Returns:
        The tag, unchanged.

    Raises:
        ApiError: The tag is invalid (TAG_INVALID).

    Source: OCI Distribution Specification, "Pulling manifests".
    """
    if not _TAG.fullmatch(text):
        raise ApiError(TAG_INVALID, details=[{"tag": text[:MAX_NAME_LENGTH]}])
    return text


def parse_reference(text: str) -> str:
    """Check that a text from a request is a valid digest or tag. A text with a colon must be a digest, any other text a tag.

    Args:
        text: The reference to a manifest, as the client sent it.

    Returns:
        The reference, unchanged.

    Raises:
        ApiError: The text contains a colon but is not a valid digest (DIGEST_INVALID), or contains no colon and is not a valid
            tag (TAG_INVALID).
    """
    return parse_digest(text) if is_digest(text) else parse_tag(text)


def is_digest(reference: str) -> bool:
    """Return whether a valid reference is a digest and not a tag. Only digests contain a colon."""
    return ":" in reference


def parse_digest(text: str) -> str:
    """Check that a text from a request is a valid digest.

    Args:
        text: The digest, as the client sent it.

    Returns:
        The digest, unchanged. The algorithm of the digest is sha256 or sha512.

    Raises:
        ApiError: The digest is malformed, or the algorithm is not supported (DIGEST_INVALID).

    Source: OCI Image Specification, "Digests".
    """
    algorithm, _, encoded = text.partition(":")
    pattern = _ENCODED.get(algorithm)
    if pattern is None or not pattern.fullmatch(encoded):
        raise ApiError(DIGEST_INVALID, details=[{"digest": text[:255]}])
    return text


def parse_algorithm(text: str) -> str:
    """Check that a text from a request is the name of a supported digest algorithm.

    Args:
        text: The name, as the client sent it.

    Returns:
        The name, unchanged: sha256 or sha512.

    Raises:
        ApiError: The algorithm is not supported (DIGEST_INVALID).
    """
    if text not in _ENCODED:
        raise ApiError(DIGEST_INVALID, details=[{"algorithm": text[:255]}])
    return text


def algorithm_of(digest: str) -> str:
    """Return the algorithm of a valid digest, such as `sha256`."""
    return digest.partition(":")[0]


def digest_of(algorithm: str, chunks: Iterable[bytes | memoryview]) -> str:
    """Compute the digest of content that is given in parts.

    Args:
        algorithm: The digest algorithm: `sha256` or `sha512`.
        chunks: The parts of the content, in order.

    Returns:
        The digest, with the algorithm as the prefix, such as `sha256:01ab...`.
    """
    hasher = hashlib.new(algorithm)
    for chunk in chunks:
        hasher.update(chunk)
    return f"{algorithm}:{hasher.hexdigest()}"
