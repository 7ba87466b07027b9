"""The exceptions that this package raises.

    RegistryError
    ├── TransportError                  no response was received, or the response was interrupted
    │   ├── RequestTimeoutError         a step of a request took longer than the timeout (also a TimeoutError)
    │   └── DeadlineExceededError       the deadline passed before the call was complete (also a TimeoutError)
    ├── ResponseError                   the response is not a success that the API specification documents for the call
    │   ├── StatusError                 the status is not a success that the API specification documents for the call
    │   │   ├── RedirectError           3xx
    │   │   │   └── NotModifiedError    304: the caller's copy is still current
    │   │   ├── BadRequestError         400
    │   │   ├── UnauthorizedError       401
    │   │   │   └── BasicLoginError     401 although a user name and a password were sent (also a LoginError)
    │   │   ├── ForbiddenError          403
    │   │   ├── NotFoundError           404
    │   │   ├── MethodNotAllowedError   405: the registry does not offer the call
    │   │   ├── ConflictError           409
    │   │   ├── PreconditionFailedError 412
    │   │   ├── TooLargeError           413
    │   │   ├── RangeNotSatisfiableError 416
    │   │   ├── RateLimitedError        429
    │   │   └── ServerError             5xx
    │   └── UnexpectedContentTypeError  the media type is not one that the API specification documents for the call
    ├── ParseError                      a document is malformed
    ├── LoginError                      the registry or its token service rejects the credentials
    ├── AuthError                       credentials are not available, or must not be sent to the server that requests them
    │   └── TokenLoginError             a token service rejects the credentials (also a LoginError)
    ├── DigestMismatchError             bytes do not match their digest or size
    ├── ReferrersError                  the list of referrers under a fallback tag cannot be read or changed
    ├── ArtifactError                   a manifest is not an artifact with files
    │   └── UnsafeTitleError            a file's title is a path outside the folder, or another file has that path
    ├── ImageError                      an image was not found, is damaged, or exceeds a limit
    │   └── PlatformNotFoundError       an image does not exist for the requested platform
    ├── ClosedError                     a client was used after it was closed
    ├── ForkedProcessError              an object that was made before os.fork() was used in the child process
    ├── EventLoopError                  an async client was used in two event loops
    └── InvalidReferenceError           an invalid name, tag, digest or URL (also a ValueError)
        └── InvalidDigestError          an invalid digest, or an algorithm that is not supported

Each exception has a `problem` (what happened) and a `hint` (what to do next); its text is both. The problem of a failed request
contains the method, the URL without secrets, the status and the registry's own message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from ._core.text.error_details import ErrorDetail as ErrorDetail
from ._core.text.error_details import reason_phrase, restore_exception
from ._core.text.redaction import one_line, quoted, redact_url
from ._core.text.retry_after import retry_after_seconds

Headers = Mapping[str, str]
Details = Sequence[ErrorDetail]

# The maximum number of entries of an error body in a message; `.errors` contains all entries.
_MAX_SHOWN_ERRORS = 5


class RegistryError(Exception):
    """The base class of all exceptions of this package.

    Args:
        problem: What happened, in one line, without a final period.
        hint: What to do next, in one or more sentences; None uses the hint of the class.

    Attributes:
        problem: What happened, in one line, without secrets and without a final period.
        hint: What to do next, in one or more sentences; an empty string if nothing can be done.
    """

    problem: str
    hint: str = "Check the name of the registry, and the responses of the registry: logging at level DEBUG shows each request."

    def __init__(self, problem: str, *, hint: str | None = None) -> None:
        self.problem = problem.rstrip(". ")
        if hint is not None:
            self.hint = hint
        super().__init__(f"{self.problem}. {self.hint}" if self.hint else self.problem)

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickling calls the class with `args`, which fails for classes with keyword arguments. Process pools pickle exceptions.
        return restore_exception, (type(self), self.args, self.__dict__)


class TransportError(RegistryError):
    """A failure of the network: no response was received, or the response was interrupted.

    Attributes:
        method: The request's method.
        url: The request's URL, without user info, fragment and query values.
    """

    hint = "Check the URL, the network and the proxy, if there is one."

    def __init__(self, problem: str, *, method: str, url: str, hint: str | None = None) -> None:
        self.method, self.url = method, redact_url(url)
        super().__init__(f"{method} {self.url}: {problem}", hint=hint)


class RequestTimeoutError(TransportError, TimeoutError):
    """A step of a request that took longer than the timeout: connecting, writing, reading, or waiting for a free connection."""

    hint = "Allow more time with a longer timeout, or find out why the server is slow."


class DeadlineExceededError(TransportError, TimeoutError):
    """A call that was not complete before its deadline passed.

    Attributes:
        seconds: The deadline, in seconds from the beginning of the call.
    """

    hint = "Allow more time with a longer deadline, or find out why the server is slow."

    def __init__(self, seconds: float, *, method: str, url: str) -> None:
        self.seconds = seconds
        super().__init__(f"the deadline of {seconds:g} s passed before the call was complete", method=method, url=url)


class LoginError(RegistryError):
    """Credentials that the registry or its token service rejects: the user name, the password or the identity token is wrong.

    The exception that is raised is also an `UnauthorizedError` (`BasicLoginError`) or an `AuthError` (`TokenLoginError`).
    """

    hint = "Check the user name and the password, or log in again."


class ClosedError(RegistryError):
    """A call of a client that is closed, or that borrows the connections of a client that is closed."""

    hint = "Create a new client, or close the client after its last call."


class ForkedProcessError(RegistryError):
    """An object that was made before `os.fork()` and cannot be used in the child process, such as an open stream of a blob."""

    hint = "Create the object in the child process."


class EventLoopError(RegistryError):
    """An async client that is used in another event loop than before, while the first event loop is still running."""

    hint = "Create one client for each event loop."


class ResponseError(RegistryError):
    """A response that is not a success that the API specification (OpenAPI description) documents for the call.

    Attributes:
        method: The request's method.
        url: The request's URL, without user info, fragment and query values.
        status: The status of the response.
        headers: The headers of the response; names are case-insensitive.
        raw: The part of the body that was read; empty if nothing was read.
    """

    hint = "Check the URL: the server may not be a registry, or a proxy in front of it may have sent this response."

    def __init__(
        self, problem: str, *, method: str, url: str, status: int, headers: Headers, raw: bytes, hint: str | None = None
    ) -> None:
        self.method, self.url = method, redact_url(url)
        self.status, self.headers, self.raw = status, headers, raw
        super().__init__(f"{method} {self.url}: {problem}", hint=hint)


class StatusError(ResponseError):
    """A response whose status is not a success that the API specification documents for the call.

    Attributes:
        body: The parsed body, an instance of the error model in the API specification; None if the body does not match.
        errors: The error messages in the body, in the same form for API v1, API v2 and token services; an empty tuple if the body
            contains no error messages.
    """

    hint = "The specification does not list this status for the call: check that the server is a registry of this API version."

    def __init__(
        self,
        *,
        method: str,
        url: str,
        status: int,
        headers: Headers,
        raw: bytes = b"",
        body: object = None,
        errors: Details = (),
        hint: str | None = None,
    ) -> None:
        self.body = body
        self.errors = tuple(errors)
        messages = (one_line(str(error)).rstrip(". ") for error in self.errors[:_MAX_SHOWN_ERRORS])
        words = [f"{status} {reason_phrase(status)}".rstrip(), *(text for text in messages if text)]
        if hint is None and method == "HEAD" and status >= 400:
            hint = f"{self.hint} The response to a HEAD request has no body; a GET request may return an error message."
        super().__init__(": ".join(words), method=method, url=url, status=status, headers=headers, raw=raw, hint=hint)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the error codes of the registry, such as `MANIFEST_UNKNOWN`; an empty tuple if the registry sent no codes."""
        return tuple(error.code for error in self.errors if error.code is not None)

    @property
    def retry_after(self) -> float | None:
        """Return the seconds to wait before the next request; None if the response has no valid Retry-After header.

        Source: RFC 9110 section 10.2.3.
        """
        return retry_after_seconds(self.headers)

    @classmethod
    def for_status(cls, status: int) -> type[Self]:
        """Return the subclass of this class for a status, such as `NotFoundError` for 404; this class itself if there is none.

        Args:
            status: Any HTTP status, also one that is not registered.
        """
        found = _BY_STATUS.get(status) or {3: RedirectError, 5: ServerError}.get(status // 100, StatusError)
        return found if issubclass(found, cls) else cls


class RedirectError(StatusError):
    """A redirect (3xx) that was not followed."""

    hint = "Send a request to the URL in the Location header; send no credentials if the URL has another origin."


class NotModifiedError(RedirectError):
    """A 304 response: the object still has the ETag that the caller sent in If-None-Match, so the caller's copy is current."""

    hint = "Use the copy that was received with this ETag."


class BadRequestError(StatusError):
    """A 400 response: the registry rejected the request as malformed."""

    hint = "Check the name, the tag and the digest; some registries delete by digest only, not by tag."


class UnauthorizedError(StatusError):
    """A 401 response: the call requires credentials, or the credentials are wrong."""

    hint = "Log in to this registry, or check that the credentials are right and allow the call."


class BasicLoginError(UnauthorizedError, LoginError):
    """A 401 response to a request with a user name and a password: the registry rejects them."""

    hint = LoginError.hint


class ForbiddenError(StatusError):
    """A 403 response: the credentials do not allow the call."""

    hint = "Ask for access, or use other credentials; some registries also answer 403 when a token has expired."


class NotFoundError(StatusError):
    """A 404 response: the object does not exist, the caller may not see it, or the registry does not offer the call."""

    hint = "Check the name and the tag or digest; registries also answer 404 when the caller may not see an object."


class MethodNotAllowedError(StatusError):
    """A 405 response: the registry does not offer the call."""

    hint = "Ask the operator of the registry: the registry does not support the operation, or has disabled it."


class ConflictError(StatusError):
    """A 409 response: the call conflicts with the current state of the object."""

    hint = "Fetch the current state of the object, and repeat the call if it is still needed."


class PreconditionFailedError(StatusError):
    """A 412 response: the current state does not satisfy the condition in If-Match or If-None-Match."""

    hint = "Fetch the current state, merge the changes, and try again with the ETag of the current state."


class TooLargeError(StatusError):
    """A 413 response: the body of the request is larger than the registry accepts."""

    hint = "Send less: split the manifest, or upload the blob in smaller chunks."


class RangeNotSatisfiableError(StatusError):
    """A 416 response: the requested range is outside the object, or an uploaded chunk does not continue the upload."""

    hint = "Fetch the current size of the object, or the current offset of the upload, and continue from there."


class RateLimitedError(StatusError):
    """A 429 response: the rate limit of the registry is exceeded. `.retry_after` contains the seconds to wait, if known."""

    hint = "Wait some minutes before the next call; the limit is often higher after logging in."

    def __init__(self, *, headers: Headers, hint: str | None = None, **response: Any) -> None:
        wait = retry_after_seconds(headers)
        if hint is None and wait is not None:
            hint = f"Wait {wait:g} seconds before the next call; the limit is often higher after logging in."
        super().__init__(headers=headers, hint=hint, **response)


class ServerError(StatusError):
    """A 5xx response: the registry, its storage or a proxy in front of the registry failed."""

    hint = "Try again later; if the error persists, ask the operator of the registry."


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


class UnexpectedContentTypeError(ResponseError):
    """A successful response whose media type the API specification does not document for the call. `.raw` contains the body.

    Attributes:
        media_type: The media type of the response without parameters; None if the response has no Content-Type.
        expected: The media types that the API specification documents for the call.
    """

    def __init__(
        self, *, method: str, url: str, status: int, headers: Headers, raw: bytes, media_type: str | None, expected: Sequence[str]
    ) -> None:
        self.media_type = media_type
        self.expected = tuple(expected)
        got = f"the media type {media_type}" if media_type else "no media type"
        problem = f"the response has {got}, not {' or '.join(self.expected)}"
        super().__init__(problem, method=method, url=url, status=status, headers=headers, raw=raw)


class ParseError(RegistryError):
    """A malformed document.

    Attributes:
        model: The kind of document that was expected, such as `ImageManifest`.
        field: The path of the malformed field, such as `layers[2].size`; an empty string if the whole document is malformed.
        reason: What is wrong with the field or document, as a verb phrase, such as `should be text, not a number`.
    """

    hint = "The server, or a proxy in front of it, sent a malformed document: check the URL, or ask the registry's operator."

    def __init__(self, *, model: str, field: str, problem: str, hint: str | None = None) -> None:
        self.model, self.field, self.reason = model, field, problem.rstrip(". ")
        place = f"{model}, field {one_line(field)}" if field else model
        super().__init__(f"{place}: {problem}", hint=hint)


class AuthError(RegistryError):
    """A problem with credentials: they are not available, or must not be sent to the server that requests them.

    Attributes:
        source: Where the problem is, without secrets: a file, a credential helper, a registry or a token service's realm.
    """

    hint = "Log in to this registry, or pass a user name and a password."

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
