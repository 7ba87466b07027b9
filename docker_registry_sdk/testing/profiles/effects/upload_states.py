"""Locations of uploads that hold how far the upload is, and are good for that point only, as Distribution 2 has them."""

import base64
import re

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.answers import Answer, catch_answer, changing_heads
from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.faults.operations import UPLOAD_STEPS
from docker_registry_sdk.testing.faults.refusals import Status
from docker_registry_sdk.testing.profiles.effects.requests import body_of, with_field, without_fields

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
