"""Parse, compute and verify digests.

    digest = Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    digest.algorithm, digest.encoded            # ('sha256', 'e3b0…')

`Digest` is a subclass of `str`: a digest is equal to a string with the same text. The constructor rejects invalid digests, so a
`Digest` can be used safely in a path, a URL or a file name.

Methods with a parameter `digest` accept a `DigestLike`: text, a `Digest`, a descriptor, or a result that has a digest.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final, Protocol, Self, TypeAlias

from ._core.names.grammar import TAG
from ._core.text.redaction import quoted
from .errors import DigestMismatchError, InvalidDigestError

# The registered algorithms, and the number of hexadecimal digits after the colon.
# https://github.com/opencontainers/image-spec/blob/main/descriptor.md#registered-algorithms
_LENGTHS: Final = {"sha256": 64, "sha512": 128, "blake3": 64}
_HASHES: Final = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_HEX: Final = frozenset("0123456789abcdef")
_VALID: Final = re.compile("|".join(f"{name}:[0-9a-f]{{{length}}}" for name, length in _LENGTHS.items()))
# https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
_ALGORITHM: Final = re.compile("[a-z0-9]+([+._-][a-z0-9]+)*")
_ENCODED: Final = re.compile("[a-zA-Z0-9=_-]+")

DEFAULT_ALGORITHM: Final = "sha256"


class Digest(str):
    """A digest, such as `sha256:e3b0c442…`.

    A digest with another algorithm than sha256 and sha512 is valid, since a document may contain one. But this package cannot
    verify bytes against such a digest: calls that download or copy the content raise `InvalidDigestError`.

    Args:
        text: The algorithm, a colon, and the encoded hash. For the registered algorithms, the hash consists of hexadecimal digits
            in lower case: 64 digits for `sha256` and `blake3`, 128 for `sha512`. For other algorithms, it consists of letters,
            digits, `=`, `_` and `-`.

    Raises:
        InvalidDigestError: The text is not a digest in this form.

    Source: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if isinstance(text, cls):
            return text
        if not isinstance(text, str):
            raise InvalidDigestError(f"a digest must be a string, not {type(text).__name__}", hint="Pass a string.")
        if _VALID.fullmatch(text) is None:
            _check_unregistered(text)
        return super().__new__(cls, text)

    @property
    def algorithm(self) -> str:
        """Return the algorithm: the part before the colon, such as `sha256`."""
        return self.partition(":")[0]

    @property
    def encoded(self) -> str:
        """Return the encoded hash: the part after the colon, such as hexadecimal digits in lower case."""
        return self.partition(":")[2]

    def __repr__(self) -> str:
        return f"Digest({str(self)!r})"

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)


class HasDigest(Protocol):
    """An object with a digest: a descriptor, or a result of this package, such as `ManifestResponse`."""

    @property
    def digest(
        self,
    ) -> Any:  # pyright takes an attribute with a converter, such as `Descriptor.digest`, for another type than Digest
        """The digest of the content; None if the object names content without its digest, as a reference with a tag does."""


DigestLike: TypeAlias = str | HasDigest
"""A digest as text or as a `Digest`, or an object whose attribute `digest` is the digest, such as a `Descriptor`."""


RefLike: TypeAlias = str | HasDigest
"""A tag as text, or a digest in one of the forms of a `DigestLike`."""


def to_digest(value: DigestLike) -> Digest:
    """Return the digest that an argument of a method names.

    Args:
        value: A digest as text or as a `Digest`, or an object whose attribute `digest` is the digest, such as a `Descriptor`.

    Raises:
        InvalidDigestError: The text is not a digest (the message for a tag says how to get the digest), the object has no digest,
            or the value is of another type.
    """
    if isinstance(value, Digest):
        return value
    if not isinstance(value, str):
        return Digest(_digest_of_object(value, "Resolve its tag first: client.resolve(tag)."))
    if ":" not in value and TAG.fullmatch(value) and not (len(value) in _LENGTHS.values() and _HEX.issuperset(value)):
        raise InvalidDigestError(f"{quoted(value)} is a tag", hint=f"Resolve the tag first: client.resolve({quoted(value)}).")
    return Digest(value)


def to_reference(value: RefLike) -> str:
    """Return the tag or the digest that an argument of a method names. A digest is returned as a `Digest`.

    Args:
        value: A tag as text, or a digest in one of the forms that `to_digest` accepts. Text with a colon is a digest.

    Raises:
        InvalidDigestError: The text has a colon, but is not a digest; the object has no digest; or the value is of another type.
    """
    if isinstance(value, str):
        return Digest(value) if ":" in value else value
    return Digest(_digest_of_object(value, "Pass its tag, the attribute `tag`."))


