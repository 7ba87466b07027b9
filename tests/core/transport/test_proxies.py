"""A proxy before the registry."""

from __future__ import annotations

import base64

import pytest

from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.sessions import KINDS, Kind, open_session


def answer(handler: Handler) -> None:
    """Answer as a registry and its storage behind a proxy."""
    if handler.path.startswith("http://registry.example.com/v2/a/blobs/"):
        handler.reply(307, Location="http://storage.example.net/x/../y?sig=%2f~")
    else:
        handler.reply(200, b"hello")


@pytest.mark.parametrize("kind", KINDS)
def test_requests_go_through_the_proxy_with_its_own_password_only(kind: Kind) -> None:
    with run_loopback(answer) as proxy:
        url = proxy.url.replace("http://", "http://carol:s3same@")
        with open_session(kind, "http://registry.example.com/a", proxy=url) as session:
            session.call("ping")
            digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
            assert session.read_blob(digest) == b"hello"
        targets = [seen.target for seen in proxy.seen]
        assert targets == [
            "http://registry.example.com/v2/",
            f"http://registry.example.com/v2/a/blobs/{digest}",
            "http://storage.example.net/x/../y?sig=%2f~",
        ]
        own = "Basic " + base64.b64encode(b"carol:s3same").decode()
        assert {seen.headers.get("proxy-authorization") for seen in proxy.seen} == {own}
        assert proxy.seen[-1].headers["host"] == "storage.example.net"


@pytest.mark.parametrize("kind", KINDS)
def test_the_environment_counts(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_loopback(answer) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "other.example.com")
        with open_session(kind, "http://registry.example.com/a") as session:
            session.call("ping")
        assert [seen.target for seen in proxy.seen] == ["http://registry.example.com/v2/"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_refuses_is_told_without_its_password(kind: Kind) -> None:
    def refuse(handler: Handler) -> None:
        handler.reply(407)

    def run(proxy: Loopback) -> str:
        url = proxy.url.replace("http://", "http://carol:s3same@")
        with (
            open_session(kind, "https://registry.example.com/a", proxy=url, max_retries=0) as session,
            pytest.raises(Exception, match=r"registry\.example\.com") as caught,
        ):
            session.call("ping")
        return f"{caught.value!r}"

    with run_loopback(refuse) as proxy:
        assert "s3same" not in run(proxy)
