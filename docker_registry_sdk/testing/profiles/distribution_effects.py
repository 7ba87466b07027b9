"""Manifests that are sent only to who names their media type, as by Distribution 2."""

import base64
import re

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import UPLOAD_STEPS, Exchange
from docker_registry_sdk.testing.faults.responses import Answer, Status, catch_answer, changing_heads
from docker_registry_sdk.testing.profiles.requests import body_of, with_field, with_path, without_fields
from docker_registry_sdk.testing.v2.manifest_formats import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

_UNKNOWN = Status(404, code="MANIFEST_UNKNOWN", message="the Accept header does not name the media type of the manifest")
_INVALID = Status(400, code="MANIFEST_INVALID", message="manifest invalid")


@attrs.frozen
class AcceptByName:
    """A manifest of a type that `Accept` does not name, be it by a wildcard, is not sent.

    For one of OCI that is a 404. One of Docker, by its tag, would be made a manifest of schema 1, which is off: 400. But of a
    list that is not accepted, the image for linux/amd64 is sent, if images are accepted.
    """

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and look at the type of the answer."""
        answer = await catch_answer(app, exchange.scope, exchange.receive)
        if answer is None:
            return
        media_type = answer.headers.get("content-type", "") if answer.status == 200 else ""
        wanted = ",".join(exchange.call.headers.getlist("accept"))
        accepted = {part.partition(";")[0].strip() for part in wanted.split(",")}
        by_tag = ":" not in exchange.call.path
        if media_type in {OCI_MANIFEST, OCI_INDEX} - accepted:
            await _UNKNOWN.play(exchange, app)
        elif by_tag and media_type == DOCKER_LIST and DOCKER_LIST not in accepted and DOCKER_MANIFEST in accepted:
            await self._send_image(exchange, app)
        elif by_tag and media_type in {DOCKER_MANIFEST, DOCKER_LIST} - accepted:
            await _INVALID.play(exchange, app)
        else:
            await answer.send(exchange.send)

    async def _send_image(self, exchange: Exchange, app: ASGIApp) -> None:
        """Send the image for linux/amd64 out of a list."""
        listed = await catch_answer(app, {**exchange.scope, "method": "GET"}, exchange.receive)
        digest = None if listed is None else _find_image(listed)
        if digest is None:
            await _UNKNOWN.play(exchange, app)
            return
        path = exchange.call.path.rpartition("/")[0]
        await app(with_path(exchange.scope, f"{path}/{digest}"), exchange.receive, exchange.send)


def _find_image(listed: Answer) -> str | None:
    for entry in listed.json()["manifests"]:
        platform = entry.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
            return str(entry["digest"])
    return None


_FIELD = "_state"
_UPLOAD = re.compile(r"/v2/.+/blobs/uploads/[^/?]+")
_REFUSAL = Status(404, code="BLOB_UPLOAD_INVALID", message="the state of the upload is another one")


@attrs.frozen
class UploadStates:
    """A location is good until the upload has got further; then only the newest one is."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Check the state in a request, and write the new one into the answer."""
        scope = exchange.scope
        if exchange.call.operation in UPLOAD_STEPS:
            scope = without_fields(scope, _FIELD)
            status = await catch_answer(app, {**scope, "method": "GET"}, body_of(b""))
            if status is not None and status.status == 204 and exchange.call.query.get(_FIELD) != _state(status):
                await _REFUSAL.play(exchange, app)
                return

        def change(head: Answer) -> None:
            location = head.headers.get("location", "")
            if _UPLOAD.fullmatch(location):
                query = with_field({"query_string": b""}, _FIELD, _state(head))["query_string"]
                head.headers["location"] = f"{location}?{query.decode()}"

        await app(scope, exchange.receive, changing_heads(exchange.send, change))


def _state(answer: Answer) -> str:
    """Return the state of an upload, from an answer that tells how far it is."""
    upload = answer.headers.get("docker-upload-uuid", "")
    return base64.b64encode(f"{upload}|{answer.headers.get('range', '')}".encode()).decode()
