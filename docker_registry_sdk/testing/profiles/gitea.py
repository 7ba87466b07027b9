"""The profile of Gitea and Forgejo.

Source: https://github.com/go-gitea/gitea, routers/api/packages/container/container.go and
services/packages/container/blob_uploader.go.
"""

from typing import Any

import attrs
from starlette.types import ASGIApp, Message

from docker_registry_sdk.testing.faults.exchange import UPLOAD_SESSION_OPERATIONS, FaultExchange
from docker_registry_sdk.testing.faults.headers import SetHeader
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status, change_head
from docker_registry_sdk.testing.profiles.effects import ChangeRequest, ChangeResponse
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, RegistryQuirk, always
from docker_registry_sdk.testing.profiles.requests import read_body, without_header
from docker_registry_sdk.testing.settings import RegistrySettings

_ROUTES = "gitea, routers/api/packages/api.go"
_HANDLERS = "gitea, routers/api/packages/container/container.go"
_SIZE, _DEAD = "gitea.size ", "gitea.dead "
_MISMATCH = Status(500, message="offset mismatch between file and model")
_NO_SECOND_STREAM = Status(400, code="BLOB_UPLOAD_INVALID", message="stream uploads are not allowed after the first write")


def _without_range(exchange: FaultExchange) -> Any:
    return without_header(exchange.scope, "range")


def _set_plain_not_found(response: CapturedResponse) -> None:
    response.status = 404
    response.headers["content-type"] = "text/plain; charset=utf-8"
    response.body = b"Not found.\n"


@attrs.frozen
class UploadFiles:
    """An effect that stores uploads as Gitea does: the bytes in a file, and their number in the database after each request.

    If a request with bytes is interrupted, the file is longer than the number says. From then on, each request with bytes is
    answered with 500, and the status of the upload has the old number. A chunk without Content-Range is accepted only as the
    first one.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send an error for a dead session or a second stream; otherwise call the registry, and note what it has received."""
        call, numbers = exchange.request, exchange.registry.numbers
        size, dead = _SIZE + call.path, _DEAD + call.path
        if call.method == "GET":
            await self._send_status(exchange, app, int(numbers.get(size, 0)))
            return
        if call.method == "DELETE":
            numbers.pop(size, None)
            numbers.pop(dead, None)
            await app(exchange.scope, exchange.receive, exchange.send)
            return
        refusal = _MISMATCH if dead in numbers else None
        if refusal is None and call.method == "PATCH" and numbers.get(size) and "content-range" not in call.headers:
            refusal = _NO_SECOND_STREAM
        if refusal is not None:
            await read_body(exchange.receive)
            await refusal.play(exchange, app)
            return
        received, is_complete = 0, False

        async def receive() -> Message:
            nonlocal received, is_complete
            message = await exchange.receive()
            received += len(message.get("body", b""))
            is_complete = is_complete or (message["type"] == "http.request" and not message.get("more_body", False))
            return message

        def note(head: CapturedResponse) -> None:
            if head.status == 202:
                numbers[size] = numbers.get(size, 0) + received

        try:
            await app(exchange.scope, receive, change_head(exchange.send, note))
        finally:
            if received and not is_complete:
                numbers[dead] = 1

    async def _send_status(self, exchange: FaultExchange, app: ASGIApp, size: int) -> None:
        """Send the number of received bytes, as the last byte of a range, without a location."""

        def change(head: CapturedResponse) -> None:
            if head.status == 204:
                head.headers["range"] = f"0-{size}"
                del head.headers["location"]

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


GITEA = RegistryProfile(
    name="gitea",
    settings=RegistrySettings(token_path="/v2/token"),
    quirks=(
        RegistryQuirk("token-path", "The token service is at /v2/token.", _ROUTES),
        RegistryQuirk(
            "no-post-for-tokens",
            "Tokens are issued by GET only: a POST is answered with 404.",
            _ROUTES,
            (always(Status(404), "post_token"),),
        ),
        RegistryQuirk(
            "dead-session",
            "After an interrupted request, an upload answers 500 to all bytes, and its status has the number of before.",
            "gitea, services/packages/container/blob_uploader.go",
            (always(UploadFiles(), UPLOAD_SESSION_OPERATIONS),),
        ),
        RegistryQuirk(
            "status-counts-one-more",
            "The status of an upload states one byte more than was received, and has no Location.",
            _HANDLERS,
        ),
        RegistryQuirk(
            "one-stream",
            "A second chunk without Content-Range is answered with 400.",
            "sdk-container-builds#471",
        ),
        RegistryQuirk(
            "no-ranges",
            "A request for a part of a blob is answered with the whole blob.",
            _HANDLERS,
            (
                always(ChangeRequest(_without_range), "create_blob_read_stream"),
                always(SetHeader("accept-ranges", None), "create_blob_read_stream"),
            ),
        ),
        RegistryQuirk(
            "no-referrers",
            "The referrers API is not supported: 404, in plain text.",
            _ROUTES,
            (
                always(ChangeResponse({200, 400, 404}, _set_plain_not_found), "list_referrers"),
                always(SetHeader("oci-subject", None), "put_manifest"),
            ),
        ),
    ),
)
