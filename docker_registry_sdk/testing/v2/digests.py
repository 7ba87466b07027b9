"""Digests: their grammar, and how they are computed."""

import hashlib
import re
from collections.abc import Iterable

from docker_registry_sdk.testing.v2.errors import DIGEST_INVALID, ApiError

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
