"""Amazon Elastic Container Registry, private and public."""

import asyncio
import hashlib
import hmac
import re
import secrets

import attrs
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from docker_registry_sdk.testing.auth.headers import TokenAddress
from docker_registry_sdk.testing.byte_ranges import RangeError, parse_range
from docker_registry_sdk.testing.faults.exchange import Call, Exchange
from docker_registry_sdk.testing.faults.responses import Answer, Status, catch_answer
from docker_registry_sdk.testing.profiles.effects import ChangeAnswer, OpaqueLinks
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always
from docker_registry_sdk.testing.streaming import BlobResponse

VALIDITY = 12 * 60 * 60
PAGE_LIMIT = 1000

_SINCE = "ecr.since"


def _asks_for_too_many(call: Call) -> bool:
    count = call.query.get("n", "")
    return count.isdecimal() and int(count) > PAGE_LIMIT


def _has_credentials(call: Call) -> bool:
    return "authorization" in call.headers


def _call_created(answer: Answer) -> None:
    answer.status = 201


@attrs.frozen
class PasswordExpires:
    """Credentials are good for a while, counted from the first request that has them by the registry's clock."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, if the credentials are still good."""
        now = exchange.site.clock.now()
        if now >= exchange.site.numbers.setdefault(_SINCE, now) + VALIDITY:
            message = "Your authorization token has expired. Reauthenticate and try again."
            await Status(403, message=message).play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class OnlyKnownRepositories:
    """Nothing is pushed to a repository that is not there."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, if the repository is there."""
        name = exchange.call.path.removeprefix("/v2/").rpartition(
            "/blobs/uploads/" if "/blobs/" in exchange.call.path else "/manifests/"
        )[0]
        if await asyncio.to_thread(exchange.site.storage.load, name) is None:
            await Status(404, message=f"the repository {name} does not exist").play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


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


_BLOBS_IN_S3 = Quirk(
    "blobs-in-s3",
    "A blob is a redirect to a signed URL on another origin, which refuses a request that has Authorization, too: 400.",
    "opa#6580, renovate#3877",
    (always(RedirectToStore(), "create_blob_read_stream"), always(Store(), path=STORE_PATHS)),
)


ECR = Profile(
    name="ecr",
    auth="basic",
    username="AWS",
    anonymous_pull=False,
    quirks=(
        Quirk("basic-as-aws", "Credentials are Basic, with the user name AWS.", "AWS ECR user guide, registry authentication"),
        Quirk(
            "password-expires",
            "A password is good for twelve hours; then it is answered with 403.",
            "AWS ECR user guide, registry authentication",
            (always(PasswordExpires(), when=_has_credentials),),
        ),
        Quirk(
            "page-limit",
            "An n of more than 1000 is an error: 405.",
            "ggcr#681, ggcr#1091",
            (
                always(
                    Status(405, message="maxResults must be less than or equal to 1000"),
                    ("list_tags", "list_repositories"),
                    when=_asks_for_too_many,
                ),
            ),
        ),
        Quirk(
            "absolute-link",
            "The link to a next page has scheme and host, and an opaque cursor in last.",
            "ggcr#681",
            (always(OpaqueLinks("last", absolute=True), ("list_tags", "list_repositories")),),
        ),
        Quirk(
            "chunk-is-created",
            "A PATCH is answered with 201 instead of 202.",
            "regclient#81",
            (always(ChangeAnswer({202}, _call_created), "upload_blob_chunk"),),
        ),
        Quirk(
            "repository-must-exist",
            "A push to a repository that is not there is answered with 404.",
            "AWS ECR user guide, pushing an image",
            (always(OnlyKnownRepositories(), ("start_blob_upload", "put_manifest")),),
        ),
        _BLOBS_IN_S3,
    ),
)


ECR_PUBLIC = Profile(
    name="ecr-public",
    quirks=(
        Quirk(
            "strict-cursor",
            "The cursor in last is opaque; one that a client made itself is answered with 405.",
            "drydock#927",
            (always(OpaqueLinks("last", strict=True), "list_tags"),),
        ),
    ),
)
