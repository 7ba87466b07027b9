"""The grammar of repository names, tags and references, checked before anything is looked up."""

import hashlib
import re
from collections.abc import Iterable

from docker_registry_sdk.testing.v2.errors import DIGEST_INVALID, NAME_INVALID, TAG_INVALID, ApiError

NAME_LIMIT = 255

_NAME_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_NAME_PART}(?:/{_NAME_PART})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


def parse_name(text: str) -> str:
    """Check a repository name.

    Args:
        text: What the client sent.

    Returns:
        The name.

    Raises:
        ApiError: NAME_INVALID.

    Source: OCI Distribution Specification, "Pulling manifests"; the limit of 255 is Docker's.
    """
    if len(text) > NAME_LIMIT or not _NAME.fullmatch(text):
        raise ApiError(NAME_INVALID, details=[{"name": text[:NAME_LIMIT]}])
    return text


def parse_tag(text: str) -> str:
    """Check a tag.

    Args:
        text: What the client sent.

    Returns:
        The tag.

    Raises:
        ApiError: TAG_INVALID.

    Source: OCI Distribution Specification, "Pulling manifests".
    """
    if not _TAG.fullmatch(text):
        raise ApiError(TAG_INVALID, details=[{"tag": text[:NAME_LIMIT]}])
    return text


def parse_reference(text: str) -> str:
    """Check the reference of a manifest: a digest if it has a colon, else a tag.

    Args:
        text: What the client sent.

    Returns:
        The reference.

    Raises:
        ApiError: DIGEST_INVALID or TAG_INVALID.
    """
    return parse_digest(text) if is_digest(text) else parse_tag(text)


def is_digest(reference: str) -> bool:
    """Say whether a reference is meant as a digest; no tag holds a colon."""
    return ":" in reference


CANONICAL = "sha256"
"""The algorithm that is used where the client names none."""

_ENCODED = {"sha256": re.compile("[0-9a-f]{64}"), "sha512": re.compile("[0-9a-f]{128}")}


def parse_digest(text: str) -> str:
    """Check a digest.

    Args:
        text: What the client sent.

    Returns:
        The digest, of an algorithm that the registry supports.

    Raises:
        ApiError: DIGEST_INVALID.

    Source: OCI Image Specification, "Digests".
    """
    algorithm, _, encoded = text.partition(":")
    pattern = _ENCODED.get(algorithm)
    if pattern is None or not pattern.fullmatch(encoded):
        raise ApiError(DIGEST_INVALID, details=[{"digest": text[:255]}])
    return text


def parse_algorithm(text: str) -> str:
    """Check the name of a digest algorithm.

    Args:
        text: What the client sent.

    Returns:
        The name of an algorithm that the registry supports.

    Raises:
        ApiError: DIGEST_INVALID.
    """
    if text not in _ENCODED:
        raise ApiError(DIGEST_INVALID, details=[{"algorithm": text[:255]}])
    return text


def algorithm_of(digest: str) -> str:
    """Return the algorithm of a digest that has been checked."""
    return digest.partition(":")[0]


def digest_of(algorithm: str, chunks: Iterable[bytes | memoryview]) -> str:
    """Compute a digest.

    Args:
        algorithm: A supported algorithm.
        chunks: The content, in parts.

    Returns:
        The digest.
    """
    hasher = hashlib.new(algorithm)
    for chunk in chunks:
        hasher.update(chunk)
    return f"{algorithm}:{hasher.hexdigest()}"
