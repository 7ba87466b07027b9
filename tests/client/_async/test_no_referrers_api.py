"""Registries without the referrers API answer in many ways; then the referrers come from the fallback tag."""

from __future__ import annotations

import json

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.client.fallback import fallback_tag
from docker_registry_sdk.errors import ParseError, StatusError
from tests.client._async.conftest import AsyncConnect
from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.images import OCI_INDEX, OCI_MANIFEST

pytestmark = pytest.mark.anyio
SUBJECT = "sha256:" + "ab" * 32
REFERRER = {"mediaType": OCI_MANIFEST, "digest": "sha256:" + "cd" * 32, "size": 3, "artifactType": "x/y"}
INDEX = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [REFERRER]}


def answer_with(loopback: Loopback, status: int, body: bytes = b"", **headers: str) -> None:
    """Let a registry answer requests for referrers so, and have an index under the fallback tag."""

    def answer(handler: Handler) -> None:
        if "/referrers/" in handler.path:
            handler.reply(status, body, **headers)
        elif handler.path.endswith(f"/manifests/{fallback_tag(SUBJECT)}"):
            handler.reply(200, json.dumps(INDEX).encode(), Content_Type=OCI_INDEX)
        else:
            handler.reply(404)

    loopback.answer = answer


async def digests(client: AsyncRegistryClientV2) -> list[str]:
    return [str(one.digest) async for one in client.iter_referrers(SUBJECT)]


@pytest.mark.parametrize("redirect", [302, 303])
@pytest.mark.parametrize("status", [200, 401, 403, 404, 406, 410, 429, 500])
async def test_a_redirect_to_a_web_page_of_another_host(
    connect_to: AsyncConnect, loopback: Loopback, status: int, redirect: int
) -> None:
    with run_loopback(lambda handler: handler.reply(status, b"<html>", Content_Type="text/html", Retry_After="60")) as web:
        page = web.url.replace("127.0.0.1", "localhost")
        answer_with(loopback, redirect, Location=f"{page}/-/v2/packages/container/package/a%2Fb%2Freferrers%2Fsha256")
        client = await connect_to(loopback.url, max_retries=0)
        assert await digests(client) == [REFERRER["digest"]]
        assert len(web.seen) == (redirect == 302)  # GHCR sends 303, which is not followed


@pytest.mark.parametrize(
    ("status", "body", "media_type"),
    [
        (200, b"", None),
        (200, b'{"errors": []}', "application/json"),
        (200, b"[]", OCI_INDEX),
        (200, b"<html>", "text/html"),
        (204, b"", None),
        (202, b"{}", OCI_INDEX),
        (400, b"", None),
        (405, b"", None),
        (410, b"", None),
        (414, b"", None),
        (422, b"", None),
        (501, b"", None),
    ],
)
async def test_a_response_without_an_index(
    connect_to: AsyncConnect, loopback: Loopback, status: int, body: bytes, media_type: str | None
) -> None:
    answer_with(loopback, status, body, **({} if media_type is None else {"Content_Type": media_type}))
    client = await connect_to(loopback.url, max_retries=0)
    assert await digests(client) == [REFERRER["digest"]]


async def test_an_index_without_entries_is_an_answer(connect_to: AsyncConnect, loopback: Loopback) -> None:
    answer_with(loopback, 200, json.dumps({**INDEX, "manifests": None}).encode(), Content_Type=OCI_INDEX)
    client = await connect_to(loopback.url)
    assert await digests(client) == []


async def test_a_malformed_index_and_failures_of_the_registry_are_errors(connect_to: AsyncConnect, loopback: Loopback) -> None:
    client = await connect_to(loopback.url, max_retries=0)
    for document in ({"manifests": [REFERRER]}, {**INDEX, "manifests": [{**REFERRER, "size": "3"}]}):
        answer_with(loopback, 200, json.dumps(document).encode(), Content_Type=OCI_INDEX)
        with pytest.raises(ParseError):
            await digests(client)
    for status in (401, 403, 429, 500, 503):
        answer_with(loopback, status)
        with pytest.raises(StatusError):
            await digests(client)
