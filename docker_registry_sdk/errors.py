"""The exceptions that this package raises.

    RegistryError
    ├── TransportError                  no answer came, or it broke off
    │   └── DeadlineExceededError       the deadline of a call passed before it was complete (also a TimeoutError)
    ├── ResponseError                   an answer came, but not the success that was asked for
    │   ├── StatusError                 its status says so
    │   │   ├── RedirectError           3xx: the answer is elsewhere
    │   │   │   └── NotModifiedError    304: what the caller has is still current
    │   │   ├── BadRequestError         400
    │   │   ├── UnauthorizedError       401
    │   │   ├── ForbiddenError          403
    │   │   ├── NotFoundError           404
    │   │   ├── MethodNotAllowedError   405: the registry does not offer this
    │   │   ├── ConflictError           409
    │   │   ├── PreconditionFailedError 412
    │   │   ├── TooLargeError           413
    │   │   ├── RangeNotSatisfiableError 416
    │   │   ├── RateLimitedError        429
    │   │   └── ServerError             5xx
    │   └── UnexpectedContentType       its media type is none of the documented ones
    ├── ParseError                      a document cannot be understood
    ├── AuthError                       credentials cannot be had, or may not go where they were asked for
    ├── DigestMismatchError             bytes are not those that their digest or size stands for
    ├── ReferrersError                  the list of a manifest's referrers cannot be read or kept under its fallback tag
    ├── ArtifactError                   a manifest is no artifact whose files can be had
    │   └── UnsafeTitleError            a file's title would lead out of the folder, or onto another file
    ├── ImageError                      an image is not where it was looked for, or cannot be handled
    └── InvalidReferenceError           a name, tag, digest or URL that no request may be made of (also a ValueError)
        └── InvalidDigestError          a digest that is none, or of an algorithm that cannot be used

Messages hold the method, the URL without its secrets, the status, the registry's own words and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from ._core.text.error_details import ErrorDetail as ErrorDetail
from ._core.text.error_details import phrase, restore
from ._core.text.redaction import one_line, quoted, redact_url
from ._core.text.retry_after import seconds_to_wait

Headers = Mapping[str, str]
Details = Sequence[ErrorDetail]

# How many entries of an error body a message shows; `.errors` holds all.
_SHOWN = 5


class RegistryError(Exception):
    """The root of all exceptions of this package."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword arguments do not survive pickling by themselves, and worker pools pickle them.
        return restore, (type(self), self.args, self.__dict__)


class TransportError(RegistryError):
    """No answer came, or it broke off.

    Attributes:
        method: The request's method.
        url: Its URL, without user info, fragment and query values.
    """

    def __init__(self, problem: str, *, method: str, url: str) -> None:
        self.method = method
        self.url = redact_url(url)
        super().__init__(f"{method} {self.url}: {problem.rstrip('.')}. Check the address, the network and any proxy.")


class DeadlineExceededError(TransportError, TimeoutError):
    """The deadline of a call passed before the call was complete.

    Attributes:
        seconds: The deadline, in seconds from the beginning of the call.
    """

    def __init__(self, seconds: float, *, method: str, url: str) -> None:
        self.seconds = seconds
        super().__init__(f"the deadline of {seconds:g} s passed before the call was complete", method=method, url=url)
        self.args = (
            f"{method} {self.url}: the deadline of {seconds:g} s passed before the call was complete. "
            "Give the call more time with deadline=, or find out why the server is slow.",
        )


class ResponseError(RegistryError):
    """An answer came, but not the success that was asked for.

    Attributes:
        method: The request's method.
        url: Its URL, without user info, fragment and query values.
        status: The status of the answer.
        headers: The headers of the answer; names in any case.
        raw: The body, as far as it was read.
    """

    def __init__(self, problem: str, *, method: str, url: str, status: int, headers: Headers, raw: bytes) -> None:
        self.method = method
        self.url = redact_url(url)
        self.status = status
        self.headers = headers
        self.raw = raw
        super().__init__(f"{method} {self.url}: {problem}")


