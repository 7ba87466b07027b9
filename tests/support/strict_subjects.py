"""A fault of the embedded registry: manifests with a missing subject are refused, as by GitLab."""

from __future__ import annotations

import json

from starlette.types import ASGIApp, Message

from docker_registry_sdk.testing.faults import FaultExchange
from docker_registry_sdk.testing.faults.responses import send_json


class RequireSubject:
    """Refuse a manifest whose subject the repository lacks.

    Source: https://github.com/moby/moby/issues/53293
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Answer a PUT of a manifest."""
        body, more = b"", True
        while more:
            message = await exchange.receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        subject = (json.loads(body).get("subject") or {}).get("digest")
        repo = exchange.request.path.removeprefix("/v2/").rpartition("/manifests/")[0]
        record = exchange.registry.storage.load(repo)
        if subject is not None and (record is None or subject not in record.manifests):
            error = {"code": "MANIFEST_BLOB_UNKNOWN", "message": f"blob unknown to registry: {subject}"}
            await send_json(exchange.send, 400, {"errors": [error]})
            return

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await app(exchange.scope, receive, exchange.send)
