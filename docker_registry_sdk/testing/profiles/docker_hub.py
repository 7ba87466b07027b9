"""Docker Hub."""

from collections.abc import Sequence

import attrs
from starlette.types import ASGIApp, Scope

from docker_registry_sdk.testing.faults.exchange import Call, Exchange, Site
from docker_registry_sdk.testing.faults.fault import Fault, Share
from docker_registry_sdk.testing.faults.responses import Answer, Status, answer_json, changing_heads
from docker_registry_sdk.testing.profiles.effects import ChangeAnswer, ChangeHead, ChangeRequest, RefuseScopes
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always
from docker_registry_sdk.testing.profiles.requests import without_fields, without_header
from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.v2.access import Access

LIMIT = 100
WINDOW = 21600


def _has_bearer(call: Call) -> bool:
    return call.headers.get("authorization", "").lower().startswith("bearer ")


def _mounts_foreign(call: Call) -> bool:
    return "mount" in call.query and _is_foreign(call.query.get("from", ""))


def _is_foreign(name: str) -> bool:
    return name.count("/") > 1


def _asks_for_foreign(wanted: Sequence[Access], _: Site) -> bool:
    return any(access.type == "repository" and _is_foreign(access.name) for access in wanted)


def _call_insufficient(answer: Answer) -> None:
    if "www-authenticate" in answer.headers:
        answer.headers["www-authenticate"] += ',error="insufficient_scope"'


def _forget(answer: Answer) -> None:
    answer.set_json({**answer.json(), "manifests": []})


def _without_credentials(exchange: Exchange) -> Scope:
    return without_header(exchange.scope, "authorization")


def _without_digest(exchange: Exchange) -> Scope:
    return without_fields(exchange.scope, "digest")


_USED = "rate_limit.used"
_SINCE = "rate_limit.since"


@attrs.frozen
class RateLimit:
    """Manifests can be pulled so many times in a while; a HEAD is free.

    Beyond the limit, `Retry-After` holds the time at which the limit is lifted, in seconds since 1970.

    Args:
        limit: How many times.
        window: In how many seconds.
    """

    limit: int
    window: int

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Count the request, and let the registry answer unless there are too many."""
        numbers, now = exchange.site.numbers, exchange.site.clock.now()
        if now >= numbers.get(_SINCE, float("-inf")) + self.window:
            numbers[_SINCE], numbers[_USED] = now, 0
        if exchange.call.method == "GET":
            if numbers[_USED] >= self.limit:
                await self._refuse(exchange, int(numbers[_SINCE] + self.window) + 1)
                return
            numbers[_USED] += 1

        def change(head: Answer) -> None:
            head.headers.update(self._headers(exchange))

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))

    async def _refuse(self, exchange: Exchange, until: int) -> None:
        error = {"code": "TOOMANYREQUESTS", "message": "the limit of pulls is reached"}
        headers = {**self._headers(exchange), "retry-after": str(until)}
        await answer_json(exchange.send, 429, {"errors": [error]}, headers)

    def _headers(self, exchange: Exchange) -> dict[str, str]:
        remaining = self.limit - int(exchange.site.numbers[_USED])
        return {"ratelimit-limit": f"{self.limit};w={self.window}", "ratelimit-remaining": f"{remaining};w={self.window}"}


DOCKER_HUB = Profile(
    name="docker-hub",
    settings=Settings(token_origin="name"),
    quirks=(
        Quirk("token-service-elsewhere", "The token service is on another host than the API.", "auth.docker.io"),
        Quirk("ping-without-scope", "The challenge of a ping names no scope.", "dxf#23"),
        Quirk(
            "old-bearer-breaks-token-service",
            "The token service answers 500 when an old Bearer token is sent to it.",
            "oras-java#17, oras#846",
            (always(Status(500), ("get_token", "post_token"), when=_has_bearer),),
        ),
        Quirk(
            "no-catalog",
            "No token suffices to list the repositories: even one for it is answered with 401 and insufficient_scope.",
            "hub-feedback#2094",
            (
                always(ChangeRequest(_without_credentials), "list_repositories"),
                always(ChangeHead(_call_insufficient), "list_repositories", when=_has_bearer),
            ),
        ),
        Quirk(
            "no-delete",
            "Manifests and blobs cannot be deleted: 405.",
            "dxf#25, hub-feedback#2360",
            (always(Status(405, message="deleting is not supported"), ("delete_manifest", "delete_blob")),),
        ),
        Quirk(
            "foreign-names-refused",
            "A scope or a mount from a repository with more than two parts in its name is answered with 400.",
            "ggcr#1679, ggcr#1741",
            (
                always(RefuseScopes(_asks_for_foreign, 400, {"details": "invalid repository name"}), ("get_token", "post_token")),
                always(
                    Status(400, code="NAME_INVALID", message="invalid repository name"), "start_blob_upload", when=_mounts_foreign
                ),
            ),
        ),
        Quirk(
            "rate-limit-headers",
            "Pulls of manifests tell in ratelimit-limit and ratelimit-remaining how many are left.",
            "regclient#711",
            (always(RateLimit(LIMIT, WINDOW), ("get_manifest", "head_manifest")),),
        ),
        Quirk("head-is-free", "A HEAD of a manifest does not count as a pull.", "regclient#711"),
        Quirk(
            "retry-after-is-a-time",
            "Beyond the limit it answers 429, with the seconds since 1970 at which to come back in Retry-After.",
            "hub-feedback#2459",
        ),
        Quirk(
            "referrers-get-lost",
            "A list of referrers comes empty at first; the next time it is right, and so on in turns.",
            "hub-feedback#2372",
            (Fault(ChangeAnswer({200}, _forget), operation="list_referrers", times=None, share=Share(1, in_a_row=1)),),
        ),
        Quirk(
            "no-single-post",
            "A POST with a digest only begins an upload: 202.",
            "distribution 2.8, which it is made of",
            (always(ChangeRequest(_without_digest), "start_blob_upload"),),
        ),
    ),
)
