"""Blobs that are kept in an object store on another origin, as with S3."""

import asyncio
import hashlib
import hmac
import re
import secrets

import attrs
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from docker_registry_sdk.testing.auth.address import TokenAddress
from docker_registry_sdk.testing.blob_response import BlobResponse
from docker_registry_sdk.testing.byte_ranges import RangeError, parse_range
from docker_registry_sdk.testing.faults.answers import catch_answer
from docker_registry_sdk.testing.faults.exchange import Exchange

STORE_PATHS = r"/object-store/[^/]+"
"""The paths that the store answers."""

_PATH = re.compile("/object-store/(?P<digest>[^/]+)")
_KEY = secrets.token_bytes(32)
_SIGNATURE = "X-Amz-Signature"


@attrs.frozen
class RedirectToStore:
    """A blob that the caller may have is a redirect to a signed URL of the store, which is on another origin."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Ask the registry whether it has the blob for the caller, and redirect."""
        answer = await catch_answer(app, {**exchange.scope, "method": "HEAD"}, exchange.receive)
        if answer is None or answer.status != 200:
            await app(exchange.scope, exchange.receive, exchange.send)
            return
        path = f"/object-store/{answer.headers['docker-content-digest']}"
        url = TokenAddress("name", None, path).for_request(Request(exchange.scope))
        redirect = RedirectResponse(f"{url}?X-Amz-Algorithm=AWS4-HMAC-SHA256&{_SIGNATURE}={_sign(path)}", 307)
        await redirect(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class Store:
    """The store: it looks at the signature of the URL, and wants no other credentials."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Send the content of a blob, or a part of it."""
        response = await self._respond(exchange)
        await response(exchange.scope, exchange.receive, exchange.send)

    async def _respond(self, exchange: Exchange) -> Response:
        call = exchange.call
        if "authorization" in call.headers:
            return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if not hmac.compare_digest(call.query.get(_SIGNATURE, ""), _sign(call.path)):
            return _error(403, "SignatureDoesNotMatch", "the signature of the URL is wrong")
        match = _PATH.fullmatch(call.path)
        assert match is not None  # the path is signed
        reader = await asyncio.to_thread(exchange.site.storage.open, match["digest"])
        if reader is None:
            return _error(404, "NoSuchKey", "the key does not exist")
        try:
            return BlobResponse(reader, parse_range(call.headers.get("range"), reader.size), {"accept-ranges": "bytes"})
        except RangeError:
            reader.close()
            return _error(416, "InvalidRange", "the range does not fit")


def _error(status: int, code: str, message: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, media_type="application/xml")


def _sign(path: str) -> str:
    return hmac.new(_KEY, path.encode(), hashlib.sha256).hexdigest()
