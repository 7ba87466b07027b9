"""The answers of API v1: JSON, errors, and the web pages of the framework that docker-registry is written with."""

import email.utils
import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docker_registry_sdk.testing.v1.settings import V1Settings

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


LIFETIME = 365 * 24 * 60 * 60


def cache_headers() -> dict[str, str]:
    """Return headers that are good for a year.

    Source: docker-registry 0.9, images.set_cache_headers.
    """
    return {
        "cache-control": f"public, max-age={LIFETIME}",
        "expires": email.utils.formatdate(time.time() + LIFETIME, usegmt=True),
        "last-modified": email.utils.formatdate(0, usegmt=True),
    }


def not_modified(request: Request) -> Response | None:
    """Answer a request with `If-Modified-Since`, whatever its date and whatever it is for.

    Args:
        request: The request.

    Returns:
        The answer, or None when the request has to be looked at.

    Source: docker-registry 0.9, images.set_cache_headers.
    """
    return Response(status_code=304, headers=cache_headers()) if "if-modified-since" in request.headers else None


def crash(settings: V1Settings, message: str) -> V1Error:
    """Return the error for a request that made docker-registry 0.9 fail.

    Args:
        settings: Whether to answer as it did.
        message: What is wrong with the request.

    Returns:
        A 500 with a web page as docker-registry 0.9 answered; or a 400, when that is not wanted.
    """
    return WebPageError(500) if settings.crashes else V1Error(message)
