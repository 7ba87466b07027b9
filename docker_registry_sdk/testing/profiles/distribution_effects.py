"""Effects of Distribution 2.8: content negotiation, upload states, and a range error with a wrong length."""

import base64
import re

import attrs
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message

from docker_registry_sdk.testing.connection import ConnectionCut
from docker_registry_sdk.testing.faults.exchange import UPLOAD_SESSION_OPERATIONS, Exchange
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status, capture_response, change_head
from docker_registry_sdk.testing.profiles.requests import body_of, with_field, with_path, without_fields
from docker_registry_sdk.testing.v2.manifest_formats import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

_MANIFEST_UNKNOWN = Status(404, code="MANIFEST_UNKNOWN", message="the Accept header does not name the media type of the manifest")
_MANIFEST_INVALID = Status(400, code="MANIFEST_INVALID", message="manifest invalid")

_STATE_FIELD = "_state"
_UPLOAD = re.compile(r"/v2/.+/blobs/uploads/[^/?]+")
_UPLOAD_INVALID = Status(404, code="BLOB_UPLOAD_INVALID", message="the location is outdated: more bytes have been uploaded since")


@attrs.frozen
class RequireAccept:
    """An effect that sends a manifest only if `Accept` names its media type. Wildcards in `Accept` are ignored.

    Otherwise, a request for an OCI manifest is answered with 404, and a request for a Docker manifest by tag with 400, because
    Distribution would have to convert the manifest to schema 1, which is disabled. If a Docker manifest list is requested by tag
    and only Docker image manifests are accepted, the image for linux/amd64 is sent.
    """

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the registry, and send its response only if the media type is accepted."""
        response = await capture_response(app, exchange.scope, exchange.receive)
        if response is None:
            return
        media_type = response.headers.get("content-type", "") if response.status == 200 else ""
        accept = ",".join(exchange.call.headers.getlist("accept"))
        accepted = {part.partition(";")[0].strip() for part in accept.split(",")}
        by_tag = ":" not in exchange.call.path
        if media_type in {OCI_MANIFEST, OCI_INDEX} - accepted:
            await _MANIFEST_UNKNOWN.play(exchange, app)
        elif by_tag and media_type == DOCKER_LIST and DOCKER_LIST not in accepted and DOCKER_MANIFEST in accepted:
            await self._send_image(exchange, app)
        elif by_tag and media_type in {DOCKER_MANIFEST, DOCKER_LIST} - accepted:
            await _MANIFEST_INVALID.play(exchange, app)
        else:
            await response.send(exchange.send)

    async def _send_image(self, exchange: Exchange, app: ASGIApp) -> None:
        """Send the image for linux/amd64 of a manifest list."""
        manifest_list = await capture_response(app, {**exchange.scope, "method": "GET"}, exchange.receive)
        digest = None if manifest_list is None else _find_linux_amd64(manifest_list)
        if digest is None:
            await _MANIFEST_UNKNOWN.play(exchange, app)
            return
        path = exchange.call.path.rpartition("/")[0]
        await app(with_path(exchange.scope, f"{path}/{digest}"), exchange.receive, exchange.send)


def _find_linux_amd64(manifest_list: CapturedResponse) -> str | None:
    for entry in manifest_list.json()["manifests"]:
        platform = entry.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
            return str(entry["digest"])
    return None


@attrs.frozen
class UploadStates:
    """An effect that adds the state of an upload to its location, and answers requests to outdated locations with 404."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Compare the state in the request with the current state of the upload, and write the new state into the response."""
        scope = exchange.scope
        if exchange.call.operation in UPLOAD_SESSION_OPERATIONS:
            scope = without_fields(scope, _STATE_FIELD)
            status = await capture_response(app, {**scope, "method": "GET"}, body_of(b""))
            if status is not None and status.status == 204 and exchange.call.query.get(_STATE_FIELD) != _state(status):
                await _UPLOAD_INVALID.play(exchange, app)
                return

        def change(head: CapturedResponse) -> None:
            location = head.headers.get("location", "")
            if _UPLOAD.fullmatch(location):
                query = with_field({"query_string": b""}, _STATE_FIELD, _state(head))["query_string"]
                head.headers["location"] = f"{location}?{query.decode()}"

        await app(scope, exchange.receive, change_head(exchange.send, change))


def _state(response: CapturedResponse) -> str:
    """Return the state of an upload: its id and the range of the received bytes, both from a response, as base64."""
    upload = response.headers.get("docker-upload-uuid", "")
    return base64.b64encode(f"{upload}|{response.headers.get('range', '')}".encode()).decode()


@attrs.frozen
class WrongLengthOfRangeError:
    """An effect that sends a 416 response with the Content-Length of the whole blob and a short text, and then disconnects."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the registry, and change its response if it is a 416."""
        is_range_error = False

        async def send(message: Message) -> None:
            nonlocal is_range_error
            if message["type"] == "http.response.start" and message["status"] == 416:
                is_range_error = True
                headers = MutableHeaders(raw=list(message["headers"]))
                headers["content-length"] = headers["content-range"].rpartition("/")[2]
                headers["content-type"] = "text/plain; charset=utf-8"
                message = {**message, "headers": headers.raw}
            elif is_range_error:
                text = b"invalid range: failed to overlap\n"
                await exchange.send({"type": "http.response.body", "body": text, "more_body": True})
                raise ConnectionCut("close")
            await exchange.send(message)

        await app(exchange.scope, exchange.receive, send)
