"""The exceptions of documents, credentials, images, artifacts and names that are invalid or do not fit."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.text.redaction import one_line, quoted
from .calls import LoginError, RegistryError


class ParseError(RegistryError):
    """A malformed document.

    Attributes:
        model: The kind of document that was expected, such as `ImageManifest`.
        field: The path of the malformed field, such as `layers[2].size`; an empty string if the whole document is malformed.
        reason: What is wrong with the field or document, as a verb phrase, such as `should be text, not a number`.
        document: Which document it is, such as `the manifest sha256:…` or the path of a file; None if that is not known.
    """

    hint = "The server, or a proxy in front of it, sent a malformed document: check the URL, or ask the registry's operator."

    def __init__(self, *, model: str, field: str, problem: str, document: str | None = None, hint: str | None = None) -> None:
        self.model, self.field, self.reason, self.document = model, field, problem.rstrip(". "), document
        named = model if document is None else f"{document} ({model})"
        place = f"{named}, field {one_line(field)}" if field else named
        super().__init__(f"{place}: {problem}", hint=hint)

    def _in_document(self, document: str, hint: str) -> ParseError:
        """Return an equal error that names the document, with another hint. A document that is named already stays."""
        return ParseError(model=self.model, field=self.field, problem=self.reason, document=self.document or document, hint=hint)


class AuthError(RegistryError):
    """A problem with credentials: they are not available, or must not be sent to the server that requests them.

    Attributes:
        source: Where the problem is, without secrets: a file, a credential helper, a registry or a token service's realm.
    """

    hint = "Log in to this registry, or pass a user name and a password."
    _of_all_repos = False  # whether a search in files fails alike for all repositories of the registry

    def __init__(self, problem: str, *, source: str, hint: str | None = None) -> None:
        self.source = source
        super().__init__(f"{source}: {problem}", hint=hint)


class TokenLoginError(AuthError, LoginError):
    """Credentials that a token service rejects: it answered 400, 401 or 403 to a token request with these credentials."""

    hint = LoginError.hint


class DigestMismatchError(RegistryError):
    """Bytes that do not match their expected digest or size.

    Attributes:
        expected: The expected digest.
        actual: The digest computed from the bytes.
        expected_size: The expected number of bytes; None if no size was expected.
        actual_size: The counted number of bytes.
    """

    hint = "Discard the bytes and fetch them again; if they still differ, the registry or a proxy in front of it is broken."

    def __init__(
        self, *, expected: str, actual: str, expected_size: int | None, actual_size: int, hint: str | None = None
    ) -> None:
        self.expected, self.actual = expected, actual
        self.expected_size, self.actual_size = expected_size, actual_size
        wanted = expected if expected_size is None else f"{expected} and {expected_size}"
        super().__init__(f"the bytes have the digest {actual} and the size {actual_size}, not {wanted}", hint=hint)


class SizeLimitError(RegistryError):
    """A blob that is larger than the caller allows with `max_size`.

    Attributes:
        digest: The digest of the blob.
        max_size: The largest size in bytes that the caller allows.
    """

    hint = "Pass a larger max_size if you trust the registry and need the blob."

    def __init__(self, *, digest: str, max_size: int, hint: str | None = None) -> None:
        self.digest, self.max_size = digest, max_size
        super().__init__(f"the blob {digest} has more than {max_size} bytes, the limit for this download", hint=hint)


class ReferrersError(RegistryError):
    """A failure to read or change the list of referrers under a fallback tag.

    Attributes:
        subject: The digest of the manifest that the referrers name in their field `subject`.
        tag: The fallback tag.
    """

    hint = "Look at the manifest under the fallback tag, and delete the tag if it does not hold an index of referrers."

    def __init__(self, problem: str, *, subject: str, tag: str, hint: str | None = None) -> None:
        self.subject, self.tag = subject, tag
        super().__init__(f"the referrers of {subject} under the fallback tag {tag}: {problem}", hint=hint)


class ArtifactError(RegistryError):
    """A manifest that does not describe an artifact (a manifest whose layers are files)."""

    hint = "Check the reference: it must name an artifact whose layers are files."


class UnsafeTitleError(ArtifactError):
    """An unsafe title of a file in an artifact: a path outside the target folder, or the path of another file.

    No file of the artifact was written.

    Attributes:
        title: The title, verbatim.
    """

    hint = "Ask the publisher of the artifact to correct the title, or download the blobs of the artifact one by one."

    def __init__(self, problem: str, *, title: str, hint: str | None = None) -> None:
        self.title = title
        super().__init__(f"the title {quoted(title)} of a file {problem}", hint=hint)


class ImageError(RegistryError):
    """A problem with an image: it was not found, is damaged, or exceeds a safety limit."""

    hint = "Check the name of the image, or export or push the image again."


class InvalidPlatformError(ImageError, ValueError):
    """Text that is not a platform."""

    hint = "Write system/architecture or system/architecture/variant, such as linux/arm64/v8."


class PlatformNotFoundError(ImageError):
    """An image that does not exist for the requested platform.

    Attributes:
        wanted: The requested platform, such as `linux/arm64`.
        available: The platforms that the image exists for; an empty tuple if its index contains no platforms.
    """

    def __init__(self, problem: str, *, wanted: str, available: Sequence[str], hint: str | None = None) -> None:
        self.wanted, self.available = wanted, tuple(available)
        default = "Choose one of these platforms." if self.available else "Choose a manifest of the index by its digest."
        super().__init__(problem, hint=default if hint is None else hint)


class InvalidReferenceError(RegistryError, ValueError):
    """An invalid name, tag, digest or URL."""

    hint = "Write names as docker pull accepts them: alpine:3.20, ghcr.io/owner/name@sha256:…"


class InvalidDigestError(InvalidReferenceError):
    """An invalid digest, or a digest with an algorithm that this package does not support."""

    hint = "Write a digest as algorithm:encoded, such as sha256: and 64 digits 0-9 and a-f."
