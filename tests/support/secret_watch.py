"""A watch over tests: the secrets that requests use, the log records of all loggers, and all exceptions of the package."""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import httpx

import docker_registry_sdk
from docker_registry_sdk.errors import RegistryError
from tests.support.secret_search import find_in_exception

PACKAGE = str(Path(docker_registry_sdk.__file__).parent)
# Shorter values, such as the passwords of single tests, occur by chance.
MIN_CHARACTERS = 7
SECRET_FIELDS = frozenset({"access_token", "identity_token", "password", "refresh_token", "token"})


class SecretWatch(logging.Handler):
    """The secrets that a test uses, its log records, and the exceptions of the package that it raises."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.secrets: set[str] = set()
        self.lines: list[str] = []
        self.errors: list[RegistryError] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, except one of httpx about a request that the test itself sent."""
        if record.name.startswith(("httpx", "httpcore")) and not _is_below_package():
            return
        self.lines.append(f"{record.name}: {record.getMessage()}")

    def learn(self, request: httpx.Request, response: httpx.Response | None = None) -> None:
        """Add the secrets in a request and in the headers of its response.

        Args:
            request: The request.
            response: The response; None if the request received no response.
        """
        found = list(_request_secrets(request))
        if response is not None:
            for cookie in response.headers.get_list("Set-Cookie"):
                found.append(cookie.partition("=")[2].partition(";")[0])
            found.append(response.headers.get("X-Docker-Token", "").partition("signature=")[2].partition(",")[0])
            query = urlsplit(response.headers.get("Location", "")).query
            found += [value for name, value in parse_qsl(query) if name.lower() in ("_state", "signature", "x-amz-signature")]
        self.secrets |= {value for value in found if len(value) >= MIN_CHARACTERS}

    def findings(self) -> list[str]:
        """Return the places of the secrets that are in log records or exceptions; an empty list if no secret was found."""
        found = [line for line in self.lines if any(secret in line for secret in self.secrets)]
        for error in self.errors:
            found += [f"{type(error).__name__}: {place}" for place in find_in_exception(error, self.secrets)]
        return found


def _request_secrets(request: httpx.Request) -> Iterator[str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    yield value.partition("signature=")[2].partition(",")[0] if scheme.lower() == "token" else value
    if scheme.lower() == "basic":
        with suppress(ValueError):
            yield base64.b64decode(value).decode().partition(":")[2]
    for pair in request.headers.get("Cookie", "").split(";"):
        yield pair.partition("=")[2].strip()
    with suppress(httpx.RequestNotRead, ValueError):
        content = request.content if len(request.content) < 10_000 else b""
        pairs: Any = json.loads(content).items() if content.startswith(b"{") else parse_qsl(content.decode())
        yield from (value for name, value in pairs if name in SECRET_FIELDS and isinstance(value, str))


def _is_below_package() -> bool:
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith(PACKAGE) and "/testing/" not in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


@contextmanager
def watch_secrets() -> Iterator[SecretWatch]:
    """Watch all requests of httpx clients, all log records on level DEBUG, and all exceptions of the package."""
    watch = SecretWatch()
    sync_send, async_send, init = httpx.Client.send, httpx.AsyncClient.send, RegistryError.__init__

    def send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        watch.learn(request)
        response = sync_send(client, request, **options)
        watch.learn(request, response)
        return response

    async def send_async(client: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
        watch.learn(request)
        response = await async_send(client, request, **options)
        watch.learn(request, response)
        return response

    def create(error: RegistryError, *arguments: Any, **options: Any) -> None:
        watch.errors.append(error)
        init(error, *arguments, **options)

    root = logging.getLogger()
    level = root.level
    root.addHandler(watch)
    root.setLevel(logging.DEBUG)
    try:
        with (
            patch.object(httpx.Client, "send", send),
            patch.object(httpx.AsyncClient, "send", send_async),
            patch.object(RegistryError, "__init__", create),
        ):
            yield watch
    finally:
        root.setLevel(level)
        root.removeHandler(watch)
