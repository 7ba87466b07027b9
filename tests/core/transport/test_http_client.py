"""A caller's own httpx client: what stays its own, and what does not leave with it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry, Settings
from docker_registry_sdk.v2.api import get_manifest
from tests.support.sessions import KINDS, Kind, open_session


def make(kind: Kind, **options: Any) -> httpx.Client | httpx.AsyncClient:
    """Return an httpx client of a kind."""
    return httpx.Client(**options) if kind == "sync" else httpx.AsyncClient(**options)


@pytest.mark.parametrize("kind", KINDS)
def test_it_stays_open(kind: Kind) -> None:
    http = make(kind)
    with EmbeddedRegistry() as registry, open_session(kind, f"{registry.url}/a", http_client=http) as session:
        session.call("ping")
        session.close()
        assert not http.is_closed
        session.close(http)


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_ours_is_closed(kind: Kind) -> None:
    with open_session(kind, "registry.example.com/a") as session:
        http = session.client._pipeline._settings.http
    assert http.is_closed


@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_its_settings(kind: Kind) -> None:
    http = make(
        kind, headers={"X-Mine": "yes"}, timeout=7.0, follow_redirects=True, auth=("bob", "other"), base_url="https://x.test/y"
    )
    before = {**http.headers}
    with EmbeddedRegistry(auth="token") as registry:
        options = {"username": registry.username, "password": registry.password}
        with open_session(kind, f"{registry.url}/a", http_client=http, **options) as session:
            session.call("blob_upload", b"x")
            session.close(http)
        assert {record.header("x-mine") for record in registry.requests} == {"yes"}
    assert {**http.headers} == before
    assert http.timeout == httpx.Timeout(7.0)
    assert http.follow_redirects is True
    assert http.auth is not None
    assert str(http.base_url) == "https://x.test/y/"


@pytest.mark.parametrize("kind", KINDS)
def test_its_own_authorization_goes_nowhere(kind: Kind) -> None:
    seen: list[tuple[str, str | None]] = []

    def keep(request: httpx.Request) -> None:
        seen.append((request.url.path, request.headers.get("Authorization")))

    async def async_keep(request: httpx.Request) -> None:
        keep(request)

    hooks: dict[str, list[Any]] = {"request": [keep if kind == "sync" else async_keep]}
    http = make(kind, headers={"Authorization": "Bearer S3CR3T", "Cookie": "a=S3CR3T"}, event_hooks=hooks)
    with (
        EmbeddedRegistry(auth="token", settings=Settings(token_origin="port")) as registry,
        open_session(kind, f"{registry.url}/a", http_client=http) as session,
    ):
        with pytest.raises(NotFoundError):
            session.call("get_manifest", "latest")
        session.close(http)
    assert [path for path, _ in seen] == ["/v2/a/manifests/latest", "/token", "/v2/a/manifests/latest"]
    assert not any(value and "S3CR3T" in value for _, value in seen)


@pytest.mark.parametrize("kind", KINDS)
def test_its_own_query_parameters_go_nowhere(kind: Kind) -> None:
    http = make(kind, params={"mine": "1"})
    with EmbeddedRegistry() as registry, open_session(kind, f"{registry.url}/a", http_client=http) as session:
        session.call("blob_upload", b"x")
        session.close(http)
        assert not any("mine" in record.path for record in registry.requests)


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_of_a_call_takes_the_place_of_its_own(kind: Kind) -> None:
    http = make(kind, headers={"accept": "a/b", "user-agent": "mine"})
    with EmbeddedRegistry() as registry, open_session(kind, f"{registry.url}/a", user_agent="u", http_client=http) as session:
        session.call("blob_upload", b"x")
        with pytest.raises(NotFoundError):
            session.call("get_manifest", "latest")
        session.close(http)
        sent = registry.requests[-1]
        assert [value for name, value in sent.headers if name == "user-agent"] == ["u"]
        assert [value for name, value in sent.headers if name == "accept"] == [", ".join(get_manifest.ACCEPT)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_reads_the_answer_does_no_harm(kind: Kind) -> None:
    def read(response: httpx.Response) -> None:
        response.read()

    async def async_read(response: httpx.Response) -> None:
        await response.aread()

    http = make(kind, event_hooks={"response": [read if kind == "sync" else async_read]})
    with EmbeddedRegistry(auth="token") as registry:
        options = {"username": registry.username, "password": registry.password}
        with open_session(kind, f"{registry.url}/a", http_client=http, **options) as session:
            digest = session.call("blob_upload", b"hello").digest
            assert session.read_blob(digest) == b"hello"
            session.close(http)