class StatusError(ResponseError):
    """The status of the answer is no documented success.

    Attributes:
        body: The parsed error body, of the model that the specification names; None when it is not of that form.
        errors: Its entries in one form for all APIs; empty when there are none.
    """

    hint: ClassVar[str] = "The specification does not give this status for the call; the registry's answer is in .raw."

    def __init__(
        self, *, method: str, url: str, status: int, headers: Headers, raw: bytes = b"", body: object = None, errors: Details = ()
    ) -> None:
        self.body = body
        self.errors = tuple(errors)
        said = (one_line(str(error)).rstrip(". ") for error in self.errors[:_SHOWN])
        words = [f"{status} {phrase(status)}".rstrip(), *(text for text in said if text)]
        if method == "HEAD" and status >= 400:
            words.append("HEAD answers have no body, GET tells more")
        super().__init__(f"{': '.join(words)}. {self.hint}", method=method, url=url, status=status, headers=headers, raw=raw)

    @property
    def codes(self) -> tuple[str, ...]:
        """The registry's error codes, such as `MANIFEST_UNKNOWN`; empty when it gave none."""
        return tuple(error.code for error in self.errors if error.code is not None)

    @property
    def retry_after(self) -> float | None:
        """The seconds that the registry asks to wait (Retry-After, RFC 9110 section 10.2.3), or None."""
        return seconds_to_wait(self.headers)

    @classmethod
    def for_status(cls, status: int) -> type[Self]:
        """Return the exception class of a status.

        Args:
            status: An HTTP status, registered or not.
        """
        by_hundred: dict[int, type[StatusError]] = {3: RedirectError, 5: ServerError}
        found = _BY_STATUS.get(status) or by_hundred.get(status // 100, StatusError)
        return found if issubclass(found, cls) else cls


class RedirectError(StatusError):
    """The answer is elsewhere, and nothing below followed the redirect."""

    hint = "Follow the Location header, without credentials when it leads to another origin."


class NotModifiedError(RedirectError):
    """What the caller has, by its If-None-Match, is still current."""

    hint = "Use the copy that the ETag came with."


class BadRequestError(StatusError):
    """The registry takes the request for malformed."""

    hint = "Check the name, reference and digest; .errors holds what the registry objects to."


class UnauthorizedError(StatusError):
    """The call needs credentials, or better ones."""

    hint = "Log in to this registry, or check that the credentials are right and allow the call."


class ForbiddenError(StatusError):
    """The credentials are known but do not allow the call."""

    hint = "Ask for access, or use other credentials; an expired token is answered like this by some registries."


class NotFoundError(StatusError):
    """There is no such thing, the caller may not see it, or the registry does not offer the call."""

    hint = "Check the name and the tag or digest; registries answer the same for what the caller may not see."


class MethodNotAllowedError(StatusError):
    """The registry does not offer the call."""

    hint = "This registry does not offer the call, or has it switched off."


class ConflictError(StatusError):
    """The call clashes with what is there."""

    hint = "Look at what is there now, then decide."


class PreconditionFailedError(StatusError):
    """What is there is not what If-Match or If-None-Match demands."""

    hint = "Read what is there now, merge, and try again with its ETag."


class TooLargeError(StatusError):
    """The body is larger than the registry takes."""

    hint = "Send less: split the manifest, or upload the blob in smaller chunks."


class RangeNotSatisfiableError(StatusError):
    """The range does not fit what is there."""

    hint = "Ask how much is there, and go on from that."


class RateLimitedError(StatusError):
    """The registry's rate limit is reached; `.retry_after` tells how long to wait."""

    hint = "Wait for .retry_after seconds where given; logging in often raises the limit."


class ServerError(StatusError):
    """The registry, its storage or a proxy before it failed."""

    hint = "Try again later; if it stays, the registry's operator has to look at it."


_BY_STATUS: dict[int, type[StatusError]] = {
    304: NotModifiedError,
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    409: ConflictError,
    412: PreconditionFailedError,
    413: TooLargeError,
    416: RangeNotSatisfiableError,
    429: RateLimitedError,
}


class UnexpectedContentType(ResponseError):  # noqa: N818 - the name that users know
    """The media type of a success is none of the documented ones; `.raw` holds the body.

    Attributes:
        media_type: The media type of the answer without parameters, or None when it has none.
        expected: The documented media types.
    """

    def __init__(
        self, *, method: str, url: str, status: int, headers: Headers, raw: bytes, media_type: str | None, expected: Sequence[str]
    ) -> None:
        self.media_type = media_type
        self.expected = tuple(expected)
        got = f"the media type {media_type}" if media_type else "no media type"
        problem = f"the answer has {got}, not {' or '.join(self.expected)}. Its bytes are in .raw."
        super().__init__(problem, method=method, url=url, status=status, headers=headers, raw=raw)


class ParseError(RegistryError):
    """A document cannot be understood.

    Attributes:
        model: The model that it should have been, such as `ImageManifest`.
        field: The place in it, such as `layers[2].size`; empty when it is the whole document.
        problem: What is wrong there.
    """

    def __init__(self, *, model: str, field: str, problem: str) -> None:
        self.model = model
        self.field = field
        self.problem = problem
        place = f"{model}, field {one_line(field)}" if field else model
        super().__init__(f"{place}: {problem}. The server, or a proxy before it, sent a malformed document.")


class AuthError(RegistryError):
    """Credentials cannot be had, or may not go where they were asked for.

    Attributes:
        source: Where the trouble lies, such as a file, a helper, a registry or a realm, without secrets.
        problem: What is wrong there.
    """

    def __init__(self, problem: str, *, source: str) -> None:
        self.source = source
        self.problem = problem
        super().__init__(f"{source}: {problem}")


class DigestMismatchError(RegistryError):
    """Bytes are not those that their digest or size stands for.

    Attributes:
        expected: The digest that they should have.
        actual: The digest that they have.
        expected_size: The number of bytes that there should be, or None when only the digest was known.
        actual_size: The number of bytes that there are.
    """

    def __init__(self, *, expected: str, actual: str, expected_size: int | None, actual_size: int) -> None:
        self.expected, self.actual = expected, actual
        self.expected_size, self.actual_size = expected_size, actual_size
        should = expected if expected_size is None else f"{expected} and {expected_size} bytes"
        super().__init__(f"got {actual} and {actual_size} bytes, not {should}. Discard them and fetch them again.")


class ReferrersError(RegistryError):
    """The list of a manifest's referrers cannot be read or kept under its fallback tag.

    Attributes:
        subject: The digest of the manifest.
        tag: The fallback tag.
    """

    def __init__(self, problem: str, *, subject: str, tag: str) -> None:
        self.subject = subject
        self.tag = tag
        super().__init__(f"the referrers of {subject} under the fallback tag {tag}: {problem}")


class ArtifactError(RegistryError):
    """A manifest is no artifact whose files can be had."""


class UnsafeTitleError(ArtifactError):
    """A file's title would lead out of the folder, or onto another file; nothing was written.

    Attributes:
        title: The title, as it came.
        problem: What is wrong with it.
    """

    def __init__(self, problem: str, *, title: str) -> None:
        self.title = title
        self.problem = problem
        super().__init__(f"the title {quoted(title)} of a file {problem}")


class ImageError(RegistryError):
    """An image is not where it was looked for, is there in no form or for no platform that was asked for, or is too much."""


class InvalidReferenceError(RegistryError, ValueError):
    """A name, tag, digest or URL that no request may be made of."""


class InvalidDigestError(InvalidReferenceError):
    """A digest that is none, or of an algorithm that cannot be used."""
