"""Effects of Distribution 2.8: content negotiation, upload states, and a range error with a wrong length."""

import base64
import re

import attrs
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message

from docker_registry_sdk.testing.connection import ConnectionCut
from docker_registry_sdk.testing.faults.exchange import UPLOAD_SESSION_OPERATIONS, FaultExchange
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
    """An effect that checks whether `Accept` names the media type of the requested manifest. Wildcards in `Accept` are ignored.

    If `Accept` does not name the media type, the response depends on the manifest:

    - For an OCI manifest or index, the response is 404.
    - For a Docker manifest list that is requested by tag, the response is the image for linux/amd64 if `Accept` names the media
      type of Docker image manifests. If the list has no such image, the response is 404.
    - For any other Docker manifest or list that is requested by tag, the response is 400, because Distribution would have to
      convert the manifest to schema 1, which is disabled.
    - A Docker manifest or list that is requested by digest is sent nevertheless.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and send the response of the registry, another image, or an error, as the class describes."""
        response = await capture_response(app, exchange.scope, exchange.receive)
        if response is None:
            return
        media_type = response.headers.get("content-type", "") if response.status == 200 else ""
        accept = ",".join(exchange.request.headers.getlist("accept"))
        accepted = {part.partition(";")[0].strip() for part in accept.split(",")}
        by_tag = ":" not in exchange.request.path
        if media_type in {OCI_MANIFEST, OCI_INDEX} - accepted:
            await _MANIFEST_UNKNOWN.play(exchange, app)
        elif by_tag and media_type == DOCKER_LIST and DOCKER_LIST not in accepted and DOCKER_MANIFEST in accepted:
            await self._send_image(exchange, app)
        elif by_tag and media_type in {DOCKER_MANIFEST, DOCKER_LIST} - accepted:
            await _MANIFEST_INVALID.play(exchange, app)
        else:
            await response.send(exchange.send)

    async def _send_image(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the manifest of the image for linux/amd64 in the requested manifest list, or 404 if the list has no such image."""
        manifest_list = await capture_response(app, {**exchange.scope, "method": "GET"}, exchange.receive)
        digest = None if manifest_list is None else _find_linux_amd64(manifest_list)
        if digest is None:
            await _MANIFEST_UNKNOWN.play(exchange, app)
            return
        path = exchange.request.path.rpartition("/")[0]
        await app(with_path(exchange.scope, f"{path}/{digest}"), exchange.receive, exchange.send)


def _find_linux_amd64(manifest_list: CapturedResponse) -> str | None:
    for entry in manifest_list.json()["manifests"]:
        platform = entry.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
            return str(entry["digest"])
    return None


@attrs.frozen
class UploadStates:
    """An effect that adds the state of an upload to the location of the upload, as the query parameter `_state`.

    A location is outdated when the registry has received more bytes of the upload since it sent the location. A request to an
    outdated location is answered with 404.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send 404 if the state in the request is not the current state of the upload.

        Otherwise, call the registry, and write the new state into the location in the response.
        """
        scope = exchange.scope
        if exchange.request.operation in UPLOAD_SESSION_OPERATIONS:
            scope = without_fields(scope, _STATE_FIELD)
            status = await capture_response(app, {**scope, "method": "GET"}, body_of(b""))
            if status is not None and status.status == 204 and exchange.request.query.get(_STATE_FIELD) != _state(status):
                await _UPLOAD_INVALID.play(exchange, app)
                return

        def change(head: CapturedResponse) -> None:
            location = head.headers.get("location", "")
            if _UPLOAD.fullmatch(location):
                query = with_field({"query_string": b""}, _STATE_FIELD, _state(head))["query_string"]
                head.headers["location"] = f"{location}?{query.decode()}"

        await app(scope, exchange.receive, change_head(exchange.send, change))


def _state(response: CapturedResponse) -> str:
    """Return the state of an upload: its id and the range of the received bytes, read from the response headers, as base64."""
    upload = response.headers.get("docker-upload-uuid", "")
    return base64.b64encode(f"{upload}|{response.headers.get('range', '')}".encode()).decode()


@attrs.frozen
class WrongLengthOfRangeError:
    """An effect that changes 416 responses: Content-Length is the size of the whole blob, but the body is only a short text.

    The connection is closed after the text.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and change the response if its status is 416."""
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
