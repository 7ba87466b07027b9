"""DNS rebinding: names that resolve to public addresses for the check, and to private ones for the connection."""

from __future__ import annotations

import pytest

from docker_registry_sdk.errors import TransportError
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import at, demand
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of
from tests.support.internet import Internet, pretend_internet

pytestmark = pytest.mark.anyio

REGISTRY, OTHER = "93.184.216.34", "93.184.216.35"


@pytest.fixture(autouse=True)
def internet(names: None, monkeypatch: pytest.MonkeyPatch) -> Internet:
    """The other host has a public address at its first lookup, which is unreachable at first, and a private one afterwards."""
    internet = pretend_internet(
        monkeypatch, registry_example_com=REGISTRY, storage_example_com="127.0.0.1", localhost="127.0.0.1"
    )
    internet.names["other.example.com"] = [(OTHER,), ("127.0.0.1",)]
    internet.unreachable.add(OTHER)
    return internet


def ask_for_a_token(registry: Loopback, evil: Loopback) -> None:
    """Let the challenge of the registry name a token service on the other host."""
    realm = f"{at(evil, 'other.example.com')}/token"

    def answer(handler: Handler) -> None:
        if not demand(handler, f'Bearer realm="{realm}"'):
            handler.reply(200, b'{"name":"a","tags":["1"]}', Content_Type="application/json")

    registry.answer = answer
    evil.answer = lambda handler: handler.reply(200, b'{"token": "t"}', Content_Type="application/json")


async def test_a_token_is_requested_from_the_checked_address(registry: Loopback, evil: Loopback, internet: Internet) -> None:
    ask_for_a_token(registry, evil)
    async with client_of(registry) as client:
        with pytest.raises(TransportError):
            await client.list_tags()
        assert evil.seen == []
        internet.unreachable.clear()
        assert await client.list_tags() == ["1"]
    assert evil.seen[0].headers["host"].startswith("other.example.com:")


@pytest.mark.parametrize("name", ["get_blob", "list_tags", "start_blob_upload", "put_blob"])
async def test_other_origins_are_connected_to_at_the_checked_address(
    registry: Loopback, evil: Loopback, internet: Internet, name: str
) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            uploads = handler.command == "POST" and name == "put_blob"
            handler.reply(202 if uploads else 307, Location=f"{at(evil, 'other.example.com')}/x")

    registry.answer = answer
    evil.answer = lambda handler: handler.reply(
        200 if handler.command == "GET" else 202 if handler.command == "POST" else 201,
        b"hello" if name == "get_blob" else b'{"name":"a","tags":["1"]}',
        Content_Type="application/json",
        Location="/y",
    )

    async def run() -> None:
        async with client_of(registry) as client:
            if name == "get_blob":
                await read_blob(client, digest_of(b"hello"))
            elif name == "put_blob":
                await client.complete_blob_upload(await client.start_blob_upload(), digest_of(b""))
            elif name == "list_tags":
                await client.list_tags()
            else:
                await client.start_blob_upload()

    with pytest.raises(TransportError):
        await run()
    assert evil.seen == []
    internet.unreachable.clear()
    internet.names["other.example.com"] = [(OTHER,), ("127.0.0.1",)]
    await run()
    assert len(evil.seen) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "storage.example.com", "localhost"])
async def test_a_public_registry_does_not_lead_into_the_callers_network(registry: Loopback, evil: Loopback, host: str) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(307, Location=f"{at(evil, host)}/x")

    registry.answer = answer
    async with client_of(registry) as client:
        with pytest.raises(TransportError, match="in a private network"):
            await read_blob(client, digest_of(b"hello"))
    assert evil.seen == []


async def test_a_host_is_not_resolved_again_for_each_blob(registry: Loopback, evil: Loopback, internet: Internet) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(307, Location=f"{at(evil, 'other.example.com')}/x")

    registry.answer = answer
    evil.answer = lambda handler: handler.reply(200, b"hello")
    internet.unreachable.clear()
    async with client_of(registry) as client:
        for _ in range(3):
            await read_blob(client, digest_of(b"hello"))
    assert internet.lookups.count("other.example.com") == 1
    assert len(evil.seen) == 3
