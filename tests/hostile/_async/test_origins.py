"""Redirects, upload locations and page links to other origins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import RegistryError, TransportError
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import at, demand
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio

ELSEWHERE = ["registry.example.com", "storage.example.com", "evil.example.net", "localhost"]


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_origin_gets_no_password(registry: Loopback, evil: Loopback, host: str, status: int) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(status, Location=f"{at(evil, host)}/x")

    registry.answer = answer
    evil.answer = lambda handler: handler.reply(200, b"hello")
    async with client_of(registry) as client:
        assert await read_blob(client, digest_of(b"hello")) == b"hello"
    [seen] = evil.seen
    assert not {"authorization", "cookie"} & set(seen.headers)


@pytest.mark.parametrize("host", ELSEWHERE[1:])
async def test_an_upload_location_on_another_origin_gets_no_password(registry: Loopback, evil: Loopback, host: str) -> None:
    location = f"{at(evil, host)}/upload/../x?signed=%2f~"

    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(202 if handler.command == "POST" else 404, Location=location)

    registry.answer = answer
    async with client_of(registry) as client:
        started = await client.start_blob_upload()
        await client.complete_blob_upload(started, digest_of(b""))
    [seen] = evil.seen
    assert seen.target.startswith("/upload/../x?signed=%2f~&digest=")
    assert not {"authorization", "cookie"} & set(seen.headers)


@pytest.mark.parametrize("host", ["storage.example.com", "evil.example.net"])
@pytest.mark.parametrize(
    "pages", [lambda client: client.iter_tags(), lambda client: client.iter_repositories()], ids=["tags", "repositories"]
)
async def test_a_page_link_to_another_origin_is_not_followed(
    registry: Loopback, evil: Loopback, host: str, pages: Callable[[AsyncRegistryClientV2], AsyncIterator[str]]
) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            body = b'{"name": "a", "tags": ["1"], "repositories": ["a"]}'
            handler.reply(
                200, body, Content_Type="application/json", Link=f'<{at(evil, host)}/v2/a/tags/list?last=1>; rel="next"'
            )

    registry.answer = answer
    async with client_of(registry) as client:
        with pytest.raises(RegistryError, match="another origin"):
            [one async for one in pages(client)]
    assert evil.seen == []


@pytest.mark.parametrize("host", ["registry.example.com", "localhost", "registry", "10.0.0.1", "[::1]"])
async def test_a_page_link_that_means_the_registry_itself_stays_on_its_origin(
    registry: Loopback, evil: Loopback, host: str
) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            body, link = b'{"name": "a", "tags": ["1"]}', f'<{at(evil, host)}/v2/a/tags/list?last=1>; rel="next"'
            last = "last=1" in handler.path
            handler.reply(200, body, Content_Type="application/json", **({} if last else {"Link": link}))

    registry.answer = answer
    async with client_of(registry) as client:
        assert [one async for one in client.iter_tags()] == ["1", "1"]
    assert evil.seen == []


async def test_an_upload_location_on_the_registrys_own_host_stays_on_its_origin(registry: Loopback, evil: Loopback) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            status = {"POST": 202, "PUT": 201}.get(handler.command, 404)
            handler.reply(status, Location=f"{at(evil, 'registry.example.com')}/upload/../x?signed=%2f~")

    registry.answer = answer
    async with client_of(registry) as client:
        started = await client.start_blob_upload()
        await client.complete_blob_upload(started, digest_of(b""))
    assert registry.seen[-1].target.startswith("/upload/../x?signed=%2f~&digest=")
    assert evil.seen == []


@pytest.mark.parametrize("host", ["registry.example.com", "evil.example.net"])
async def test_from_https_no_redirect_leads_to_http(secure: Loopback, evil: Loopback, tmp_path: Path, host: str) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(307, Location=f"{at(evil, host)}/x")

    secure.answer = answer
    async with client_of(secure, ca_file=tmp_path / "ca.pem") as client:
        with pytest.raises(TransportError, match="leads to plain http"):
            await read_blob(client, digest_of(b"hello"))
    assert evil.seen == []


async def test_from_https_no_upload_goes_to_http(secure: Loopback, evil: Loopback, tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(202, Location=f"{at(evil, 'upload.example.com')}/x")

    secure.answer = answer
    async with client_of(secure, ca_file=tmp_path / "ca.pem") as client:
        started = await client.start_blob_upload()
        with pytest.raises(TransportError, match="leads to plain http"):
            await client.upload_blob_chunk(started, b"hello")
    assert evil.seen == []


async def test_endless_redirects_are_cut(registry: Loopback) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(307, Location=f"/x/{len(registry.seen)}")

    registry.answer = answer
    async with client_of(registry) as client:
        with pytest.raises(TransportError, match="more than 5 redirects"):
            await client.list_tags()
    assert len(registry.seen) == 7


async def test_a_cookie_is_never_sent(registry: Loopback) -> None:
    registry.answer = lambda handler: handler.reply(200, b"{}", Set_Cookie="sid=1; Path=/; Domain=example.com")
    async with client_of(registry) as client:
        await client.ping()
        await client.ping()
    assert not any("cookie" in seen.headers for seen in registry.seen)
