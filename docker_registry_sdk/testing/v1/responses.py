"""The responses of API v1: JSON documents, error responses, cache headers, and HTML pages like those of docker-registry."""

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
"""The time in seconds for which clients may cache the data of an image."""

_NO_CACHE: Mapping[str, str] = {"cache-control": "no-cache", "expires": "-1", "pragma": "no-cache"}


def json_response(data: Any = True, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a JSON document.

    Args:
        data: The value to send as JSON. The default is `true`, which docker-registry sends if a request succeeded.
        status: The status code.
        headers: Additional headers, or None for no additional headers. Unless they contain `cache-control`, headers that forbid
            caching are added.

    Source: docker-registry 0.9, toolkit.response.
    """
    return json_text_response(json.dumps(data, sort_keys=True).encode(), status, headers)


def json_text_response(text: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a JSON document, which the caller has serialized already.

    Args:
        text: The serialized document, in UTF-8, which is sent unchanged. If the status is 204, the response has no body.
        status: The status code.
        headers: Additional headers, or None for no additional headers. Unless they contain `cache-control`, headers that forbid
            caching are added.
    """
    extra = dict(headers or {})
    if "cache-control" not in extra:
        extra = {**_NO_CACHE, **extra}
    return Response(b"" if status == 204 else text, status, extra, media_type="application/json")


class V1Error(Exception):
    """An error that a handler raises, and that `Resource` sends to the client as an error response of API v1.

    Args:
        message: The error message in the response.
        status: The status code.
        headers: Additional headers of the response, or None for no additional headers.
    """

    def __init__(self, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.headers = headers

    def response(self) -> Response:
        """Return the HTTP response for this error: a JSON document with the error message."""
        return json_response({"error": self.message}, self.status, self.headers)


class WebPageError(V1Error):
    """An error that is sent to the client as an HTML page instead of a JSON document.

    Flask, the framework of docker-registry, sends such a page for an unknown path, an unsupported method, and a crash.

    Args:
        status: The status code, which determines the text of the page.
        headers: Additional headers of the response, or None for no additional headers.
    """

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(HTTPStatus(status).phrase, status, headers)

    def response(self) -> Response:
        """Return the HTTP response for this error: an HTML page with the description of the status code."""
        title = f"<title>{self.status} {self.message}</title><h1>{self.message}</h1>"
        return HTMLResponse(f"<!DOCTYPE html>{title}<p>{HTTPStatus(self.status).description}</p>\n", self.status, self.headers)


def crash_error(settings: V1Settings, message: str) -> V1Error:
    """Return the error to raise for a request that makes docker-registry 0.9 crash.

    Args:
        settings: The settings of API v1.
        message: The error message, which is sent only with the status 400.

    Returns:
        If `crashes` in the settings is True, an error with the status 500 and an HTML page, as in docker-registry 0.9. Otherwise
        an error with the status 400 and the message.
    """
    return WebPageError(500) if settings.crashes else V1Error(message)


def cache_headers() -> dict[str, str]:
    """Return response headers that allow a client to cache the response for a year.

    Source: docker-registry 0.9, images.set_cache_headers.
    """
    return {
        "cache-control": f"public, max-age={CACHE_SECONDS}",
        "expires": email.utils.formatdate(time.time() + CACHE_SECONDS, usegmt=True),
        "last-modified": email.utils.formatdate(0, usegmt=True),
    }


def not_modified(request: Request) -> Response | None:
    """Return a response with the status 304 if a request has the header `If-Modified-Since`.

    Like docker-registry, ignore the date in the header, because an image never changes. The image need not even exist.

    Args:
        request: The request.

    Returns:
        The response, or None if the request does not have the header, so that the handler must answer the request.

    Source: docker-registry 0.9, images.set_cache_headers.
    """
    return Response(status_code=304, headers=cache_headers()) if "if-modified-since" in request.headers else None