def _digest_of_object(value: HasDigest, hint: str) -> str:
    if (digest := getattr(value, "digest", None)) is not None:
        return digest  # type: ignore[no-any-return]
    if hasattr(value, "digest"):
        raise InvalidDigestError(f"{quoted(str(value))} has no digest", hint=hint)
    name = type(value).__name__
    raise InvalidDigestError(
        f"a digest must be text, a Digest, a Descriptor or a result with a digest, not {name}", hint="Pass one of these types."
    )


def _check_unregistered(text: str) -> None:
    """Raise an InvalidDigestError that says why text is not a digest, unless only its algorithm is not registered."""
    algorithm, colon, encoded = text.partition(":")
    length = _LENGTHS.get(algorithm)
    if not colon:
        problem, hint = " has no colon", "Write algorithm:encoded, such as sha256:e3b0c442…"
    elif length is not None and len(encoded) != length:
        problem = f": expected {length} hexadecimal digits after {algorithm}:, not {len(encoded)}"
        hint = "Copy the whole digest from the registry."
    elif length is not None:
        problem = f": only the digits 0-9 and a-f are allowed after {algorithm}:"
        hint = "Write the digits in lower case." if _HEX.issuperset(encoded.lower()) else "Copy the digest from the registry."
    elif "/" in text or "@" in text:
        problem, hint = ": / and @ are not allowed", "Pass the tag or the digest alone, without the name of the repository."
    elif _ALGORITHM.fullmatch(algorithm) is None:
        problem, hint = f": the algorithm {quoted(algorithm)} is malformed", f"Use {', '.join(_LENGTHS)}."
    elif _ENCODED.fullmatch(encoded) is None:
        problem = f": only letters, digits, = _ and - are allowed after {algorithm}:, and at least one"
        hint = "Copy the digest from the registry."
    else:
        return
    raise InvalidDigestError(f"digest {quoted(text)}{problem}", hint=hint)


class Verifier:
    """A hash and a count of bytes, to be compared with an expected digest and size.

    Args:
        algorithm: The algorithm of the digest to verify (`Digest.algorithm`): `sha256` or `sha512`.

    Raises:
        InvalidDigestError: The algorithm is neither sha256 nor sha512.
    """

    def __init__(self, algorithm: str = DEFAULT_ALGORITHM) -> None:
        if algorithm not in _HASHES:
            raise _unsupported(algorithm)
        self._algorithm = algorithm
        self._hash = _HASHES[algorithm]()
        self._size = 0

    @property
    def size(self) -> int:
        """Return the number of all bytes that were passed to `update` so far."""
        return self._size

    @property
    def digest(self) -> Digest:
        """Return the digest of all bytes that were passed to `update` so far."""
        return str.__new__(
            Digest, f"{self._algorithm}:{self._hash.hexdigest()}"
        )  # this text is valid, so the constructor need not check it

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Hash and count the next bytes.

        Args:
            data: The bytes.
        """
        view = memoryview(data)
        self._hash.update(view)
        self._size += view.nbytes

    def verify(self, size: int | None, digest: str) -> Digest:
        """Check that the bytes passed to `update` have the expected digest and size, and return the digest.

        Args:
            size: The expected number of bytes; None to compare the digest only.
            digest: The expected digest, which must have the algorithm of this verifier.

        Raises:
            DigestMismatchError: The size or the digest differs.
            InvalidDigestError: The expected digest is invalid, or has another algorithm.
        """
        expected = Digest(digest)
        if expected.algorithm not in _HASHES:
            raise _unsupported(expected.algorithm)
        if expected.algorithm != self._algorithm:
            raise InvalidDigestError(
                f"digest {quoted(expected)} cannot be compared, since the bytes were hashed with {self._algorithm}",
                hint=f"Create the verifier with {expected.algorithm}.",
            )
        actual = self.digest
        if actual != expected or (size is not None and size != self._size):
            raise DigestMismatchError(expected=expected, actual=actual, expected_size=size, actual_size=self._size)
        return actual


def digest_of(data: bytes | bytearray | memoryview, algorithm: str = DEFAULT_ALGORITHM) -> Digest:
    """Return the digest of bytes.

    Args:
        data: The bytes.
        algorithm: `sha256` or `sha512`.

    Raises:
        InvalidDigestError: The algorithm is neither sha256 nor sha512.
    """
    if algorithm not in _HASHES:
        raise _unsupported(algorithm)
    return str.__new__(Digest, f"{algorithm}:{_HASHES[algorithm](data).hexdigest()}")


def _unsupported(algorithm: str) -> InvalidDigestError:
    return InvalidDigestError(f"the algorithm {quoted(algorithm)} is not supported", hint=f"Use {' or '.join(_HASHES)}.")
