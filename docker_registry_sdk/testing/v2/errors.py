"""The errors of API v2: their codes, statuses and bodies."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


@attrs.frozen
class ErrorKind:
    """An error that the API knows.

    Args:
        code: Its identifier on the wire.
        status: The HTTP status that it usually comes with.
        message: What it says to a person.
    """

    code: str
    status: int
    message: str


BLOB_UNKNOWN = ErrorKind("BLOB_UNKNOWN", 404, "the repository has no such blob")
BLOB_UPLOAD_UNKNOWN = ErrorKind("BLOB_UPLOAD_UNKNOWN", 404, "there is no such upload; it may be done or cancelled")
DENIED = ErrorKind("DENIED", 412, "the condition that the request sets does not hold")
DIGEST_INVALID = ErrorKind("DIGEST_INVALID", 400, "the digest is malformed, unsupported or not that of the content")
MANIFEST_BLOB_UNKNOWN = ErrorKind("MANIFEST_BLOB_UNKNOWN", 404, "the manifest names a blob that the repository lacks")
MANIFEST_INVALID = ErrorKind("MANIFEST_INVALID", 400, "the manifest is invalid")
MANIFEST_UNKNOWN = ErrorKind("MANIFEST_UNKNOWN", 404, "the repository has no such manifest")
NAME_INVALID = ErrorKind("NAME_INVALID", 400, "the repository name is invalid")
NAME_UNKNOWN = ErrorKind("NAME_UNKNOWN", 404, "there is no such repository")
PAGINATION_NUMBER_INVALID = ErrorKind("PAGINATION_NUMBER_INVALID", 400, "n is not a whole number of results")  # Docker's
RANGE_INVALID = ErrorKind("RANGE_INVALID", 416, "the range does not fit")  # Docker's
SIZE_INVALID = ErrorKind("SIZE_INVALID", 400, "the length is not that of the content")
TAG_INVALID = ErrorKind("TAG_INVALID", 400, "the tag is invalid")  # Docker's
UNAUTHORIZED = ErrorKind("UNAUTHORIZED", 401, "the request needs credentials, or better ones")
UNSUPPORTED = ErrorKind("UNSUPPORTED", 405, "the operation is not supported")


class ApiError(Exception):
    """A request is answered with an error.

    Args:
        kind: Which error.
        message: What to say instead of the kind's own message.
        status: The status instead of the kind's own.
        details: The `detail` of each entry of the body; there is one entry without a detail when it is empty.
        headers: Headers to send along.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str | None = None,
        *,
        status: int | None = None,
        details: Sequence[Any] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message or kind.message)
        self.kind = kind
        self.message = message or kind.message
        self.status = status or kind.status
        self.details = details
        self.headers = headers

    def response(self) -> Response:
        """Return the answer that tells the client of the error.

        Source: OCI Distribution Specification, "Error Codes".
        """
        entry = {"code": self.kind.code, "message": self.message}
        errors = [{**entry, "detail": detail} for detail in self.details] or [entry]
        body = json.dumps({"errors": errors})  # in ASCII: a detail may hold text that has no UTF-8
        return Response(body, self.status, self.headers, media_type="application/json")


API_VERSION = "registry/2.0"


class Refusal:
    """An ASGI application that answers every request with the same error.

    Args:
        error: The error.
    """

    def __init__(self, error: ApiError) -> None:
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        response = self._error.response()
        response.headers["docker-distribution-api-version"] = API_VERSION
        await response(scope, receive, send)
