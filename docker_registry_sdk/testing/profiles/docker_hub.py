"""The profile of Docker Hub."""

import asyncio
import json
from collections.abc import Sequence

import attrs
from starlette.types import ASGIApp, Scope

from docker_registry_sdk.testing.faults.exchange import FaultExchange, RegistryState, RequestInfo
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status, change_head, send_json
from docker_registry_sdk.testing.profiles.effects import ChangeHead, ChangeRequest, RefuseScopes
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, RegistryQuirk, always
from docker_registry_sdk.testing.profiles.requests import without_credentials, without_fields
from docker_registry_sdk.testing.settings import RegistrySettings
from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.v2.access import Access
from docker_registry_sdk.testing.v2.manifests import read_manifest
from docker_registry_sdk.testing.v2.names import is_digest

PULL_LIMIT = 100
PULL_WINDOW_SECONDS = 21600

_API_REFERENCE = "docs.docker.com/reference/api/registry/latest"
_USED = "rate_limit.used"
_SINCE = "rate_limit.since"


@attrs.frozen
class RateLimit:
    """An effect that limits the number of manifest pulls of all clients together in a time window. HEAD requests are not counted.

    A window begins with the first request after the end of the previous window. When the limit is reached, a pull is answered
    with 429. `Retry-After` is then not a number of seconds to wait, but the end of the window in seconds since 1970, as Docker
    Hub sends it.

    Args:
        limit: The maximum number of pulls in a window.
        window: The length of a window in seconds.
    """

    limit: int
    window: int

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send 429 if the request is a pull and the limit is reached. Otherwise, count a pull, and call the registry."""
        numbers, now = exchange.registry.numbers, exchange.registry.clock.now()
        if now >= numbers.get(_SINCE, float("-inf")) + self.window:
            numbers[_SINCE], numbers[_USED] = now, 0
        if exchange.request.method == "GET":
            if numbers[_USED] >= self.limit:
                await self._send_limit_error(exchange, int(numbers[_SINCE] + self.window) + 1)
                return
            numbers[_USED] += 1

        def change(head: CapturedResponse) -> None:
            head.headers.update(self._headers(exchange))

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))

    async def _send_limit_error(self, exchange: FaultExchange, until: int) -> None:
        error = {"code": "TOOMANYREQUESTS", "message": "the pull limit is reached"}
        headers = {**self._headers(exchange), "retry-after": str(until)}
        await send_json(exchange.send, 429, {"errors": [error]}, headers)

    def _headers(self, exchange: FaultExchange) -> dict[str, str]:
        remaining = self.limit - int(exchange.registry.numbers[_USED])
        return {"ratelimit-limit": f"{self.limit};w={self.window}", "ratelimit-remaining": f"{remaining};w={self.window}"}


@attrs.frozen
class RefuseReferenced:
    """An effect that answers the deletion of a manifest with 403 while a tag or an index in the repository refers to it."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send 403 if a tag or an index refers to the manifest. Otherwise, call the registry."""
        name, _, digest = exchange.request.path.removeprefix("/v2/").rpartition("/manifests/")
        if await asyncio.to_thread(_is_referenced, exchange.registry.storage, name, digest):
            await Status(403, message="the manifest is still referenced").play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


def _is_referenced(storage: RegistryStorage, name: str, digest: str) -> bool:
    repository = storage.load(name)
    if repository is None:
        return False
    if digest in repository.tags.values():
        return True
    documents = (json.loads(read_manifest(storage, record)) for record in repository.manifests.values())
    return any(child.get("digest") == digest for document in documents for child in document.get("manifests") or ())


def _is_by_tag(call: RequestInfo) -> bool:
    return not is_digest(call.path.rpartition("/")[2])


def _has_bearer(call: RequestInfo) -> bool:
    return call.headers.get("authorization", "").lower().startswith("bearer ")


def _is_long_name(name: str) -> bool:
    return name.count("/") > 1


def _mounts_from_long_name(call: RequestInfo) -> bool:
    return "mount" in call.query and _is_long_name(call.query.get("from", ""))


def _requests_long_name(requested: Sequence[Access], _: RegistryState) -> bool:
    return any(access.type == "repository" and _is_long_name(access.name) for access in requested)


def _add_insufficient_scope(response: CapturedResponse) -> None:
    if "www-authenticate" in response.headers:
        response.headers["www-authenticate"] += ',error="insufficient_scope"'


def _without_digest(exchange: FaultExchange) -> Scope:
    return without_fields(exchange.scope, "digest")


DOCKER_HUB = RegistryProfile(
    name="docker-hub",
    settings=RegistrySettings(token_origin="name"),
    quirks=(
        RegistryQuirk("token-service-on-other-host", "The token service is on a different host from the API.", "auth.docker.io"),
        RegistryQuirk("ping-without-scope", "The challenge of a ping names no scope.", "dxf#23"),
        RegistryQuirk(
            "bearer-fails-at-token-service",
            "The token service answers 500 to a request with an old Bearer token.",
            "oras-java#17, oras#846",
            (always(Status(500), ("get_token", "post_token"), when=_has_bearer),),
        ),
        RegistryQuirk(
            "no-catalog",
            "No token allows listing the repositories: even a token for the catalog is answered with 401 and insufficient_scope.",
            "hub-feedback#2094",
            (
                always(ChangeRequest(without_credentials), "list_repositories"),
                always(ChangeHead(_add_insufficient_scope), "list_repositories", when=_has_bearer),
            ),
        ),
        RegistryQuirk(
            "no-delete-by-tag",
            "A tag cannot be deleted: 405.",
            _API_REFERENCE,
            (always(Status(405, message="only digests can be deleted"), "delete_manifest", when=_is_by_tag),),
        ),
        RegistryQuirk(
            "no-delete-of-referenced",
            "A manifest to which a tag or an index refers cannot be deleted: 403.",
            _API_REFERENCE,
            (always(RefuseReferenced(), "delete_manifest"),),
        ),
        RegistryQuirk(
            "no-blob-delete",
            "A blob cannot be deleted: 405.",
            f"dxf#25, {_API_REFERENCE}",
            (always(Status(405, message="blobs cannot be deleted"), "delete_blob"),),
        ),
        RegistryQuirk(
            "long-names-refused",
            "If a repository name has more than two parts, a token request for it and a mount from it are answered with 400.",
            "ggcr#1679, ggcr#1741",
            (
                always(
                    RefuseScopes(_requests_long_name, 400, {"details": "invalid repository name"}), ("get_token", "post_token")
                ),
                always(
                    Status(400, code="NAME_INVALID", message="invalid repository name"),
                    "start_blob_upload",
                    when=_mounts_from_long_name,
                ),
            ),
        ),
        RegistryQuirk(
            "rate-limit-headers",
            "Responses to manifest pulls have the limit and the remaining pulls in ratelimit-limit and ratelimit-remaining.",
            "regclient#711",
            (always(RateLimit(PULL_LIMIT, PULL_WINDOW_SECONDS), ("get_manifest", "head_manifest")),),
        ),
        RegistryQuirk("head-not-counted", "A HEAD of a manifest does not count as a pull.", "regclient#711"),
        RegistryQuirk(
            "retry-after-is-a-time",
            "Beyond the limit, the response is 429 with the time to retry in Retry-After, in seconds since 1970.",
            "hub-feedback#2459",
        ),
        RegistryQuirk(
            "no-single-post",
            "A POST with a digest does not store the blob, but starts an upload: 202.",
            "distribution 2.8, on which Docker Hub is based",
            (always(ChangeRequest(_without_digest), "start_blob_upload"),),
        ),
    ),
)
