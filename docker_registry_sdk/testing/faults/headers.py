"""Effects on the headers of an answer."""

import hashlib
import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import attrs
from attrs import validators
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import UPLOAD_STEPS, Exchange
from docker_registry_sdk.testing.faults.responses import Answer, answer_json, changing_heads

WRONG_DIGEST = "sha256:" + "bad0" * 16
"""A well-formed digest that is nobody's."""

_DIGEST = "docker-content-digest"


def to_values(values: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Turn the values of a header into a tuple: there may be one, several, or none."""
    return () if values is None else (values,) if isinstance(values, str) else values


@attrs.frozen
class SetHeader:
    """A header has other values: none, so that it is missing, one, or several, each in a line of its own.

    Args:
        name: The header.
        values: Its value, or several, or None. `{}` in a value stands for the one that the registry gave.
    """

    name: str
    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the header."""

        def change(head: Answer) -> None:
            set_header(head, self.name, self.values)

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))


@attrs.frozen
class WrongDigest:
    """`Docker-Content-Digest`, where the answer has one, does not fit the body.

    Args:
        digest: What it says.
    """

    digest: str = WRONG_DIGEST

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the digest."""

        def change(head: Answer) -> None:
            if _DIGEST in head.headers:
                head.headers[_DIGEST] = self.digest

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))


@attrs.frozen
class NoDigest:
    """The answer has no `Docker-Content-Digest`."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and leave the digest out."""
        await SetHeader(_DIGEST, None).play(exchange, app)


@attrs.frozen
class ContentType:
    """The answer has another `Content-Type`: an odd one, none, or several.

    Args:
        values: The value, or several, or None. `{}` in a value stands for the right one.
    """

    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the type."""
        await SetHeader("content-type", self.values).play(exchange, app)


@attrs.frozen
class ForeignLink:
    """The answer links to a next page on another origin.

    Args:
        origin: Scheme, host and port.
    """

    origin: str

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and put the link in."""
        await SetHeader("link", f'<{self.origin}{exchange.call.path}?last=a>; rel="next"').play(exchange, app)


def set_header(head: Answer, name: str, values: Sequence[str]) -> None:
    """Give a header of an answer other values.

    Args:
        head: The answer.
        name: The header.
        values: Its values, each in a line of its own; `{}` in one stands for the value that there was.
    """
    before = head.headers.get(name, "")
    del head.headers[name]
    for value in values:
        head.headers.append(name, value.replace("{}", before))


_UPLOAD = re.compile(r"/v2/.+/blobs/uploads/[^/?]+")


@attrs.frozen
class LocationForm:
    """`Location` takes another form, with the same meaning.

    Args:
        form: `absolute`, with scheme and host; `network`, with the host alone; or `relative`, to the path that was requested.

    Raises:
        ValueError: There is no such form.

    Source: RFC 9110, section 10.2.2, allows all of them.
    """

    form: Literal["absolute", "network", "relative"] = attrs.field(validator=validators.in_(("absolute", "network", "relative")))

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and rewrite the header."""

        def change(head: Answer) -> None:
            location = head.headers.get("location")
            if location is not None and location.startswith("/"):
                head.headers["location"] = self._rewrite(location, exchange)

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))

    def _rewrite(self, location: str, exchange: Exchange) -> str:
        host = exchange.call.headers.get("host", "")
        if self.form == "network":
            return f"//{host}{location}"
        if self.form == "absolute":
            return f"{exchange.scope['scheme']}://{host}{location}"
        return "../" * (exchange.call.path.count("/") - 1) + location.removeprefix("/")


@attrs.frozen
class LocationOn:
    """`Location` is on another origin.

    Args:
        origin: Scheme, host and port.
    """

    origin: str

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and rewrite the header."""

        def change(head: Answer) -> None:
            location = head.headers.get("location")
            if location is not None:
                parts = urlsplit(location)
                head.headers["location"] = self.origin + parts.path + (f"?{parts.query}" if parts.query else "")

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))


@attrs.frozen
class SignedLocations:
    """The locations of uploads carry a signed query, which has to come back byte for byte.

    A client that decodes the query and encodes it again, sorts it, drops what is empty or loses it is answered with 403. It goes
    with `times=None`; other requests pass.

    Source: registries behind a content delivery network, and Distribution's own `_state`.
    """

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Check the query of a request, and sign the location in the answer."""
        scope = exchange.scope
        if exchange.call.operation in UPLOAD_STEPS:
            query = scope["query_string"].decode("latin-1")
            signed = _signed_query(exchange.call.path)
            if query != signed and not query.startswith(f"{signed}&") and not query.endswith(f"&{signed}"):
                error = {"code": "DENIED", "message": "the query of the upload's location is not as it was given"}
                await answer_json(exchange.send, 403, {"errors": [error]})
                return
            scope = {**scope, "query_string": query.replace(signed, "", 1).strip("&").encode("latin-1")}

        def change(head: Answer) -> None:
            location = head.headers.get("location", "")
            if _UPLOAD.fullmatch(location):
                head.headers["location"] = f"{location}?{_signed_query(location)}"

        await app(scope, exchange.receive, changing_heads(exchange.send, change))


def _signed_query(path: str) -> str:
    """Return the query that belongs to a path: one that does not survive being decoded and encoded again."""
    signature = hashlib.sha256(path.encode()).hexdigest()[:32]
    return f"_state=z%2fA+b%7e{signature}%3D%3d&empty=&b=2&a=1&X-Signature={signature}"
