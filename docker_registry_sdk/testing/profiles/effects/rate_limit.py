"""A limit of pulls, as Docker Hub has it."""

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.answers import Answer, answer_json, changing_heads
from docker_registry_sdk.testing.faults.exchange import Exchange

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
