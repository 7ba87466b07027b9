"""Digests: the names of bytes, checked when they are parsed, and computed, never believed.

    digest = Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    digest.algorithm, digest.encoded            # ('sha256', 'e3b0…')

A `Digest` is a `str`: it goes wherever text goes, compares equal to it, and cannot be changed. What makes it more is that
none exists that is not well-formed, so one can stand in a path, a URL or a file name.
"""

from __future__ import annotations

import hashlib
from typing import Final, Self

from ._core.text.redaction import quoted
from .errors import DigestMismatchError, InvalidDigestError

# The algorithms that the OCI registers, and how many characters the encoded part has, all of them [0-9a-f].
# https://github.com/opencontainers/image-spec/blob/main/descriptor.md#registered-algorithms
_LENGTHS: Final = {"sha256": 64, "sha512": 128, "blake3": 64}
_COMPUTABLE: Final = ("sha256", "sha512")
_HEX: Final = frozenset("0123456789abcdef")

DEFAULT_ALGORITHM: Final = "sha256"


class Digest(str):
    """A digest, such as `sha256:e3b0c442…`: text that is known to be one.

    Args:
        text: The algorithm (`sha256`, `sha512` or `blake3`), a colon, and 64, 128 or 64 hexadecimal digits in lower case.

    Raises:
        InvalidDigestError: It is anything else.

    Source: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if isinstance(text, cls):
            return text
        if not isinstance(text, str):
            raise InvalidDigestError(f"a digest should be text, not {type(text).__name__}")
        _check(text)
        return super().__new__(cls, text)

    @property
    def algorithm(self) -> str:
        """The part before the colon, such as `sha256`."""
        return self.partition(":")[0]

    @property
    def encoded(self) -> str:
        """The part after the colon: hexadecimal digits in lower case."""
        return self.partition(":")[2]

    def __repr__(self) -> str:
        return f"Digest({str(self)!r})"

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)


def _check(text: str) -> None:
    algorithm, colon, encoded = text.partition(":")
    if not colon:
        raise InvalidDigestError(f"digest {quoted(text)} has no colon: write algorithm:encoded, such as sha256:e3b0c442…")
    length = _LENGTHS.get(algorithm)
    if length is None:
        raise InvalidDigestError(
            f"digest {quoted(text)}: the algorithm {quoted(algorithm)} is not registered; use {', '.join(_LENGTHS)}"
        )
    if len(encoded) != length:
        raise InvalidDigestError(
            f"digest {quoted(text)}: after {algorithm}: come {length} hexadecimal digits, not {len(encoded)}; give it in full"
        )
    if not _HEX.issuperset(encoded):
        hint = "write them in lower case" if _HEX.issuperset(encoded.lower()) else "give it as the registry shows it"
        raise InvalidDigestError(f"digest {quoted(text)}: after {algorithm}: come only the digits 0-9 and a-f; {hint}")


class Verifier:
    """Bytes are counted and hashed as they pass, and in the end compared with what they should have been.

    Args:
        algorithm: `sha256` or `sha512`: that of the digest to verify (`Digest.algorithm`).

    Raises:
        InvalidDigestError: The algorithm is another one, and cannot be computed here.
    """

    def __init__(self, algorithm: str = DEFAULT_ALGORITHM) -> None:
        if algorithm not in _COMPUTABLE:
            raise InvalidDigestError(
                f"digests of the algorithm {quoted(algorithm)} cannot be computed here; use {' or '.join(_COMPUTABLE)}"
            )
        self._algorithm = algorithm
        self._hash = hashlib.new(algorithm, usedforsecurity=True)
        self._size = 0

    @property
    def size(self) -> int:
        """The number of bytes so far."""
        return self._size

    @property
    def digest(self) -> Digest:
        """The digest of the bytes so far."""
        return str.__new__(Digest, f"{self._algorithm}:{self._hash.hexdigest()}")  # it needs no check

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take in the next bytes.

        Args:
            data: Any number of bytes.
        """
        view = memoryview(data)
        self._hash.update(view)
        self._size += view.nbytes

    def verify(self, size: int | None, digest: str) -> Digest:
        """Check the bytes that have passed, and return their digest.

        Args:
            size: How many there should be; None when that is not known.
            digest: The digest that they should have, of this verifier's algorithm.

        Raises:
            DigestMismatchError: Their number or their digest is another one.
            InvalidDigestError: The digest is none, or of another algorithm.
        """
        expected = Digest(digest)
        if expected.algorithm != self._algorithm:
            raise InvalidDigestError(
                f"digest {quoted(expected)} cannot be compared: the bytes were hashed with {self._algorithm}; "
                f"make the verifier for {expected.algorithm}"
            )
        actual = self.digest
        if actual != expected or (size is not None and size != self._size):
            raise DigestMismatchError(expected=expected, actual=actual, expected_size=size, actual_size=self._size)
        return actual


def digest_of(data: bytes | bytearray | memoryview, algorithm: str = DEFAULT_ALGORITHM) -> Digest:
    """Return the digest of bytes.

    Args:
        data: All of them.
        algorithm: `sha256` or `sha512`.

    Raises:
        InvalidDigestError: The algorithm is another one, and cannot be computed here.
    """
    verifier = Verifier(algorithm)
    verifier.update(data)
    return verifier.digest
