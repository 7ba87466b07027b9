"""Endless listings, and invalid names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from docker_registry_sdk.client import pages
from docker_registry_sdk.errors import InvalidReferenceError, NotFoundError, RegistryError
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of

pytestmark = pytest.mark.anyio


def page(handler: Handler, link: str, entries: int = 1) -> None:
    """Answer with a page that links to a next page."""
    body = json.dumps({"name": "a", "tags": ["t"] * entries}).encode()
    handler.reply(200, body, Content_Type="application/json", Link=f'<{link}>; rel="next"')


@pytest.mark.parametrize("links", [["/v2/a/tags/list?last=1"], ["/v2/a/tags/list?last=1", "/v2/a/tags/list?last=2"]])
async def test_a_circle_of_pages_is_cut(registry: Loopback, links: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_ENTRIES", 100)
    registry.answer = lambda handler: page(handler, links[len(registry.seen) % len(links)])
    async with client_of(registry) as client:
        with pytest.raises(RegistryError, match="read before"):
            [one async for one in client.iter_tags()]
    assert len(registry.seen) <= 4


async def test_endless_pages_are_cut(registry: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGES", 20)
    registry.answer = lambda handler: page(handler, f"/v2/a/tags/list?last={len(registry.seen)}")
    async with client_of(registry) as client:
        with pytest.raises(RegistryError, match="the limits are"):
            [one async for one in client.iter_tags()]
    assert len(registry.seen) <= 22


async def test_endless_entries_are_cut(registry: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_ENTRIES", 1000)
    registry.answer = lambda handler: page(handler, f"/v2/a/tags/list?last={len(registry.seen)}", 300)
    async with client_of(registry) as client:
        with pytest.raises(RegistryError, match="the limits are"):
            [one async for one in client.iter_tags()]
    assert len(registry.seen) <= 5


@pytest.mark.parametrize("listing", ["tags", "repositories", "referrers"])
async def test_endless_bytes_are_cut(registry: Loopback, monkeypatch: pytest.MonkeyPatch, listing: str) -> None:
    """A page may have 16 MiB, and a list of all entries keeps all pages in memory."""
    monkeypatch.setattr(pages, "MAX_LISTING_BYTES", 10_000)
    digest = "sha256:" + "0" * 64
    descriptor = {"mediaType": "x/y", "digest": digest, "size": 2, "annotations": {"a": "b" * 3000}}
    fields = {"name": "a", "tags": ["t" * 3000], "repositories": ["t" * 3000], "manifests": [descriptor], "schemaVersion": 2}

    def answer(handler: Handler) -> None:
        kind = "application/vnd.oci.image.index.v1+json" if listing == "referrers" else "application/json"
        link = f'<{handler.path.partition("?")[0]}?last={len(registry.seen)}>; rel="next"'
        handler.reply(200, json.dumps(fields).encode(), Content_Type=kind, Link=link)

    registry.answer = answer
    async with client_of(registry) as client:
        calls: dict[str, Callable[[], Any]] = {
            "tags": client.list_tags,
            "repositories": client.list_repositories,
            "referrers": lambda: client.list_referrers(digest),
        }
        with pytest.raises(RegistryError, match="the limits are"):
            await calls[listing]()
    assert len(registry.seen) <= 5


@pytest.mark.parametrize(
    "ref", ["a\r\nX-Evil: y", "a b", "../../b/manifests/c", "a?b", "a#b", "a%2e", "\x1b[2J", "a\x00", "é", "", "sha256:../x"]
)
async def test_an_invalid_name_is_not_sent(registry: Loopback, ref: str) -> None:
    async with client_of(registry) as client:
        with pytest.raises(InvalidReferenceError) as caught:
            await client.get_manifest(ref)
    assert str(caught.value).isprintable()
    assert registry.seen == []


async def test_text_of_the_registry_cannot_forge_log_lines(registry: Loopback) -> None:
    words = "gone\r\nERROR root: forged\x1b[2J\u202e"
    body = json.dumps({"errors": [{"code": "X\nY", "message": words}]}).encode()
    registry.answer = lambda handler: handler.reply(404, body, Content_Type="application/json")
    async with client_of(registry) as client:
        with pytest.raises(NotFoundError) as caught:
            await client.list_tags()
    assert str(caught.value).isprintable()
