"""Functions that capture and change responses of the registry, and effects that send a response instead of the registry."""

import json
from collections.abc import Callable, Container
from typing import Any

import attrs
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docker_registry_sdk.testing.faults.exchange import FaultExchange
from docker_registry_sdk.testing.v2.errors import API_VERSION

_DEFAULT_CODES = {
    400: "UNSUPPORTED",
    401: "UNAUTHORIZED",
    403: "DENIED",
    404: "NAME_UNKNOWN",
    405: "UNSUPPORTED",
    416: "RANGE_INVALID",
    429: "TOOMANYREQUESTS",
}


@attrs.define
class CapturedResponse:
    """A response that has not been sent yet.

    Args:
        status: The status code.
        headers: The response headers, which can be changed.
        body: The whole body. Functions that change only the status and the headers get a response with an empty body.
    """

    status: int
    headers: MutableHeaders
    body: bytes = b""

    def json(self) -> Any:
        """Parse the body as JSON.

        Raises:
            ValueError: The body is not JSON.
        """
        return json.loads(self.body)

    def set_json(self, document: Any) -> None:
        """Replace the body by a JSON document."""
        self.body = json.dumps(document).encode()

    async def send(self, send: Send) -> None:
        """Send the response. If the body is not empty, set Content-Length to the length of the body.

        If the body is empty, keep Content-Length, since the response to a HEAD request has the length of the omitted body.
        """
        if self.body:
            self.headers["content-length"] = str(len(self.body))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers.raw})
        await send({"type": "http.response.body", "body": self.body})


async def capture_response(app: ASGIApp, scope: Scope, receive: Receive) -> CapturedResponse | None:
    """Call the registry, and return its response instead of sending it.

    Args:
        app: The registry as an ASGI application.
        scope: The ASGI scope of the request.
        receive: The ASGI function that returns the request body.

    Returns:
        The response, or None if the client disconnected before the registry sent a response.
    """
    captured: list[CapturedResponse] = []

    async def capture(message: Message) -> None:
        if message["type"] == "http.response.start":
            captured.append(_start_of(message))
        else:
            captured[0].body += bytes(message.get("body", b""))

    await app(scope, receive, capture)
    return captured[0] if captured else None


def change_head(send: Send, change: Callable[[CapturedResponse], None]) -> Send:
    """Wrap an ASGI send function so that the status and the headers of the response are changed; the body is streamed unchanged.

    Args:
        send: The function to wrap.
        change: A function that gets a response, and changes the status and the headers of this object. The attribute `body` of
            the object is empty.

    Returns:
        The function to pass to the registry.
    """

    async def change_and_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            head = _start_of(message)
            change(head)
            message = {**message, "status": head.status, "headers": head.headers.raw}
        await send(message)

    return change_and_send


def change_response(send: Send, statuses: Container[int], change: Callable[[CapturedResponse], None]) -> Send:
    """Wrap an ASGI send function so that whole responses are changed.

    Args:
        send: The function to wrap.
        statuses: The status codes of the responses to change. Responses with other status codes are sent unchanged.
        change: A function that gets a response with the whole body, and changes this object. The new body may have another
            length.

    Returns:
        The function to pass to the registry.
    """
    captured: list[CapturedResponse] = []

    async def change_and_send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in statuses:
            captured.append(_start_of(message))
        elif not captured:
            await send(message)
        else:
            captured[0].body += bytes(message.get("body", b""))
            if not message.get("more_body", False):
                change(captured[0])
                await captured[0].send(send)

    return change_and_send


def _start_of(message: Message) -> CapturedResponse:
    return CapturedResponse(message["status"], MutableHeaders(raw=list(message["headers"])))


async def send_json(send: Send, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
    """Send a response with a JSON document.

    Args:
        send: The ASGI send function.
        status: The status code.
        document: The document, which must consist of types that the module `json` supports.
        headers: The headers to send besides Content-Type and Content-Length, or None for no further headers.
    """
    response = CapturedResponse(status, MutableHeaders({"content-type": "application/json", **(headers or {})}))
    response.set_json(document)
    await response.send(send)


@attrs.frozen
class Status:
    """An effect that sends an error response with the JSON body of API v2 instead of calling the registry.

    Args:
        status: The status code.
        retry_after: The value of `Retry-After`: a number of seconds, or a text, such as a date or an invalid value. None omits
            the header.
        code: The error code in the body, such as `DENIED`. None selects the usual code for the status, or `UNKNOWN` if there is
            no usual code.
        message: The error message in the body.
    """

    status: int
    retry_after: int | str | None = attrs.field(default=None, kw_only=True)
    code: str | None = attrs.field(default=None, kw_only=True)
    message: str = attrs.field(default="injected fault", kw_only=True)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the error."""
        headers = {"docker-distribution-api-version": API_VERSION} if exchange.request.path.startswith("/v2") else {}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        code = self.code or _DEFAULT_CODES.get(self.status, "UNKNOWN")
        await send_json(exchange.send, self.status, {"errors": [{"code": code, "message": self.message}]}, headers)


@attrs.frozen
class HtmlError:
    """An effect that sends a web page instead of calling the registry, as a reverse proxy may do.

    Args:
        status: The status code, which may also be 200.
        title: The title of the page, which is also its only heading and text.
    """

    status: int = 502
    title: str = "Bad Gateway"

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the page."""
        page = HTMLResponse(f"<!DOCTYPE html>\n<title>{self.title}</title>\n<h1>{self.title}</h1>\n", self.status)
        await page(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class RedirectTo:
    """An effect that redirects to the same path and query on another origin, instead of calling the registry.

    Args:
        origin: The scheme, host and port of the target, such as `http://localhost:5001` or the `url` of another embedded
            registry.
        status: The status code of the redirect.
    """

    origin: str
    status: int = attrs.field(default=307, kw_only=True)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the redirect."""
        redirect = RedirectResponse(self.origin + exchange.request.target, self.status)
        await redirect(exchange.scope, exchange.receive, exchange.send)
