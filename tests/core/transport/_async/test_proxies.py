"""A proxy in front of the registry."""

from __future__ import annotations

import base64
import sys

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import InvalidReferenceError, ServerError
from tests.core.wire.loopback import Handler, run_loopback
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio
TAGS = b'{"name": "a", "tags": ["1"]}'


def answer(handler: Handler) -> None:
    """Answer as a registry and its storage behind a proxy."""
    if handler.path.startswith("http://registry.example.com/v2/a/blobs/"):
        handler.reply(307, Location="http://storage.example.net/x/../y?sig=%2f~")
    else:
        handler.reply(200, b"hello")


async def test_requests_go_through_the_proxy_with_its_own_password_only() -> None:
    with run_loopback(answer) as proxy:
        url = proxy.url.replace("http://", "http://carol:s3same@")
        async with AsyncRegistryClientV2("http://registry.example.com/a", proxy=url) as client:
            await client.ping()
            digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
            assert await read_blob(client, digest) == b"hello"
        targets = [seen.target for seen in proxy.seen]
        assert targets == [
            "http://registry.example.com/v2/",
            f"http://registry.example.com/v2/a/blobs/{digest}",
            "http://storage.example.net/x/../y?sig=%2f~",
        ]
        own = "Basic " + base64.b64encode(b"carol:s3same").decode()
        assert {seen.headers.get("proxy-authorization") for seen in proxy.seen} == {own}
        assert proxy.seen[-1].headers["host"] == "storage.example.net"


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with run_loopback(answer) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "other.example.com")
        async with AsyncRegistryClientV2("http://registry.example.com/a") as client:
            await client.ping()
        assert [seen.target for seen in proxy.seen] == ["http://registry.example.com/v2/"]


async def test_the_error_of_a_proxy_that_refuses_does_not_show_its_password() -> None:
    with run_loopback(lambda handler: handler.reply(407)) as proxy:
        url = proxy.url.replace("http://", "http://carol:s3same@")
        async with AsyncRegistryClientV2("https://registry.example.com/a", proxy=url, max_retries=0) as client:
            with pytest.raises(Exception, match=r"registry\.example\.com") as caught:
                await client.ping()
    assert "s3same" not in f"{caught.value!r}"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("no_proxy", "host", "is_direct"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.0/8", "127.0.0.1", True),
        ("fd00::/8,127.0.0.1", "127.0.0.1", True),
        ("[::1],127.0.0.1", "127.0.0.1", True),
        ("http://127.0.0.1,192.168.0.*,foo_bar", "127.0.0.1", True),
        ("127.0.0.1:PORT", "127.0.0.1", True),
        ("127.0.0.1:1", "127.0.0.1", False),
        (".localhost", "localhost", True),
        ("*", "localhost", True),
        ("fd00::/8 [::1] 10.0.0.0/8", "127.0.0.1", False),
        ("https://127.0.0.1", "127.0.0.1", False),
    ],
)
@pytest.mark.parametrize("with_scheme", [True, False])
async def test_small_and_large_requests_follow_no_proxy(
    environment: pytest.MonkeyPatch, no_proxy: str, host: str, is_direct: bool, with_scheme: bool
) -> None:
    """httpx sends the listing, and the HTTP engine of this package sends the blob, unless it goes through a proxy."""
    with (
        run_loopback(lambda handler: handler.reply(502)) as proxy,
        run_loopback(lambda handler: handler.reply(200, TAGS, Content_Type="application/json")) as server,
    ):
        port = server.url.rpartition(":")[2]
        environment.setenv("HTTP_PROXY", proxy.url if with_scheme else proxy.url.removeprefix("http://"))
        environment.setenv("HTTPS_PROXY", proxy.url)
        environment.setenv("NO_PROXY", no_proxy.replace("PORT", port))
        async with AsyncRegistryClientV2(f"http://{host}:{port}/a", max_retries=0) as client:
            if is_direct:
                assert await client.list_tags() == ["1"]
                assert await read_blob(client, digest_of(TAGS)) == TAGS
            else:
                with pytest.raises(ServerError, match="502"):
                    await client.list_tags()
                with pytest.raises(ServerError, match="502"):
                    await read_blob(client, digest_of(TAGS))
        assert (len(proxy.seen), len(server.seen)) == ((0, 2) if is_direct else (2, 0))


@pytest.mark.parametrize(
    ("url", "problem", "hint"),
    [
        (
            "socks5://127.0.0.1:1",
            "ALL_PROXY names the SOCKS proxy socks5://127.0.0.1:1, but the package socksio",
            "httpx\\[socks\\]",
        ),
        ("socks5h://alice:S3CR3T@127.0.0.1:1", "the package socksio, which it needs, is not installed", "httpx\\[socks\\]"),
        ("socks4://127.0.0.1:1", "proxies of this kind are not supported", "http://HOST:PORT"),
        ("ftp://127.0.0.1:1", "proxies of this kind are not supported", "http://HOST:PORT"),
    ],
)
async def test_a_proxy_that_cannot_be_used_raises_an_error_when_a_request_needs_it(
    environment: pytest.MonkeyPatch, url: str, problem: str, hint: str
) -> None:
    environment.setitem(sys.modules, "socksio", None)
    environment.setenv("ALL_PROXY", url)
    with run_loopback(lambda handler: handler.reply(200, b"{}")) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=0) as client:
            with pytest.raises(InvalidReferenceError, match=problem) as small:
                await client.ping()
            with pytest.raises(InvalidReferenceError, match=problem) as large:
                await read_blob(client, digest_of(TAGS))
        for caught in (small, large):
            assert caught.match(hint)
            assert "S3CR3T" not in str(caught.value)
        environment.setenv("NO_PROXY", "127.0.0.0/8")
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=0) as client:
            await client.ping()


def test_the_option_for_a_socks_proxy_says_what_to_install(environment: pytest.MonkeyPatch) -> None:
    environment.setitem(sys.modules, "socksio", None)
    with pytest.raises(InvalidReferenceError, match=r"the option proxy names the SOCKS proxy .* pip install 'httpx\[socks\]'"):
        AsyncRegistryClientV2("localhost:5000/a", proxy="socks5://127.0.0.1:1080")
