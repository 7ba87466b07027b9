"""A registry that leads elsewhere: by redirects, upload locations and page links."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk.errors import RegistryError, TransportError
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile.conftest import at, client_of, demand
from tests.support.images import digest_of
from tests.support.sessions import Kind

ELSEWHERE = ["registry.example.com", "storage.example.com", "evil.example.net", "localhost"]


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_carries_no_password(
    kind: Kind, registry: Loopback, evil: Loopback, host: str, status: int
) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(status, Location=f"{at(evil, host)}/x")

    registry.answer = answer
    evil.answer = lambda handler: handler.reply(200, b"hello")
    with client_of(kind, registry) as session:
        assert session.read_blob(digest_of(b"hello")) == b"hello"
    [seen] = evil.seen
    assert not {"authorization", "cookie"} & set(seen.headers)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_an_upload_location_elsewhere_carries_no_password(kind: Kind, registry: Loopback, evil: Loopback, host: str) -> None:
    location = f"{at(evil, host)}/upload/../x?signed=%2f~"

    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(202 if handler.command == "POST" else 404, Location=location)

    registry.answer = answer
    with client_of(kind, registry) as session:
        started = session.call("start_blob_upload")
        session.call("complete_blob_upload", started, digest_of(b""))
    [seen] = evil.seen
    assert seen.target.startswith("/upload/../x?signed=%2f~&digest=")
    assert not {"authorization", "cookie"} & set(seen.headers)


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("method", ["iter_tags", "iter_repositories"])
def test_a_page_link_elsewhere_is_not_followed(kind: Kind, registry: Loopback, evil: Loopback, host: str, method: str) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            body = b'{"name": "a", "tags": ["1"], "repositories": ["a"]}'
            handler.reply(
                200, body, Content_Type="application/json", Link=f'<{at(evil, host)}/v2/a/tags/list?last=1>; rel="next"'
            )

    registry.answer = answer
    with client_of(kind, registry) as session, pytest.raises(RegistryError, match="another origin"):
        session.call(method)
    assert evil.seen == []


@pytest.mark.parametrize("host", ["registry.example.com", "evil.example.net"])
def test_from_https_no_redirect_leads_to_http(kind: Kind, secure: Loopback, evil: Loopback, tmp_path: Path, host: str) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(307, Location=f"{at(evil, host)}/x")

    secure.answer = answer
    with (
        client_of(kind, secure, ca_file=tmp_path / "ca.pem") as session,
        pytest.raises(TransportError, match="from https to plain http"),
    ):
        session.read_blob(digest_of(b"hello"))
    assert evil.seen == []


def test_from_https_no_upload_goes_to_http(kind: Kind, secure: Loopback, evil: Loopback, tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(202, Location=f"{at(evil, 'registry.example.com')}/x")

    secure.answer = answer
    with client_of(kind, secure, ca_file=tmp_path / "ca.pem") as session:
        started = session.call("start_blob_upload")
        with pytest.raises(TransportError, match="from https to plain http"):
            session.call("upload_blob_chunk", started, b"hello")
    assert evil.seen == []


def test_redirects_without_end_end(kind: Kind, registry: Loopback) -> None:
    def answer(handler: Handler) -> None:
        if not demand(handler):
            handler.reply(307, Location=f"/x/{len(registry.seen)}")

    registry.answer = answer
    with client_of(kind, registry) as session, pytest.raises(TransportError, match="more than 5 redirects"):
        session.call("list_tags")
    assert len(registry.seen) == 7


def test_a_cookie_stays_with_nobody(kind: Kind, registry: Loopback) -> None:
    registry.answer = lambda handler: handler.reply(200, b"{}", Set_Cookie="sid=1; Path=/; Domain=example.com")
    with client_of(kind, registry) as session:
        session.call("ping")
        session.call("ping")
    assert not any("cookie" in seen.headers for seen in registry.seen)
