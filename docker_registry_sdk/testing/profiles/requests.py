"""Functions for effects that pass a changed request to the registry instead of the original request.

A request is represented by its ASGI scope, which has the method, the path, the query and the headers.
"""

import base64
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope

from docker_registry_sdk.testing.faults.exchange import FaultExchange
from docker_registry_sdk.testing.faults.responses import CapturedResponse, capture_response

FORM = "application/x-www-form-urlencoded"


def without_fields(scope: Scope, *names: str) -> Scope:
    """Return a copy of a request without the query parameters `names`. The rest of the query stays the same, byte for byte."""
    fields = scope["query_string"].decode("latin-1").split("&")
    kept = [field for field in fields if unquote_plus(field.partition("=")[0]) not in names]
    return {**scope, "query_string": "&".join(kept).encode("latin-1")}


def with_field(scope: Scope, name: str, value: str) -> Scope:
    """Return a copy of a request with a query parameter at the end of the query. Earlier values of this parameter are removed."""
    other = without_fields(scope, name)
    fields = [field for field in (other["query_string"], urlencode({name: value}).encode()) if field]
    return {**other, "query_string": b"&".join(fields)}


def with_path(scope: Scope, path: str) -> Scope:
    """Return a copy of a request with another path. The path must not contain characters that need percent-encoding."""
    return {**scope, "path": path, "raw_path": path.encode()}


def without_header(scope: Scope, name: str) -> Scope:
    """Return a copy of a request without the header `name`, which must be in lower case."""
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != name.encode()]}


def without_credentials(exchange: FaultExchange) -> Scope:
    """Return a copy of the request of an exchange without the header Authorization."""
    return without_header(exchange.scope, "authorization")


def with_header(scope: Scope, name: str, value: str) -> Scope:
    """Return a copy of a request with a new value of the header `name`, which must be in lower case. Old values are removed."""
    other = without_header(scope, name)
    return {**other, "headers": [*other["headers"], (name.encode(), value.encode("latin-1"))]}


def with_basic(scope: Scope, username: str, password: str) -> Scope:
    """Return a copy of a request with Basic credentials in the header Authorization. Other credentials are removed."""
    return with_header(scope, "authorization", "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode())


async def read_body(receive: Receive) -> bytes:
    """Return the body of a request. If the client disconnects before the end of the body, return the part received before."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def body_of(content: bytes) -> Receive:
    """Return an ASGI receive function that returns `content` as the whole body of a request."""
    messages: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def post_form(app: ASGIApp, scope: Scope, path: str, fields: Mapping[str, str]) -> CapturedResponse:
    """Post a form to the registry, and return the response of the registry.

    Args:
        app: The registry as an ASGI application.
        scope: The ASGI scope of the client's request. The form is posted with the headers of this request, but without
            Authorization and with the Content-Type of a form.
        path: The path to post to, without characters that need percent-encoding.
        fields: The names and values of the fields of the form.

    Returns:
        The response, which has not been sent to the client.
    """
    scope = with_header(without_header(scope, "authorization"), "content-type", FORM)
    response = await capture_response(
        app, with_path({**scope, "method": "POST", "query_string": b""}, path), body_of(urlencode(fields).encode())
    )
    assert response is not None  # the registry always answers a complete body
    return response
