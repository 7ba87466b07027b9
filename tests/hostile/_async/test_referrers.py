"""Endless referrers, referrers from other origins, and invalid referrers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docker_registry_sdk.client import pages
from docker_registry_sdk.errors import NotFoundError, ParseError, ReferrersError, RegistryError, ResponseError
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.support.images import descriptor, digest_of

pytestmark = pytest.mark.anyio

SUBJECT = digest_of(b"subject")
ONE = descriptor(OCI_MANIFEST, b"one") | {"artifactType": "a/b"}


def page(handler: Handler, link: str | None, entries: int = 1) -> None:
    """Answer with a page of referrers."""
    body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [ONE] * entries}).encode()
    handler.reply(200, body, Content_Type=OCI_INDEX, **({"Link": f'<{link}>; rel="next"'} if link else {}))


def fallback(registry: Loopback, body: bytes, media_type: str = OCI_INDEX, **headers: str) -> None:
    """Let the registry have no referrers API, and answer with this body for every tag."""

    def answer(handler: Handler) -> None:
        if "/referrers/" in handler.path:
            handler.reply(404)
        else:
            handler.reply(200, body, Content_Type=media_type, **headers)

    registry.answer = answer


@pytest.mark.parametrize("artifact_type", [None, "a/b", "c/d"])
async def test_endless_pages_are_cut(registry: Loopback, monkeypatch: pytest.MonkeyPatch, artifact_type: str | None) -> None:
    monkeypatch.setattr(pages, "MAX_PAGES", 20)
    registry.answer = lambda handler: page(handler, f"/v2/a/referrers/{SUBJECT}?last={len(registry.seen)}")
    async with client_of(registry) as client:
        with pytest.raises(RegistryError, match="the limits are"):
            [one async for one in client.iter_referrers(SUBJECT, artifact_type=artifact_type)]
    assert len(registry.seen) <= 22


@pytest.mark.parametrize("link", ["http://evil.example.com/x", "//evil.example.com/x"])
async def test_pages_on_another_origin_are_not_followed(registry: Loopback, evil: Loopback, link: str) -> None:
    registry.answer = lambda handler: page(handler, link)
    async with client_of(registry) as client:
        with pytest.raises(RegistryError, match="another origin"):
            [one async for one in client.iter_referrers(SUBJECT)]
    assert evil.seen == []


async def test_a_missing_later_page_does_not_start_the_fallback(registry: Loopback) -> None:
    def answer(handler: Handler) -> None:
        if "last=" in handler.path:
            handler.reply(404)
        else:
            page(handler, f"/v2/a/referrers/{SUBJECT}?last=1")

    registry.answer = answer
    async with client_of(registry) as client:
        with pytest.raises(NotFoundError):
            [one async for one in client.iter_referrers(SUBJECT)]
    assert not any("/manifests/" in request.target for request in registry.seen)


@pytest.mark.parametrize(
    ("body", "media_type", "error"),
    [
        (b"", OCI_INDEX, ParseError),
        (b"[]", OCI_INDEX, ParseError),
        (b'{"schemaVersion": 2, "manifests": [{}]}', OCI_INDEX, ParseError),
        (b'{"schemaVersion": 2, "manifests": [], "layers": []}', OCI_INDEX, ParseError),
        (b"<html>", "text/html", ResponseError),
        (json.dumps({"schemaVersion": 2, "config": ONE, "layers": []}).encode(), OCI_MANIFEST, ReferrersError),
        (b" " * (4 * 1024 * 1024 + 1), OCI_INDEX, ResponseError),
    ],
    ids=["nothing", "list", "no-descriptor", "two-kinds", "html", "manifest", "large"],
)
async def test_an_invalid_fallback_list_is_an_error(
    registry: Loopback, body: bytes, media_type: str, error: type[Exception]
) -> None:
    fallback(registry, body, media_type)
    async with client_of(registry) as client:
        with pytest.raises(error):
            [one async for one in client.iter_referrers(SUBJECT)]


async def test_a_fallback_list_with_another_digest_in_its_header_is_an_error(registry: Loopback) -> None:
    """The bytes are hashed even if the header Docker-Content-Digest names the subject."""
    body = json.dumps({"schemaVersion": 2, "manifests": [ONE]}).encode()
    fallback(registry, body, Docker_Content_Digest=SUBJECT)
    async with client_of(registry) as client:
        with pytest.raises(RegistryError, match="the bytes have the digest sha256:"):
            [one async for one in client.iter_referrers(SUBJECT)]


@pytest.mark.parametrize("answer", [{"manifests": None}, {"manifests": []}])
async def test_a_list_without_manifests_is_empty(registry: Loopback, answer: dict[str, Any]) -> None:
    fallback(registry, json.dumps({"schemaVersion": 2, **answer}).encode())
    async with client_of(registry) as client:
        assert [one async for one in client.iter_referrers(SUBJECT)] == []
