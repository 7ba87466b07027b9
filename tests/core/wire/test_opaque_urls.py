"""Opaque URLs on a real socket: URLs from the server are requested verbatim."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk.errors import InvalidReferenceError, RegistryError
from docker_registry_sdk.token_auth.api import get_token
from docker_registry_sdk.v2.api import (
    cancel_blob_upload,
    complete_blob_upload,
    get_blob_upload_status,
    list_repositories,
    list_tags,
    start_blob_upload,
    upload_blob_chunk,
)
from docker_registry_sdk.v2.api.uploads.start_blob_upload import StartBlobUploadAccepted
from tests.core.wire.loopback import Handler, Loopback, run_loopback

UNTIDY = [
    "/v2/a/blobs/uploads/1?_state=a%2Fb+c%20d&x",
    "/a/../b/./c//d?e=../f",
    "/%7e%2f%zz~?%7e%zz",
    "/a\"b'c<d>{e}|f^g`h?\"'<>{}|^`",
    "/?",
    "/a?b?c=/d:e@f,g;h!i$j(k)*",
    "/a[b]?c[]=d",
    "/..",
    "/a//",
]


@pytest.mark.parametrize("target", UNTIDY)
def test_target_is_sent_verbatim_with_the_digest_added(loopback: Loopback, http: httpx.Client, target: str) -> None:
    separator = "" if target.endswith("?") else "&" if "?" in target else "?"
    for url in (target, f"{loopback.url}{target}"):
        complete_blob_upload.sync(http, "a", url, "sha256:ab")
        assert loopback.seen[-1].target == f"{target}{separator}digest=sha256%3Aab"


@pytest.mark.anyio
@pytest.mark.parametrize("target", UNTIDY)
async def test_target_is_sent_verbatim_async(loopback: Loopback, async_http: httpx.AsyncClient, target: str) -> None:
    loopback.answer = lambda handler: handler.reply(204)
    for url in (target, f"{loopback.url}{target}"):
        await cancel_blob_upload.asyncio(async_http, "a", url)
        assert loopback.seen[-1].target == target


def test_every_operation_with_an_opaque_url_follows_it(loopback: Loopback, http: httpx.Client) -> None:
    loopback.answer = lambda handler: handler.reply(200, b'{"tags": [], "repositories": []}', Content_Type="application/json")
    url = f"{loopback.url}/x/../y?z=%7e"
    list_tags.sync(http, "a", next_url=url)
    list_repositories.sync(http, next_url=url)
    get_token.sync(http, url, service="s", scope=["repository:a:pull"], offline_token=True)
    loopback.answer = lambda handler: handler.reply(204, Location="/next")
    get_blob_upload_status.sync(http, "a", url)
    loopback.answer = lambda handler: handler.reply(202, Location="/next")
    upload_blob_chunk.sync(http, "a", url, b"x")
    query = "&service=s&scope=repository%3Aa%3Apull&offline_token=true"
    assert [seen.target for seen in loopback.seen] == [f"/x/../y?z=%7e{more}" for more in ("", "", query, "", "")]


def test_prefix_of_the_base_url_is_added_to_paths_and_not_to_opaque_urls(loopback: Loopback) -> None:
    loopback.answer = lambda handler: handler.reply(202, Location="/v2/a/blobs/uploads/1")
    with httpx.Client(base_url=f"{loopback.url}/prefix/", trust_env=False) as http:
        started = start_blob_upload.sync(http, "a")
        assert started.location == f"{loopback.url}/v2/a/blobs/uploads/1"
        upload_blob_chunk.sync(http, "a", "/v2/a/blobs/uploads/2", b"x")
    assert [seen.target for seen in loopback.seen] == ["/prefix/v2/a/blobs/uploads/", "/v2/a/blobs/uploads/2"]


def test_location_is_resolved_against_the_request_and_kept_verbatim(loopback: Loopback, http: httpx.Client) -> None:
    for location, expected in {
        "/u/../v?w=%7e;x": f"{loopback.url}/u/../v?w=%7e;x",
        "next": f"{loopback.url}/v2/a/blobs/uploads/next",
        "?s=1": f"{loopback.url}/v2/a/blobs/uploads/?s=1",
        "//other.test/x": "http://other.test/x",
        "https://other.test/x?": "https://other.test/x?",
        "http://other.test/x?": "http://other.test/x?",
    }.items():
        loopback.answer = lambda handler, location=location: handler.reply(202, Location=location)  # type: ignore[misc]
        assert start_blob_upload.sync(http, "a").location == expected


def test_location_can_be_requested_by_a_client_with_user_info_in_its_base_url(loopback: Loopback) -> None:
    loopback.answer = lambda handler: handler.reply(202, Location="/v2/a/blobs/uploads/1")
    with httpx.Client(base_url=loopback.url.replace("://", "://user:secret@"), trust_env=False) as http:
        started = start_blob_upload.sync(http, "a")
        assert isinstance(started, StartBlobUploadAccepted)
        assert "secret" not in started.location
        upload_blob_chunk.sync(http, "a", started.location, b"x")
    assert loopback.seen[-1].target == "/v2/a/blobs/uploads/1"


def test_redirect_replaces_the_verbatim_target(loopback: Loopback) -> None:
    def answer(handler: Handler) -> None:
        if "signed" in handler.path:
            handler.reply(307, Location="/elsewhere")
        else:
            handler.reply(201)

    loopback.answer = answer
    with httpx.Client(base_url=loopback.url, trust_env=False, follow_redirects=True) as http:
        complete_blob_upload.sync(http, "a", "/x/../signed", "sha256:ab")
    assert [seen.target for seen in loopback.seen] == ["/x/../signed?digest=sha256%3Aab", "/elsewhere"]


def test_absolute_url_is_sent_to_a_proxy(loopback: Loopback) -> None:
    with httpx.Client(proxy=loopback.url, trust_env=False) as http:
        complete_blob_upload.sync(http, "a", "http://registry.invalid/x/../y", "sha256:ab")
    assert loopback.seen[0].target == "http://registry.invalid/x/../y?digest=sha256%3Aab"


def test_error_for_a_relative_url_without_a_base_url_shows_it_verbatim() -> None:
    with httpx.Client(trust_env=False) as http, pytest.raises(RegistryError) as caught:
        complete_blob_upload.sync(http, "a", "/v2/a/blobs/uploads/1", "sha256:ab")
    assert "PUT /v2/a/blobs/uploads/1?digest=" in str(caught.value) or "'/v2/a/blobs/uploads/1?digest=" in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://a..b/x", f"http://{'a' * 64}/x", "http://xn--a/x", "http://256.1.1.1/", "http://[v1.x]/", "http://[::1]x/"]
)
def test_url_with_an_invalid_host_is_a_registry_error(url: str) -> None:
    with httpx.Client(trust_env=False) as http, pytest.raises(RegistryError):
        upload_blob_chunk.sync(http, "a", url, b"x")


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["http://a..b/x", "http://xn--a/x", "http://256.1.1.1/"])
async def test_url_with_an_invalid_host_is_a_registry_error_async(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(RegistryError):
            await upload_blob_chunk.asyncio(http, "a", url, b"x")


def test_very_long_url_is_refused() -> None:
    with httpx.Client(base_url="http://127.0.0.1:1", trust_env=False) as http, pytest.raises(InvalidReferenceError) as caught:
        upload_blob_chunk.sync(http, "a", "/" + "a" * 70_000, b"x")
    assert len(str(caught.value)) < 5_000


def test_redirect_to_another_server_by_httpx_sends_no_credentials(loopback: Loopback) -> None:
    with run_loopback(lambda handler: handler.reply(201)) as other:
        loopback.answer = lambda handler: handler.reply(307, Location=f"{other.url.replace('127.0.0.1', 'localhost')}/stored")
        with httpx.Client(
            base_url=loopback.url, trust_env=False, follow_redirects=True, headers={"Authorization": "Bearer secret"}
        ) as http:
            complete_blob_upload.sync(http, "a", "/x/../signed?sig=secret", "sha256:ab")
        assert [(seen.target, seen.headers.get("authorization")) for seen in other.seen] == [("/stored", None)]
