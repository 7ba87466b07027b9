"""Effects that change the headers of a response."""

import hashlib
import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import attrs
from attrs import validators
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import UPLOAD_SESSION_OPERATIONS, FaultExchange
from docker_registry_sdk.testing.faults.responses import CapturedResponse, change_head, send_json

WRONG_DIGEST = "sha256:" + "bad0" * 16
"""A well-formed digest that is not the digest of any content."""

_DIGEST = "docker-content-digest"
_UPLOAD = re.compile(r"/v2/.+/blobs/uploads/[^/?]+")


def to_values(values: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Convert the values of a header to a tuple: None to an empty tuple, a string to a tuple with this string."""
    return () if values is None else (values,) if isinstance(values, str) else values


def set_header(head: CapturedResponse, name: str, values: Sequence[str]) -> None:
    """Replace all values of a header in a response.

    Args:
        head: The response to change.
        name: The name of the header.
        values: The new values, each sent as a separate header line; if there are no values, the header is removed. `{}` in a
            value is replaced by the first old value, or by an empty text if the response did not have the header.
    """
    before = head.headers.get(name, "")
    del head.headers[name]
    for value in values:
        head.headers.append(name, value.replace("{}", before))


@attrs.frozen
class SetHeader:
    """An effect that sets, repeats or removes a header of the response.

    Args:
        name: The name of the header.
        values: One value, several values (each sent as a separate header line), or None to remove the header. `{}` in a value is
            replaced by the first value that the registry sent, or by an empty text if the registry did not send the header.
    """

    name: str
    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and change the header of the response."""

        def change(head: CapturedResponse) -> None:
            set_header(head, self.name, self.values)

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


@attrs.frozen
class WrongDigest:
    """An effect that replaces the value of `Docker-Content-Digest`, if the response has this header.

    Args:
        digest: The new value.
    """

    digest: str = WRONG_DIGEST

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and replace the digest in the response."""

        def change(head: CapturedResponse) -> None:
            if _DIGEST in head.headers:
                head.headers[_DIGEST] = self.digest

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


@attrs.frozen
class NoDigest:
    """An effect that removes `Docker-Content-Digest` from the response."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and remove the digest from the response."""
        await SetHeader(_DIGEST, None).play(exchange, app)


@attrs.frozen
class ContentType:
    """An effect that sets, repeats or removes the `Content-Type` of the response.

    Args:
        values: One value, several values (each sent as a separate header line), or None to remove the header. `{}` in a value is
            replaced by the first value that the registry sent, or by an empty text if the registry did not send the header.
    """

    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and change the type in the response."""
        await SetHeader("content-type", self.values).play(exchange, app)


@attrs.frozen
class ForeignLink:
    """An effect that sets the header `Link` so that the URL of the next page has another origin than the registry.

    The header is set even if the registry sent no `Link`.

    Args:
        origin: The scheme, host and port in the URL of the next page, such as `http://localhost:5001`.
    """

    origin: str

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and set `Link` in the response."""
        await SetHeader("link", f'<{self.origin}{exchange.request.path}?last=a>; rel="next"').play(exchange, app)


@attrs.frozen
class LocationForm:
    """An effect that rewrites a path in `Location` as another form of URI reference with the same target.

    A response without `Location`, or with a full URL in `Location`, is not changed.

    Args:
        form: The form to write: `absolute` has the scheme, the host and the path, `network` has the host and the path (as in
            `//host/path`), and `relative` is relative to the path of the request (as in `../path`).

    Raises:
        ValueError: `form` is not `absolute`, `network` or `relative`.

    Source: RFC 9110, section 10.2.2, allows all three forms.
    """

    form: Literal["absolute", "network", "relative"] = attrs.field(validator=validators.in_(("absolute", "network", "relative")))

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and rewrite the location in the response."""

        def change(head: CapturedResponse) -> None:
            location = head.headers.get("location")
            if location is not None and location.startswith("/"):
                head.headers["location"] = self._rewrite(location, exchange)

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))

    def _rewrite(self, location: str, exchange: FaultExchange) -> str:
        host = exchange.request.headers.get("host", "")
        if self.form == "network":
            return f"//{host}{location}"
        if self.form == "absolute":
            return f"{exchange.scope['scheme']}://{host}{location}"
        return "../" * (exchange.request.path.count("/") - 1) + location.removeprefix("/")


@attrs.frozen
class LocationOn:
    """An effect that replaces the origin in `Location`, and keeps the path and the query.

    If `Location` has only a path, the origin is written before the path.

    Args:
        origin: The new scheme, host and port, such as `http://localhost:5001`.
    """

    origin: str

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and rewrite the location in the response."""

        def change(head: CapturedResponse) -> None:
            location = head.headers.get("location")
            if location is not None:
                parts = urlsplit(location)
                head.headers["location"] = self.origin + parts.path + (f"?{parts.query}" if parts.query else "")

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


@attrs.frozen
class SignedLocations:
    """An effect that adds a signed query to the locations of uploads, and checks this query in requests to these locations.

    A request must contain the query byte for byte; other parameters, such as `digest`, must be before or after the whole query.
    If a client decodes and re-encodes the query, sorts the parameters, drops empty parameters or omits the query, the response is
    403. Use this effect with `times=None`, so that it applies to all requests of an upload. Requests that do not belong to an
    upload are not affected.

    Source: registries behind a content delivery network, and the `_state` parameter of Distribution.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Check the query of the request, call the registry, and sign the location in the response."""
        scope = exchange.scope
        if exchange.request.operation in UPLOAD_SESSION_OPERATIONS:
            query = scope["query_string"].decode("latin-1")
            signed = _signed_query(exchange.request.path)
            if query != signed and not query.startswith(f"{signed}&") and not query.endswith(f"&{signed}"):
                error = {"code": "DENIED", "message": "the query of the upload location was changed"}
                await send_json(exchange.send, 403, {"errors": [error]})
                return
            scope = {**scope, "query_string": query.replace(signed, "", 1).strip("&").encode("latin-1")}

        def change(head: CapturedResponse) -> None:
            location = head.headers.get("location", "")
            if _UPLOAD.fullmatch(location):
                head.headers["location"] = f"{location}?{_signed_query(location)}"

        await app(scope, exchange.receive, change_head(exchange.send, change))


def _signed_query(path: str) -> str:
    """Return the signed query for the path of an upload.

    The query has lower-case escapes, an unescaped plus sign and an empty parameter. So a client that decodes and re-encodes the
    query changes its bytes.
    """
    signature = hashlib.sha256(path.encode()).hexdigest()[:32]
    return f"_state=z%2fA+b%7e{signature}%3D%3d&empty=&b=2&a=1&X-Signature={signature}"
