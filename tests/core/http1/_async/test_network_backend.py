"""The connections of httpx, of which the client sees each address."""

from __future__ import annotations

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import TransportError
from tests.core.wire.loopback import run_loopback
from tests.support.internet import pretend_internet

pytestmark = pytest.mark.anyio

FIRST, SECOND = "93.184.216.34", "93.184.216.35"


async def test_the_next_address_is_tried_if_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    internet = pretend_internet(monkeypatch)
    internet.names["registry.example.com"] = [(FIRST, SECOND)]
    internet.unreachable.add(FIRST)
    with run_loopback(lambda handler: handler.reply(200, b"{}")) as server:
        url = server.url.replace("127.0.0.1", "registry.example.com")
        async with AsyncRegistryClientV2(f"{url}/a", max_retries=0) as client:
            await client.ping()
            assert client._pipeline.registry.address == SECOND
            assert internet.connected == [FIRST, SECOND]
            internet.unreachable.add(SECOND)
            await client.ping()  # on the same connection
    assert internet.connected == [FIRST, SECOND]


@pytest.mark.parametrize("names", [{}, {"registry.example.com": [(FIRST, SECOND)]}], ids=["no name", "no route"])
async def test_the_failure_is_a_transport_error(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[tuple[str, ...]]]) -> None:
    internet = pretend_internet(monkeypatch)
    internet.names.update(names)
    internet.unreachable.update((FIRST, SECOND))
    async with AsyncRegistryClientV2("http://registry.example.com/a", max_retries=0) as client:
        with pytest.raises(TransportError):
            await client.ping()
