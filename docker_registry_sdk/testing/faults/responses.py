"""Answers of the registry, caught before they go out, so that effects can change them."""

import json
from collections.abc import Callable, Container
from typing import Any

import attrs
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.v2.errors import API_VERSION


@attrs.define
class Answer:
    """An answer that has not gone out yet.

    Args:
        status: Its status.
        headers: Its headers.
        body: Its body.
    """

    status: int
    headers: MutableHeaders
    body: bytes = b""

    def json(self) -> Any:
        """Return the document in the body.

        Raises:
            ValueError: It holds none.
        """
        return json.loads(self.body)

    def set_json(self, document: Any) -> None:
        """Replace the body by a document."""
        self.body = json.dumps(document).encode()

    async def send(self, send: Send) -> None:
        """Send the answer; a body that has another length than announced has the length corrected."""
        if self.body:
            self.headers["content-length"] = str(len(self.body))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers.raw})
        await send({"type": "http.response.body", "body": self.body})


async def catch_answer(app: ASGIApp, scope: Scope, receive: Receive) -> Answer | None:
    """Let the registry answer, but do not send it.

    Args:
        app: The registry.
        scope: The request's scope.
        receive: Gives its body.

    Returns:
        The answer, or None when there was none, because the client has gone.
    """
    caught: list[Answer] = []

    async def catch(message: Message) -> None:
        if message["type"] == "http.response.start":
            caught.append(Answer(message["status"], MutableHeaders(raw=list(message["headers"]))))
        else:
            caught[0].body += bytes(message.get("body", b""))

    await app(scope, receive, catch)
    return caught[0] if caught else None


def changing_heads(send: Send, change: Callable[[Answer], None]) -> Send:
    """Change the status and the headers of an answer on their way out; the body passes.

    Args:
        send: Takes the answer.
        change: Changes it; the body is not there.

    Returns:
        What takes the answer instead.
    """

    async def change_and_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            head = Answer(message["status"], MutableHeaders(raw=list(message["headers"])))
            change(head)
            message = {**message, "status": head.status, "headers": head.headers.raw}
        await send(message)

    return change_and_send


def changing_answers(send: Send, statuses: Container[int], change: Callable[[Answer], None]) -> Send:
    """Change whole answers on their way out.

    Args:
        send: Takes the answer.
        statuses: Which answers to change, by their status; others pass.
        change: Changes an answer; its body may take on another length.

    Returns:
        What takes the answer instead.
    """
    caught: list[Answer] = []

    async def change_and_send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in statuses:
            caught.append(Answer(message["status"], MutableHeaders(raw=list(message["headers"]))))
        elif not caught:
            await send(message)
        else:
            caught[0].body += bytes(message.get("body", b""))
            if not message.get("more_body", False):
                change(caught[0])
                await caught[0].send(send)

    return change_and_send


async def answer_json(send: Send, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
    """Answer with a document.

    Args:
        send: Takes the answer.
        status: The status.
        document: The document.
        headers: Headers to send along.
    """
    answer = Answer(status, MutableHeaders({"content-type": "application/json", **(headers or {})}))
    answer.set_json(document)
    await answer.send(send)


_CODES = {
    400: "UNSUPPORTED",
    401: "UNAUTHORIZED",
    403: "DENIED",
    404: "NAME_UNKNOWN",
    405: "UNSUPPORTED",
    416: "RANGE_INVALID",
    429: "TOOMANYREQUESTS",
}


@attrs.frozen
class Status:
    """The answer is an error, in the form that the API has for errors.

    Args:
        status: The status.
        retry_after: What stands in `Retry-After`: seconds, a date, or nonsense; None leaves it out.
        code: The code in the body; None takes the usual one of the status.
        message: The message in the body.
    """

    status: int
    retry_after: int | str | None = attrs.field(default=None, kw_only=True)
    code: str | None = attrs.field(default=None, kw_only=True)
    message: str = attrs.field(default="a fault, as ordered", kw_only=True)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Answer with the error."""
        headers = {"docker-distribution-api-version": API_VERSION} if exchange.call.path.startswith("/v2") else {}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        code = self.code or _CODES.get(self.status, "UNKNOWN")
        await answer_json(exchange.send, self.status, {"errors": [{"code": code, "message": self.message}]}, headers)


@attrs.frozen
class HtmlError:
    """The answer is a web page, as from a proxy that stands before the registry.

    Args:
        status: The status; a page may come with 200, too.
        title: What the page says.
    """

    status: int = 502
    title: str = "Bad Gateway"

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Answer with the page."""
        page = HTMLResponse(f"<!DOCTYPE html>\n<title>{self.title}</title>\n<h1>{self.title}</h1>\n", self.status)
        await page(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class RedirectTo:
    """The answer sends the client to the same path and query on another origin.

    Args:
        origin: Scheme, host and port, such as `http://localhost:5001`; a registry's `url` is one.
        status: The status.
    """

    origin: str
    status: int = attrs.field(default=307, kw_only=True)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Answer with the redirect."""
        redirect = RedirectResponse(self.origin + exchange.call.target, self.status)
        await redirect(exchange.scope, exchange.receive, exchange.send)
