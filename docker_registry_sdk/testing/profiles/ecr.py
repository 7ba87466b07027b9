"""The profiles of Amazon Elastic Container Registry, private and public."""

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
from docker_registry_sdk.testing.faults.exchange import FaultExchange, RequestInfo
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status, capture_response
from docker_registry_sdk.testing.profiles.effects import ChangeResponse, OpaqueLinks, PageSizeExceeds
from docker_registry_sdk.testing.profiles.manifest_effects import NoteUpload, RejectManifest, find_unseen_blob
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, RegistryQuirk, always
from docker_registry_sdk.testing.streaming import BlobResponse

PASSWORD_LIFETIME_SECONDS = 12 * 60 * 60
MAX_PAGE_SIZE = 1000

OBJECT_STORE_PATHS = r"/object-store/[^/]+"
"""A regular expression for the paths of the object store."""

_OBJECT_PATH = re.compile("/object-store/(?P<digest>[^/]+)")
_SIGNING_KEY = secrets.token_bytes(32)
_SIGNATURE = "X-Amz-Signature"
_FIRST_USE = "ecr.since"


def _has_credentials(call: RequestInfo) -> bool:
    return "authorization" in call.headers


def _set_created(response: CapturedResponse) -> None:
    response.status = 201


@attrs.frozen
class ExpirePassword:
    """An effect that sends 403 if, by the clock of the registry, the password was first used at least twelve hours ago."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send 403 if the password has expired. Otherwise, call the registry."""
        now = exchange.registry.clock.now()
        if now >= exchange.registry.numbers.setdefault(_FIRST_USE, now) + PASSWORD_LIFETIME_SECONDS:
            message = "Your authorization token has expired. Reauthenticate and try again."
            await Status(403, message=message).play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class RequireRepository:
    """An effect that answers a push with 404 if the repository does not exist."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send 404 if the repository does not exist. Otherwise, call the registry."""
        path = exchange.request.path
        name = path.removeprefix("/v2/").rpartition("/blobs/uploads/" if "/blobs/" in path else "/manifests/")[0]
        if await asyncio.to_thread(exchange.registry.storage.load, name) is None:
            await Status(404, message=f"the repository {name} does not exist").play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class RedirectToObjectStore:
    """An effect that redirects the download of a blob to a signed URL of an object store on another origin."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send a redirect to the object store if the registry answers a HEAD request for the blob with 200.

        Otherwise, call the registry with the original request, so that the client gets the error of the registry.
        """
        response = await capture_response(app, {**exchange.scope, "method": "HEAD"}, exchange.receive)
        if response is None or response.status != 200:
            await app(exchange.scope, exchange.receive, exchange.send)
            return
        path = f"/object-store/{response.headers['docker-content-digest']}"
        url = TokenAddress("name", None, path).for_request(Request(exchange.scope))
        redirect = RedirectResponse(f"{url}?X-Amz-Algorithm=AWS4-HMAC-SHA256&{_SIGNATURE}={_sign(path)}", 307)
        await redirect(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class ObjectStore:
    """An effect that acts as the object store, and sends blobs from the storage of the registry.

    A request must have a signed URL. A request with the header Authorization is answered with 400.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the whole blob, the requested range of the blob, or an error if the request or its signature is invalid."""
        response = await self._respond(exchange)
        await response(exchange.scope, exchange.receive, exchange.send)

    async def _respond(self, exchange: FaultExchange) -> Response:
        call = exchange.request
        if "authorization" in call.headers:
            return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if not hmac.compare_digest(call.query.get(_SIGNATURE, ""), _sign(call.path)):
            return _error(403, "SignatureDoesNotMatch", "the signature of the URL is wrong")
        match = _OBJECT_PATH.fullmatch(call.path)
        assert match is not None  # only paths of this form are signed
        reader = await asyncio.to_thread(exchange.registry.storage.open, match["digest"])
        if reader is None:
            return _error(404, "NoSuchKey", "the key does not exist")
        try:
            return BlobResponse(reader, parse_range(call.headers.get("range"), reader.size), {"accept-ranges": "bytes"})
        except RangeError:
            reader.close()
            return _error(416, "InvalidRange", "the range is not satisfiable")


def _error(status: int, code: str, message: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, media_type="application/xml")


def _sign(path: str) -> str:
    return hmac.new(_SIGNING_KEY, path.encode(), hashlib.sha256).hexdigest()


ECR = RegistryProfile(
    name="ecr",
    auth="basic",
    username="AWS",
    anonymous_pull=False,
    quirks=(
        RegistryQuirk(
            "basic-as-aws", "Credentials are Basic, with the user name AWS.", "AWS ECR user guide, registry authentication"
        ),
        RegistryQuirk(
            "password-expires",
            "A password expires after twelve hours; then the response is 403.",
            "AWS ECR user guide, registry authentication",
            (always(ExpirePassword(), when=_has_credentials),),
        ),
        RegistryQuirk(
            "page-limit",
            "A page size n of more than 1000 is answered with 405.",
            "ggcr#681, ggcr#1091",
            (
                always(
                    Status(405, message="maxResults must be less than or equal to 1000"),
                    ("list_tags", "list_repositories"),
                    when=PageSizeExceeds(MAX_PAGE_SIZE),
                ),
            ),
        ),
        RegistryQuirk(
            "absolute-link",
            "The link to a next page has a scheme and a host, and an opaque cursor in last.",
            "ggcr#681",
            (always(OpaqueLinks("last", absolute=True), ("list_tags", "list_repositories")),),
        ),
        RegistryQuirk(
            "chunk-is-created",
            "A PATCH is answered with 201 instead of 202.",
            "regclient#81",
            (always(ChangeResponse({202}, _set_created), "upload_blob_chunk"),),
        ),
        RegistryQuirk(
            "repository-must-exist",
            "A push to a repository that does not exist is answered with 404.",
            "AWS ECR user guide, pushing an image",
            (always(RequireRepository(), ("start_blob_upload", "put_manifest")),),
        ),
        RegistryQuirk(
            "manifest-check-lags",
            "A manifest is answered with 400 once if the registry has just received one of its blobs, and accepted then.",
            "clowdhaus/ocync#104",
            (
                always(NoteUpload(), ("start_blob_upload", "complete_blob_upload")),
                always(RejectManifest(find_unseen_blob, "MANIFEST_BLOB_UNKNOWN"), "put_manifest"),
            ),
        ),
        RegistryQuirk(
            "blobs-in-s3",
            "A download is redirected to a signed URL on another origin, which answers a request with Authorization with 400.",
            "opa#6580, renovate#3877",
            (always(RedirectToObjectStore(), "create_blob_read_stream"), always(ObjectStore(), path=OBJECT_STORE_PATHS)),
        ),
    ),
)

ECR_PUBLIC = RegistryProfile(
    name="ecr-public",
    quirks=(
        RegistryQuirk(
            "strict-cursor",
            "The cursor in last is opaque; a request with a value that is not a cursor is answered with 405.",
            "drydock#927",
            (always(OpaqueLinks("last", strict=True), "list_tags"),),
        ),
    ),
)
