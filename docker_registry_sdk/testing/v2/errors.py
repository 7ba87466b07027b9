"""The errors of API v2: the error codes, the HTTP statuses and the error responses."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

API_VERSION = "registry/2.0"
"""The value of `Docker-Distribution-API-Version` in all responses."""


@attrs.frozen
class ErrorKind:
    """An error code of API v2, with the HTTP status and the message that a response with this code has by default.

    Args:
        code: The error code, such as `BLOB_UNKNOWN`.
        status: The HTTP status of a response, unless the `ApiError` has another status.
        message: The message in a response, unless the `ApiError` has another message.
    """

    code: str
    status: int
    message: str


BLOB_UNKNOWN = ErrorKind("BLOB_UNKNOWN", 404, "the repository does not have the blob")
BLOB_UPLOAD_UNKNOWN = ErrorKind("BLOB_UPLOAD_UNKNOWN", 404, "the upload does not exist, or has been completed or cancelled")
DENIED = ErrorKind("DENIED", 412, "the condition of If-Match or If-None-Match is not met")
DIGEST_INVALID = ErrorKind("DIGEST_INVALID", 400, "the digest is malformed, or its algorithm is not supported")
MANIFEST_BLOB_UNKNOWN = ErrorKind("MANIFEST_BLOB_UNKNOWN", 404, "the manifest refers to a blob that the repository does not have")
MANIFEST_INVALID = ErrorKind("MANIFEST_INVALID", 400, "the manifest is invalid")
MANIFEST_UNKNOWN = ErrorKind("MANIFEST_UNKNOWN", 404, "the repository does not have the manifest")
NAME_INVALID = ErrorKind("NAME_INVALID", 400, "the repository name is invalid")
NAME_UNKNOWN = ErrorKind("NAME_UNKNOWN", 404, "the repository does not exist")
PAGINATION_NUMBER_INVALID = ErrorKind("PAGINATION_NUMBER_INVALID", 400, "n is not a non-negative integer")  # Docker, not OCI
RANGE_INVALID = ErrorKind("RANGE_INVALID", 416, "the range is malformed or not satisfiable")  # Docker, not OCI
SIZE_INVALID = ErrorKind("SIZE_INVALID", 400, "the length of the content differs from the announced length")
TAG_INVALID = ErrorKind("TAG_INVALID", 400, "the tag is invalid")  # Docker, not OCI
UNAUTHORIZED = ErrorKind("UNAUTHORIZED", 401, "the request requires credentials with sufficient rights")
UNKNOWN = ErrorKind("UNKNOWN", 500, "the registry cannot execute the request")  # Docker, not OCI
UNSUPPORTED = ErrorKind("UNSUPPORTED", 405, "the operation is not supported")


class ApiError(Exception):
    """An error that a handler raises, and that `Resource` sends to the client as an error response.

    Args:
        kind: The kind of the error.
        message: The message, or None for the default message of the kind.
        status: The status code, or None for the default status of the kind.
        details: The values of the field `detail`. The array `errors` in the response has one entry for each value. If there
            are no values, the array has one entry without `detail`.
        headers: Further headers of the response, or None for no further headers.
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
        """Return the HTTP response for this error: a JSON document with the array `errors`.

        Source: OCI Distribution Specification, "Error Codes".
        """
        entry = {"code": self.kind.code, "message": self.message}
        errors = [{**entry, "detail": detail} for detail in self.details] or [entry]
        body = json.dumps({"errors": errors})  # in ASCII: a detail may contain text that cannot be encoded as UTF-8
        return Response(body, self.status, self.headers, media_type="application/json")


class Refusal:
    """An ASGI application that answers every request with the same error.

    Args:
        error: The error.
    """

    def __init__(self, error: ApiError) -> None:
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with the error response."""
        response = self._error.response()
        response.headers["docker-distribution-api-version"] = API_VERSION
        await response(scope, receive, send)
