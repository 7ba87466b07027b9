"""The answers of API v1: JSON, errors, and the web pages of the framework that docker-registry is written with."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import HTMLResponse, Response

NO_CACHE: Mapping[str, str] = {"cache-control": "no-cache", "expires": "-1", "pragma": "no-cache"}


def reply(data: Any = True, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a JSON document.

    Args:
        data: The document; `true` means that it is done.
        status: The status.
        headers: Headers to send along; with a `Cache-Control` of one's own, nothing is said about caching.

    Returns:
        The answer.

    Source: docker-registry 0.9, toolkit.response.
    """
    return raw_reply(json.dumps(data, sort_keys=True).encode(), status, headers)


def raw_reply(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON text that is there already.

    Args:
        content: The text.
        status: The status; a 204 goes out without the text.
        headers: As for `reply`.

    Returns:
        The answer.
    """
    extra = dict(headers or {})
    if "cache-control" not in extra:
        extra = {**NO_CACHE, **extra}
    return Response(b"" if status == 204 else content, status, extra, media_type="application/json")


class V1Error(Exception):
    """A request is answered with an error.

    Args:
        message: What went wrong.
        status: The status.
        headers: Headers to send along.
    """

    def __init__(self, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.headers = headers

    def response(self) -> Response:
        """Return the answer that tells the client of the error."""
        return reply({"error": self.message}, self.status, self.headers)


class WebPageError(V1Error):
    """A request is answered with a web page, by the framework and not by the API: no such path or method, or a crash.

    Args:
        status: The status.
        headers: Headers to send along.
    """

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(HTTPStatus(status).phrase, status, headers)

    def response(self) -> Response:
        """Return the web page."""
        title = f"<title>{self.status} {self.message}</title><h1>{self.message}</h1>"
        return HTMLResponse(f"<!DOCTYPE html>{title}<p>{HTTPStatus(self.status).description}</p>\n", self.status, self.headers)
