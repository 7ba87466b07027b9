"""The origin of a registry, and the fallback to plain http."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk._core.transport.registry_origin import RegistryOrigin
from docker_registry_sdk._core.wire import CALL, CallContext
from docker_registry_sdk.reference import parse_index
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.embedded import login_of


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
def test_fallback_to_plain_http(name: str, before: str, after: str | None) -> None:
    registry = RegistryOrigin(parse_index(name))
    assert str(registry.origin) == before
    assert not registry.downgrade_to_http(httpx.URL("https://evil.example.net"))
    assert registry.downgrade_to_http(httpx.URL(before)) is (after is not None)
    assert str(registry.origin) == (after or before)
    assert str(registry.initial_origin) == before


def test_after_a_response_over_https_there_is_no_fallback() -> None:
    registry = RegistryOrigin(parse_index("localhost:5000"))
    registry.confirm_scheme(httpx.URL("https://localhost:5000/v2/"))
    assert not registry.downgrade_to_http(httpx.URL("https://localhost:5000/v2/"))
    assert registry.origin.is_secure


def test_a_response_of_another_origin_does_not_confirm_the_scheme() -> None:
    registry = RegistryOrigin(parse_index("localhost:5000"))
    registry.confirm_scheme(httpx.URL("https://localhost:5001/token"))
    assert registry.downgrade_to_http(httpx.URL("https://localhost:5000/v2/"))
    assert not registry.downgrade_to_http(httpx.URL("http://localhost:5000/v2/"))


def test_threads_that_start_together_all_use_plain_http(token_registry: EmbeddedRegistry) -> None:
    with (
        RegistryClientV2(f"{token_registry.host}/a", **login_of(token_registry)) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        statuses = list(pool.map(lambda _: client.ping().status, range(24)))
    assert statuses == [200] * 24


def test_a_request_that_was_made_before_the_fallback_keeps_its_authorization(token_registry: EmbeddedRegistry) -> None:
    with RegistryClientV2(f"{token_registry.host}/a", **login_of(token_registry)) as client:
        pipeline = client._pipeline
        early = pipeline.build_request("GET", "/v2/a/tags/list", extensions={CALL: CallContext(scopes=("repository:a:pull",))})
        client.ping()
        assert str(early.url).startswith("https://")
        response = pipeline.send(early)
        assert isinstance(response, httpx.Response)
        response.close()
        assert response.status_code == 404
