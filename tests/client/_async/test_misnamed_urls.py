"""Registries behind a proxy that name themselves by another scheme, port or host, or write the header Link in another form."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import NotFoundError, ParseError, RegistryError
from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio
NEXT = "/v2/a/b/tags/list?last=1"
UPLOAD = "/v2/a/b/blobs/uploads/u1?_state=x"


@pytest.fixture(params=["http", "https"])
def proxied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Loopback]:
    """A registry on 127.0.0.1 with and without TLS; tests set its answer."""
    context = None
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    if request.param == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
    with run_loopback(lambda handler: handler.reply(500), context) as loopback:
        yield loopback


def client_of(proxied: Loopback, folder: Path) -> AsyncRegistryClientV2:
    """Return a client of the registry."""
    return AsyncRegistryClientV2(f"{proxied.url}/a/b", max_retries=0, ca_file=folder / "ca.pem")


def list_pages(proxied: Loopback, link: str) -> None:
    """Let the registry answer each listing with two pages, of which the first one has this header Link."""
    port = proxied.url.rpartition(":")[2]

    def answer(handler: Handler) -> None:
        is_second = "last=" in handler.path or "next_page" in handler.path
        name = "2" if is_second else "1"
        manifest = f'{{"mediaType": "x/y", "size": 1, "digest": "{digest_of(name.encode())}"}}'
        body = f'{{"name": "a/b", "tags": ["{name}"], "repositories": ["{name}"], "schemaVersion": 2, "manifests": [{manifest}]}}'
        if not handler.path.startswith("/v2/"):
            handler.reply(404)
        else:
            links = {} if is_second else {"Link": link.replace("PORT", port)}
            handler.reply(200, body.encode(), Content_Type="application/json", **links)

    proxied.answer = answer


@pytest.mark.parametrize(
    "link",
    [
        '/v2/a/b/tags/list?next_page=x; rel="next"',
        f'http://127.0.0.1:PORT{NEXT}; rel="next"',
        f"<{NEXT}>;rel=next",
        f"<{NEXT}>; rel='next'",
        f"<{NEXT}>",
        f'<http://127.0.0.1:PORT{NEXT}>; rel="next"',
        f'<http://127.0.0.1{NEXT}>; rel="next"',
        f'<https://127.0.0.1:PORT{NEXT}>; rel="next"',
        f'<http://registry:5000{NEXT}>; rel="next"',
        f'<http://10.0.0.7{NEXT}>; rel="next"',
        '<?last=1&n=1>; rel="next"',
        '<tags/list?last=1&n=1>; rel="next"',
        NEXT,
        f"http://127.0.0.1:PORT{NEXT}&n=1",
        f"<{NEXT}>; rel",
        f'<{NEXT}>; rel=""',
        '</v2/a/b/tags/list?last=1 2>; rel="next"',
        '</v2/a/b/tags/list?last=1,2>; rel="next"',
        '<http://127.0.0.1:PORT/v2/x/a/b/tags/list?n=10&last=1>; rel="next"',
    ],
)
async def test_the_next_page_of_a_listing_is_found(proxied: Loopback, tmp_path: Path, link: str) -> None:
    list_pages(proxied, link)
    async with client_of(proxied, tmp_path) as client:
        assert [tag async for tag in client.iter_tags()] == ["1", "2"]
        assert await client.list_repositories() == ["1", "2"]
        found = [one.digest async for one in client.iter_referrers(digest_of(b"x"))]
        assert found == [digest_of(b"1"), digest_of(b"2")]


@pytest.mark.parametrize(
    ("link", "error"),
    [
        ('<>; rel="next"', ParseError),
        ('; rel="next"', ParseError),
        (f"{NEXT}; next", ParseError),
        (f'{{"next": "{NEXT}"}}', ParseError),
        (f'<https://other.example.com{NEXT}>; rel="next"', RegistryError),
        (f'<http://alice:x@127.0.0.1:PORT{NEXT}>; rel="next"', RegistryError),
        ('<https://[::1/x?last=1>; rel="next"', RegistryError),
        ('<tags\\list?last=1>; rel="next"', RegistryError),
        ('<../../../../tags/list?last=1>; rel="next"', NotFoundError),
    ],
)
async def test_a_next_page_that_cannot_be_read_is_an_error(
    proxied: Loopback, tmp_path: Path, link: str, error: type[RegistryError]
) -> None:
    list_pages(proxied, link)
    async with client_of(proxied, tmp_path) as client:
        with pytest.raises(error) as caught:
            [tag async for tag in client.iter_tags()]
    assert caught.value.hint


async def test_the_error_shows_the_link_without_secrets(proxied: Loopback, tmp_path: Path) -> None:
    list_pages(proxied, f"https://me:S3CR3T@127.0.0.1:PORT{NEXT}&sig=S3CR3T; next")
    async with client_of(proxied, tmp_path) as client:
        with pytest.raises(ParseError, match=r"127.0.0.1:[0-9]+/v2/a/b/tags/list\?\.{3} next") as caught:
            await client.list_tags()
    assert "S3CR3T" not in str(caught.value)


@pytest.mark.parametrize("link", ["", '</v2/a/b/tags/list?last=0>; rel="prev"', "<https://example.com/help>; rel=help"])
async def test_a_listing_without_a_next_page_ends(proxied: Loopback, tmp_path: Path, link: str) -> None:
    list_pages(proxied, link)
    async with client_of(proxied, tmp_path) as client:
        assert await client.list_tags() == ["1"]


@pytest.mark.parametrize(
    "location",
    [
        f"http://127.0.0.1:PORT{UPLOAD}",
        f"http://127.0.0.1{UPLOAD}",
        f"https://127.0.0.1{UPLOAD}",
        f"https://127.0.0.1:PORT{UPLOAD}",
        f"http://docker-registry{UPLOAD}",
        f"http://registry.default.svc.cluster.local:5000{UPLOAD}",
        UPLOAD,
        "u1?_state=x",
    ],
)
async def test_an_upload_goes_on_at_the_registry(proxied: Loopback, tmp_path: Path, location: str) -> None:
    location = location.replace("PORT", proxied.url.rpartition(":")[2])

    def answer(handler: Handler) -> None:
        status = {"GET": 200, "HEAD": 404, "PUT": 201}.get(handler.command, 202)
        handler.reply(status, Location=location, Range=f"0-{max(0, len(proxied.seen[-1].body) - 1)}")

    proxied.answer = answer
    async with client_of(proxied, tmp_path) as client:
        assert (await client.blob_upload(b"hello")).digest == digest_of(b"hello")
        assert (await client.blob_upload(b"hello", chunk_size=5)).digest == digest_of(b"hello")
    sent = [seen.line.split(" ")[0] for seen in proxied.seen if seen.target.startswith(UPLOAD)]
    assert sent == ["PUT", "PATCH", "PUT"]
