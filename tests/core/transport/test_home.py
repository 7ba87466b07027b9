"""Where a registry is, and when plain http is tried."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import trustme

from docker_registry_sdk._core.transport.home import Home
from docker_registry_sdk._core.wire import CALL, CallContext
from docker_registry_sdk.errors import TransportError
from docker_registry_sdk.reference import parse_index
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.wire.loopback import Handler, run_loopback
from tests.support.sessions import KINDS, Kind, open_session


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("localhost", "https://localhost", "http://localhost"),
        ("localhost:5000", "https://localhost:5000", "http://localhost:5000"),
        ("localhost:443", "https://localhost", "http://localhost:443"),
        ("127.0.0.1", "https://127.0.0.1", "http://127.0.0.1"),
        ("127.1.2.3:80", "https://127.1.2.3:80", "http://127.1.2.3"),
        ("[::1]", "https://[::1]", "http://[::1]"),
        ("[::1]:5000", "https://[::1]:5000", "http://[::1]:5000"),
        ("registry.localhost:5000", "https://registry.localhost:5000", "http://registry.localhost:5000"),
        ("https://localhost:5000", "https://localhost:5000", None),
        ("http://localhost:5000", "http://localhost:5000", None),
        ("registry.example.com", "https://registry.example.com", None),
        ("10.0.0.1:5000", "https://10.0.0.1:5000", None),
        ("localhost.example.com", "https://localhost.example.com", None),
        ("docker.io", "https://registry-1.docker.io", None),
    ],
)
def test_fallback(name: str, before: str, after: str | None) -> None:
    home = Home(parse_index(name))
    assert str(home.origin) == before
    assert not home.fall_back(httpx.URL("https://evil.example.net"))
    assert home.fall_back(httpx.URL(before)) is (after is not None)
    assert str(home.origin) == (after or before)
    assert str(home.first) == before


def test_after_an_answer_there_is_no_way_back() -> None:
    home = Home(parse_index("localhost:5000"))
    home.settle(httpx.URL("https://localhost:5000/v2/"))
    assert not home.fall_back(httpx.URL("https://localhost:5000/v2/"))
    assert home.origin.is_secure


def test_an_answer_from_elsewhere_says_nothing_of_the_registry() -> None:
    home = Home(parse_index("localhost:5000"))
    home.settle(httpx.URL("https://localhost:5001/token"))
    assert home.fall_back(httpx.URL("https://localhost:5000/v2/"))
    assert not home.fall_back(httpx.URL("http://localhost:5000/v2/"))


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(auth="token") as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_a_registry_on_loopback_is_found_by_plain_http(kind: Kind, registry: EmbeddedRegistry) -> None:
    with open_session(kind, f"{registry.host}/a", username=registry.username, password=registry.password) as session:
        assert session.call("ping").status == 200
        session.call("blob_upload", b"x")
        assert session.explain().registry == registry.url


@pytest.mark.parametrize("kind", KINDS)
def test_an_explicit_scheme_is_kept(kind: Kind, registry: EmbeddedRegistry) -> None:
    with open_session(kind, f"https://{registry.host}/a", max_retries=0) as session, pytest.raises(TransportError):
        session.call("ping")
    assert len(registry.requests) == 0


def test_threads_that_start_together_all_end_up_there(registry: EmbeddedRegistry) -> None:
    with (
        open_session("sync", f"{registry.host}/a", username=registry.username, password=registry.password) as session,
        ThreadPoolExecutor(8) as pool,
    ):
        answers = list(pool.map(lambda _: session.call("ping").status, range(24)))
    assert answers == [200] * 24


def test_a_request_that_was_made_before_the_fallback_keeps_its_authorization(registry: EmbeddedRegistry) -> None:
    with open_session("sync", f"{registry.host}/a", username=registry.username, password=registry.password) as session:
        pipeline = session.client._pipeline
        early = pipeline.build_request("GET", "/v2/a/tags/list", extensions={CALL: CallContext(scopes=("repository:a:pull",))})
        session.call("ping")
        assert str(early.url).startswith("https://")
        response = pipeline.send(early)
        assert isinstance(response, httpx.Response)
        response.close()
        assert response.status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_that_nobody_trusts_is_no_reason_for_plain_http(kind: Kind) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with run_loopback(lambda handler: handler.reply(200), context) as server:
        host = server.url.removeprefix("https://")
        with open_session(kind, f"{host}/a") as session, pytest.raises(TransportError, match=r"(?i)certificate"):
            session.call("ping")
        assert server.seen == []


def test_a_server_that_answers_once_with_https_is_never_asked_by_http() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def answer(handler: Handler) -> None:
        if len(server.seen) > 1:
            handler.close_connection = True
        else:
            handler.reply(200)

    with run_loopback(answer, context) as server:
        host = server.url.removeprefix("https://")
        with open_session("sync", f"{host}/a", insecure=True, max_retries=0) as session:
            session.call("ping")
            with pytest.raises(TransportError):
                session.call("ping")
            assert session.client._pipeline.home.origin.is_secure
