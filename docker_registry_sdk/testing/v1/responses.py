"""The responses of API v1: JSON, errors, cache headers, and the HTML pages of Flask, the framework of docker-registry."""

import email.utils
import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docker_registry_sdk.testing.v1.settings import V1Settings

CACHE_SECONDS = 365 * 24 * 60 * 60
"""The lifetime of the data of an image in a cache."""

_NO_CACHE: Mapping[str, str] = {"cache-control": "no-cache", "expires": "-1", "pragma": "no-cache"}


def json_response(data: Any = True, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a JSON document.

    Args:
        data: The document; `true` is the success response of docker-registry.
        status: The status.
        headers: Additional headers; unless they contain `Cache-Control`, the response forbids caching.

    Source: docker-registry 0.9, toolkit.response.
    """
    return json_text_response(json.dumps(data, sort_keys=True).encode(), status, headers)


def json_text_response(text: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with JSON text, unchanged.

    Args:
        text: The JSON text; a response with status 204 leaves it out.
        status: The status.
        headers: Additional headers; unless they contain `Cache-Control`, the response forbids caching.
    """
    extra = dict(headers or {})
    if "cache-control" not in extra:
        extra = {**_NO_CACHE, **extra}
    return Response(b"" if status == 204 else text, status, extra, media_type="application/json")


class V1Error(Exception):
    """An error response of API v1.

    Args:
        message: The message in the response.
        status: The status.
        headers: Additional headers.
    """

    def __init__(self, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.headers = headers

    def response(self) -> Response:
        """Return the HTTP response with this error."""
        return json_response({"error": self.message}, self.status, self.headers)


class WebPageError(V1Error):
    """An error response with an HTML page, as Flask sends for an unknown path, an unsupported method, or a crash.

    Args:
        status: The status.
        headers: Additional headers.
    """

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(HTTPStatus(status).phrase, status, headers)

    def response(self) -> Response:
        """Return the HTTP response with this error."""
        title = f"<title>{self.status} {self.message}</title><h1>{self.message}</h1>"
        return HTMLResponse(f"<!DOCTYPE html>{title}<p>{HTTPStatus(self.status).description}</p>\n", self.status, self.headers)


def crash_error(settings: V1Settings, message: str) -> V1Error:
    """Return the error for a request that crashes docker-registry 0.9.

    Args:
        settings: The settings; `crashes` decides between the two errors.
        message: The message of the 400.

    Returns:
        The 500 of docker-registry 0.9, or a 400 with the message.
    """
    return WebPageError(500) if settings.crashes else V1Error(message)


def cache_headers() -> dict[str, str]:
    """Return headers that allow caching for a year.

    Source: docker-registry 0.9, images.set_cache_headers.
    """
    return {
        "cache-control": f"public, max-age={CACHE_SECONDS}",
        "expires": email.utils.formatdate(time.time() + CACHE_SECONDS, usegmt=True),
        "last-modified": email.utils.formatdate(0, usegmt=True),
    }


def not_modified(request: Request) -> Response | None:
    """Return a 304 if a request has the header `If-Modified-Since`, regardless of its date and of whether the image exists.

    Args:
        request: The request.

    Returns:
        The response, or None if the request has no such header.

    Source: docker-registry 0.9, images.set_cache_headers.
    """
    return Response(status_code=304, headers=cache_headers()) if "if-modified-since" in request.headers else None
