"""Effects that answer in the place of the registry, which does not even see the request."""

import attrs
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.answers import answer_json
from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.v2.resource import API_VERSION

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
