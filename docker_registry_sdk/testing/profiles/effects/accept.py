"""Manifests that are sent only to who names their media type, as by Distribution 2."""

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.answers import Answer, catch_answer
from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.faults.refusals import Status
from docker_registry_sdk.testing.profiles.effects.requests import with_path
from docker_registry_sdk.testing.v2.manifest_types import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

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
