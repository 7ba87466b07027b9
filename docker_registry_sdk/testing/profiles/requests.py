"""Changed copies of requests, which effects pass to the registry instead of the original."""

import base64
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope

from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.faults.responses import CapturedResponse, capture_response

FORM = "application/x-www-form-urlencoded"


def without_fields(scope: Scope, *names: str) -> Scope:
    """Return a request without some fields of its query; the rest of the query stays byte for byte."""
    fields = scope["query_string"].decode("latin-1").split("&")
    kept = [field for field in fields if unquote_plus(field.partition("=")[0]) not in names]
    return {**scope, "query_string": "&".join(kept).encode("latin-1")}


def with_field(scope: Scope, name: str, value: str) -> Scope:
    """Return a request with a field added to its query, or replaced in it."""
    other = without_fields(scope, name)
    fields = [field for field in (other["query_string"], urlencode({name: value}).encode()) if field]
    return {**other, "query_string": b"&".join(fields)}


def with_path(scope: Scope, path: str) -> Scope:
    """Return a request with another path, in which no character needs percent-encoding."""
    return {**scope, "path": path, "raw_path": path.encode()}


def without_header(scope: Scope, name: str) -> Scope:
    """Return a request without a header."""
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != name.encode()]}


def without_credentials(exchange: Exchange) -> Scope:
    """Return the request of an exchange without its Authorization header."""
    return without_header(exchange.scope, "authorization")


def with_header(scope: Scope, name: str, value: str) -> Scope:
    """Return a request with a header added or replaced."""
    other = without_header(scope, name)
    return {**other, "headers": [*other["headers"], (name.encode(), value.encode("latin-1"))]}


def with_basic(scope: Scope, username: str, password: str) -> Scope:
    """Return a request with Basic credentials."""
    return with_header(scope, "authorization", "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode())


async def read_body(receive: Receive) -> bytes:
    """Read the body of a request, up to its end or to the disconnection of the client."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def body_of(content: bytes) -> Receive:
    """Return an ASGI receive function that returns a body."""
    messages: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def post_form(app: ASGIApp, scope: Scope, path: str, fields: Mapping[str, str]) -> CapturedResponse:
    """Post a form to the registry.

    Args:
        app: The registry.
        scope: The ASGI scope of a request; the form is posted with its headers, except Authorization and Content-Type.
        path: The path to post to.
        fields: The fields of the form.

    Returns:
        The response.
    """
    scope = with_header(without_header(scope, "authorization"), "content-type", FORM)
    response = await capture_response(
        app, with_path({**scope, "method": "POST", "query_string": b""}, path), body_of(urlencode(fields).encode())
    )
    assert response is not None  # the registry always answers a complete body
    return response
