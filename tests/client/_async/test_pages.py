"""Listings with many pages, and pages that link to other origins, to each other, or without end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.client import pages
from docker_registry_sdk.errors import RegistryError
from docker_registry_sdk.testing import RegistrySettings
from tests.client._async.conftest import AsyncConnect
from tests.client.conftest import StartRegistry, options_of
from tests.core.wire.loopback import Handler, Loopback
from tests.support.images import OCI_INDEX, OCI_MANIFEST, digest_of, make_image
from tests.support.stored import store

pytestmark = pytest.mark.anyio
SUBJECT = "sha256:" + "0" * 64
LISTINGS: dict[str, Callable[[AsyncRegistryClientV2], AsyncIterator[object]]] = {
    "tags": lambda client: client.iter_tags(),
    "repositories": lambda client: client.iter_repositories(),
    "referrers": lambda client: client.iter_referrers(SUBJECT),
}


def reply(handler: Handler, link: str | None, entries: int = 1) -> None:
    """Answer a listing of any kind with a page and a link to the next page."""
    descriptor = {"mediaType": OCI_MANIFEST, "digest": SUBJECT, "size": 1, "artifactType": "a/b"}
    if "referrers" in handler.path:
        document, media_type = {"schemaVersion": 2, "manifests": [descriptor] * entries}, OCI_INDEX
    else:
        document = {"name": "x", "tags": ["t"] * entries, "repositories": ["r"] * entries}
        media_type = "application/json"
    headers = {} if link is None else {"Link": f'<{link}>; rel="next"'}
    handler.reply(200, json.dumps(document).encode(), Content_Type=media_type, **headers)


async def test_entries_that_are_no_text_are_left_out_and_named(connect_to: AsyncConnect, loopback: Loopback) -> None:
    first = json.dumps({"tags": ["a", None, 5], "repositories": ["a", None, 5]}).encode()
    last = json.dumps({"tags": [{}, "b"], "repositories": [{}, "b"]}).encode()

    def answer(handler: Handler) -> None:
        link = {} if "last=" in handler.path else {"Link": f'<{handler.path}?last=a>; rel="next"'}
        handler.reply(200, first if link else last, Content_Type="application/json", **link)

    loopback.answer = answer
    client = await connect_to(loopback.url)
    assert await client.list_tags() == ["a", "b"]
    for listing in (client.iter_tags(), client.iter_repositories()):
        assert [one async for one in listing] == ["a", "b"]
        assert [text.partition(" ")[0].partition("[")[2] for text in listing.problems] == ["1]", "2]", "0]"]


async def collect(items: AsyncIterator[object], into: list[object]) -> None:
    async for item in items:
        into.append(item)


@pytest.mark.parametrize("auth", ["none", "token"])
async def test_all_pages_are_read_in_order(start_registry: StartRegistry, connect_to: AsyncConnect, repo: str, auth: str) -> None:
    registry = start_registry(RegistrySettings(page_limit=7), auth=auth)
    client = await connect_to(registry.url, **options_of(registry))
    image = make_image()
    blobs = [image.config, image.layer]
    subject = digest_of(image.oci)
    tags = sorted(f"v{number}" for number in range(30))
    referrers = []
    for number in range(20):
        document = json.loads(image.oci) | {
            "artifactType": f"example/{number % 2}",
            "annotations": {"number": str(number)},
            "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": len(image.oci)},
        }
        referrers.append(json.dumps(document).encode())
        store(registry, f"others/{number:02}", blobs, [(OCI_MANIFEST, image.oci)], {"v1": subject})
    manifests = [(OCI_MANIFEST, raw) for raw in (image.oci, *referrers)]
    store(registry, repo, blobs, manifests, dict.fromkeys(tags, subject))

    for page_size in (None, 1, 3, 7, 100):
        assert [tag async for tag in client.iter_tags(page_size=page_size)] == tags
        names = [name async for name in client.iter_repositories(page_size=page_size)]
        assert [name for name in names if name.startswith("others/")] == [f"others/{number:02}" for number in range(20)]
    assert {one.digest async for one in client.iter_referrers(subject)} == set(map(digest_of, referrers))
    assert len([one async for one in client.iter_referrers(subject, artifact_type="example/1")]) == 10

    assert await client.list_tags(page_size=3) == tags
    assert await client.list_repositories(page_size=3) == names
    assert {one.digest for one in await client.list_referrers(subject)} == set(map(digest_of, referrers))
    pages = [page async for page in client.iter_tags(page_size=3).pages()]
    assert pages[0] == tags[:3]
    assert [tag for page in pages for tag in page] == tags


async def test_the_caller_may_stop_early(start_registry: StartRegistry, connect_to: AsyncConnect, loopback: Loopback) -> None:
    loopback.answer = lambda handler: reply(handler, f"/v2/x/tags/list?last={len(loopback.seen)}")
    client = await connect_to(loopback.url)
    taken = []
    async for tag in client.iter_tags():
        taken.append(tag)
        if len(taken) == 3:
            break
    assert len(loopback.seen) == 3


@pytest.mark.parametrize("listing", LISTINGS)
async def test_the_client_filters_by_artifact_type_where_the_registry_does_not(
    connect_to: AsyncConnect, loopback: Loopback, listing: str
) -> None:
    loopback.answer = lambda handler: reply(handler, None, 3)
    client = await connect_to(loopback.url)
    assert len([one async for one in LISTINGS[listing](client)]) == 3
    assert [one async for one in client.iter_referrers(SUBJECT, artifact_type="c/d")] == []


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize(
    "link",
    [
        "http://registry.example/v2/x",
        "https://8.8.8.8/v2/x",
        "//registry.example/v2/x",
        "http://user:secret@127.0.0.1/v2/x",
        "ftp://127.0.0.1/v2/x",
        "javascript:alert(1)",
        "http://[nonsense/v2/x",
    ],
)
async def test_a_link_to_another_origin_is_not_followed(
    connect_to: AsyncConnect, loopback: Loopback, listing: str, link: str
) -> None:
    loopback.answer = lambda handler: reply(handler, link)
    client = await connect_to(loopback.url)
    got: list[object] = []
    with pytest.raises(RegistryError) as caught:
        await collect(LISTINGS[listing](client), got)
    assert "secret" not in str(caught.value)
    assert len(got) == len(loopback.seen) == 1  # the entries of the first page were returned


@pytest.mark.parametrize("listing", LISTINGS)
async def test_a_circle_of_pages_is_an_error(connect_to: AsyncConnect, loopback: Loopback, listing: str) -> None:
    loopback.answer = lambda handler: reply(handler, f"{handler.path.partition('?')[0]}?last={len(loopback.seen) % 3}")
    client = await connect_to(loopback.url)
    with pytest.raises(RegistryError, match="would not end"):
        [one async for one in LISTINGS[listing](client)]
    assert len(loopback.seen) == 4


@pytest.mark.parametrize("listing", LISTINGS)
async def test_endless_pages_are_an_error(
    connect_to: AsyncConnect, loopback: Loopback, listing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_PAGES", 20)
    loopback.answer = lambda handler: reply(handler, f"{handler.path.partition('?')[0]}?last={len(loopback.seen)}")
    client = await connect_to(loopback.url)
    with pytest.raises(RegistryError, match="the limits are"):
        [one async for one in LISTINGS[listing](client)]
    assert len(loopback.seen) == 21
    monkeypatch.setattr(pages, "MAX_ENTRIES", 99)
    loopback.seen.clear()
    loopback.answer = lambda handler: reply(handler, f"{handler.path.partition('?')[0]}?last={len(loopback.seen)}", 50)
    with pytest.raises(RegistryError, match="the limits are"):
        [one async for one in LISTINGS[listing](client)]
    assert len(loopback.seen) == 2


async def test_a_null_list_is_empty(connect_to: AsyncConnect, loopback: Loopback) -> None:
    loopback.answer = lambda handler: handler.reply(
        200, b'{"name": "x", "tags": null, "repositories": null}', Content_Type="application/json"
    )
    client = await connect_to(loopback.url)
    assert [tag async for tag in client.iter_tags()] == []
    assert [name async for name in client.iter_repositories()] == []
