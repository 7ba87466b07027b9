"""A proxy in front of the registry."""

from __future__ import annotations

import base64

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from tests.core.wire.loopback import Handler, run_loopback
from tests.support._async.blobs import read_blob

pytestmark = pytest.mark.anyio


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
