"""The exceptions of responses that are not a success that the API specification documents for the call, by status."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from .._core.text.error_details import PROXY_LOGIN_HINT, ErrorDetail, reason_phrase
from .._core.text.redaction import one_line, redact_url
from .._core.text.retry_after import retry_after_seconds
from .._core.text.shown_headers import ShownHeaders
from .calls import LoginError, RegistryError

# The maximum number of entries of an error body in a message; `.errors` contains all entries.
_MAX_SHOWN_ERRORS = 5
_ASK_ABOUT_LIMIT = "Ask the operator of the registry, or of a proxy in front of it, to raise the limit on responses."
# Words of registries that answer 416 to a body beyond their limit, as GHCR beyond 4 MiB.
_TOO_LARGE = re.compile("too (?:large|big|long)|exceed|maximum|limit", re.IGNORECASE)
_HINTS_OF_OTHER_HOSTS = {
    401: (
        "That host requires a login of its own, and a login at the registry is not sent there. If it is a registry, name it "
        "instead; else ask the operator of the registry."
    ),
    403: "Try again, since the URL may have expired; else ask the operator of the registry. A login is not sent to other hosts.",
}


class ResponseError(RegistryError):
    """A response that is not a success that the API specification (OpenAPI description) documents for the call.

    Attributes:
        method: The request's method.
        url: The request's URL, without user info, fragment and query values.
        status: The status of the response.
        headers: The headers of the response; names are case-insensitive. Values that may be secrets, such as cookies, tokens and
            signatures of URLs, are replaced by `…`.
        raw: The part of the body that was read; empty if nothing was read, and for responses of token services. Secrets of the
            request that the server repeats in the body are replaced by `…`.
    """

    hint = "Check the URL: the server may not be a registry, or a proxy in front of it may have sent this response."

    def __init__(
        self, problem: str, *, method: str, url: str, status: int, headers: Mapping[str, str], raw: bytes, hint: str | None = None
    ) -> None:
        self.method, self.url = method, redact_url(url)
        self.status, self.raw = status, raw
        self.headers: Mapping[str, str] = headers if isinstance(headers, ShownHeaders) else ShownHeaders(headers)
        super().__init__(f"{method} {self.url}: {problem}", hint=hint)


class StatusError(ResponseError):
    """A response whose status is not a success that the API specification documents for the call.

    Attributes:
        body: The parsed body, an instance of the error model in the API specification; None if the body does not match.
        errors: The error messages in the body, in the same form for API v1, API v2 and token services; an empty tuple if the body
            contains no error messages.
        redirected_to: The host, with its port, that sent the response, if the registry has led the request to another host by a
            redirect or by the URL of an upload; None if the registry itself or a token service sent the response.
    """

    hint = "The specification does not list this status for the call: check that the server is a registry of this API version."
    # Whether the registry refused a token or credential that may have ended, so that the next request gets another one.
    _login_has_ended = False

    def __init__(
        self,
        *,
        method: str,
        url: str,
        status: int,
        headers: Mapping[str, str],
        raw: bytes = b"",
        body: object = None,
        errors: Sequence[ErrorDetail] = (),
        redirected_to: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.body = body
        self.errors = tuple(errors)
        self.redirected_to = redirected_to
        messages = (one_line(str(error)).rstrip(". ") for error in self.errors[:_MAX_SHOWN_ERRORS])
        answered = f"{status} {reason_phrase(status)}".rstrip()
        if redirected_to is not None:
            answered += f" from {redirected_to}, to which the registry has led the request"
            hint = _HINTS_OF_OTHER_HOSTS.get(status) if hint is None else hint
        words = [answered, *(text for text in messages if text)]
        hint = self._default_hint(method, url, status) if hint is None else hint
        super().__init__(": ".join(words), method=method, url=url, status=status, headers=headers, raw=raw, hint=hint)

    def _default_hint(self, method: str, url: str, status: int) -> str:
        if status == 407:
            return PROXY_LOGIN_HINT
        if status == 507:
            return "Free some space on the disk of the registry, or ask its operator to do so."
        if method == "HEAD" and status >= 400:
            return f"{self.hint} The response to a HEAD request has no body; a GET request may return an error message."
        return self.hint

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the error codes of the registry, such as `MANIFEST_UNKNOWN`; an empty tuple if the registry sent no codes."""
        return tuple(error.code for error in self.errors if error.code is not None)

    @property
    def _refuses_length(self) -> bool:
        """Return whether the registry refuses the request because its body is too large."""
        return self.status == 413 or (self.status == 416 and _name_a_limit(self.errors))

    @property
    def retry_after(self) -> float | None:
        """Return the seconds to wait before the next request; None if the response has no valid Retry-After header.

        Source: RFC 9110 section 10.2.3.
        """
        return retry_after_seconds(self.headers)

    @classmethod
    def for_status(cls, status: int) -> type[Self]:
        """Return the subclass of this class for a status, such as `NotFoundError` for 404; this class for other statuses.

        Args:
            status: Any HTTP status, also one that is not registered.
        """
        found = _BY_STATUS.get(status) or {3: RedirectError, 5: ServerError}.get(status // 100, StatusError)
        return found if issubclass(found, cls) else cls


def _name_a_limit(errors: Sequence[ErrorDetail]) -> bool:
    return any(_TOO_LARGE.search(str(error)) for error in errors)


class RedirectError(StatusError):
    """A redirect (3xx) that was not followed."""

    hint = (
        "Pass a client of this package, which follows redirects. It refuses only those without a URL, and those that could send "
        "the request, or a credential, to a host for which it is not meant."
    )


class NotModifiedError(RedirectError):
    """A 304 response: the object still has the ETag that the caller sent in If-None-Match, so the caller's copy is current."""

    hint = "Use the copy that was received with this ETag."


class BadRequestError(StatusError):
    """A 400 response: the registry rejected the request as malformed."""

    hint = "Check the name, the tag and the digest; some registries delete by digest only, not by tag."


class UnauthorizedError(StatusError):
    """A 401 response: the call requires credentials, or the credentials are wrong."""

    hint = "Log in to this registry, or pass a user name and a password that allow the call."


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


class ImmutableTagError(StatusError):
    """A push that the registry refused with 400, 403, 409 or 412, because the tag exists and must not name another manifest.

    Args:
        repo: The name of the repository, with its registry.
        tag: The tag.
        digest: The digest of the manifest that the tag names.
        response: The other arguments of `StatusError`.

    Attributes:
        tag: The tag.
        digest: The digest of the manifest that the tag names. That manifest has other content than the one that was pushed.
    """

    hint = "Push to another tag, or delete the tag first."

    def __init__(self, *, repo: str, tag: str, digest: str, **response: Any) -> None:
        super().__init__(**response, hint=self.hint)
        self.tag, self.digest = tag, digest
        self.problem = (
            f"the tag {tag} of {repo} exists with the digest {digest}, and the registry does not allow the tag to be moved: "
            f"{self.problem}"
        )
        self._replace_hint(self.hint)


class TooLargeError(StatusError):
    """A 413 response: the body of the request, or the page of a list, is larger than the registry accepts."""

    hint = "Send less: split the manifest, or upload the blob in smaller chunks."

    def _default_hint(self, method: str, url: str, status: int) -> str:
        if method == "GET":
            is_list = urlsplit(url).path.endswith(("/tags/list", "/_catalog"))
            return "To ask for less, pass a smaller page_size." if is_list else _ASK_ABOUT_LIMIT
        return super()._default_hint(method, url, status)


class RangeNotSatisfiableError(StatusError):
    """A 416 response: the requested range is outside the object, or an uploaded chunk does not continue the upload."""

    hint = "Fetch the current size of the object, or the current offset of the upload, and continue from there."

    def _default_hint(self, method: str, url: str, status: int) -> str:
        if method not in ("GET", "HEAD") and _name_a_limit(self.errors):
            return "The registry refuses bodies of this size: send a smaller chunk, such as one of 4 MiB (4194304 bytes)."
        return super()._default_hint(method, url, status)


class RateLimitedError(StatusError):
    """A 429 response: the rate limit of the registry is exceeded. `.retry_after` contains the seconds to wait, if known.

    Args:
        headers: The headers of the response.
        hint: What to do next; None says after which time, from the header Retry-After.
        response: The other arguments of `StatusError`.
    """

    hint = "Wait some minutes before the next call; the limit is often higher after logging in."

    def __init__(self, *, headers: Mapping[str, str], hint: str | None = None, **response: Any) -> None:
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
        said: The messages in the body, if it is the body of an error; otherwise None.
    """

    def __init__(
        self,
        *,
        method: str,
        url: str,
        status: int,
        headers: Mapping[str, str],
        raw: bytes,
        media_type: str | None,
        expected: Sequence[str],
        said: str | None = None,
    ) -> None:
        self.media_type, self.said = media_type, said
        self.expected = tuple(expected)
        got = f"the media type {media_type}" if media_type else "no media type"
        problem = f"the response has {got}, not {' or '.join(self.expected)}" + (f", and says: {said}" if said else "")
        super().__init__(problem, method=method, url=url, status=status, headers=headers, raw=raw)
