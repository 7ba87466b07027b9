"""Making other requests out of one: for the registry behind an effect to see."""

import base64
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope

from docker_registry_sdk.testing.faults.responses import Answer, catch_answer

FORM = "application/x-www-form-urlencoded"


def without_fields(scope: Scope, *names: str) -> Scope:
    """Return a request without some fields of its query; the rest stays byte for byte."""
    fields = scope["query_string"].decode("latin-1").split("&")
    kept = [field for field in fields if unquote_plus(field.partition("=")[0]) not in names]
    return {**scope, "query_string": "&".join(kept).encode("latin-1")}


def with_field(scope: Scope, name: str, value: str) -> Scope:
    """Return a request with one more field in its query, or with another value of it."""
    other = without_fields(scope, name)
    fields = [field for field in (other["query_string"], urlencode({name: value}).encode()) if field]
    return {**other, "query_string": b"&".join(fields)}


def with_path(scope: Scope, path: str) -> Scope:
    """Return a request for another path, in which nothing needs an escape."""
    return {**scope, "path": path, "raw_path": path.encode()}


def without_header(scope: Scope, name: str) -> Scope:
    """Return a request without a header."""
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != name.encode()]}


def with_header(scope: Scope, name: str, value: str) -> Scope:
    """Return a request with a header, in the place of what there was."""
    other = without_header(scope, name)
    return {**other, "headers": [*other["headers"], (name.encode(), value.encode("latin-1"))]}


def with_basic(scope: Scope, username: str, password: str) -> Scope:
    """Return a request with Basic credentials."""
    return with_header(scope, "authorization", "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode())


async def read_body(receive: Receive) -> bytes:
    """Read the body of a request, or what comes of it."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def body_of(content: bytes) -> Receive:
    """Return what gives a request a body."""
    messages: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def post_form(app: ASGIApp, scope: Scope, path: str, fields: Mapping[str, str]) -> Answer:
    """Let the registry answer a form that is posted to it.

    Args:
        app: The registry.
        scope: A request; the form's has the same headers, but for credentials.
        path: Where to post it.
        fields: The form.

    Returns:
        The answer.
    """
    scope = with_header(without_header(scope, "authorization"), "content-type", FORM)
    answer = await catch_answer(
        app, with_path({**scope, "method": "POST", "query_string": b""}, path), body_of(urlencode(fields).encode())
    )
    assert answer is not None  # the body was there, so it was read
    return answer
