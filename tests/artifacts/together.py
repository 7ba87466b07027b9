"""An effect that shows how many requests the embedded registry answers at the same time."""

from __future__ import annotations

import asyncio
from typing import Any

from docker_registry_sdk.testing.faults import FaultExchange


class Together:
    """An effect that holds requests until a number of them have arrived, or for 5 seconds.

    Args:
        count: The number of requests.

    Attributes:
        most: The greatest number of requests at the same time so far.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._running = self.most = 0

    async def play(self, exchange: FaultExchange, app: Any) -> None:
        """Hold the request, and call the registry."""
        self._running += 1
        self.most = max(self.most, self._running)
        try:
            for _ in range(500):
                if self.most >= self._count:
                    break
                await asyncio.sleep(0.01)
            await app(exchange.scope, exchange.receive, exchange.send)
        finally:
            self._running -= 1
