"""Clients of API v2 ignore cookies."""

from __future__ import annotations

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from tests.core.wire.loopback import Handler, run_loopback

pytestmark = pytest.mark.anyio


async def test_a_cookie_is_never_sent_back() -> None:
    def answer(handler: Handler) -> None:
        if handler.path == "/v2/" and len(server.seen) == 1:
            handler.reply(307, Location="/v2/?again", Set_Cookie="session=x; Path=/")
        else:
            handler.reply(200, b"{}", Set_Cookie="sid=y; Path=/")

    with run_loopback(answer) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a") as client:
            for _ in range(3):
                await client.ping()
    assert len(server.seen) == 4
    assert not any("cookie" in seen.headers for seen in server.seen)
