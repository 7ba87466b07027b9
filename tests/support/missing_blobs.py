"""A fault of the embedded registry: the push of a manifest is rejected since blobs are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults import FaultExchange
from docker_registry_sdk.testing.faults.responses import send_json

FORMS: dict[str, Callable[[tuple[str, ...]], dict[str, Any]]] = {
    "message": lambda digests: {"message": f"Layers with digests '[{', '.join(digests)}]' do not exist"},
    "detail": lambda digests: {"message": "blob unknown to registry", "detail": [{"digest": one} for one in digests]},
    "text": lambda digests: {"message": "unknown blob", "detail": f"missing {' '.join(digests)}"},
    "nothing": lambda digests: {},
}
"""The ways in which registries name the missing blobs: in the message, in the detail, or not at all."""


@frozen
class MissingBlobs:
    """An effect that rejects a request since blobs are missing.

    Args:
        digests: The digests of the missing blobs.
        status: The status of the error.
        code: The code of the error.
        form: The key of `FORMS`.
    """

    digests: tuple[str, ...]
    status: int = 400
    code: str = "MANIFEST_BLOB_UNKNOWN"
    form: str = "message"

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the error."""
        error = {"code": self.code, **FORMS[self.form](self.digests)}
        await send_json(exchange.send, self.status, {"errors": [error]})
