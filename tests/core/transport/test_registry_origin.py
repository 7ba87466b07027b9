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

LOOPBACK = ("127.0.0.1", "::1")


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
    assert not registry.downgrade_to_http(httpx.URL("https://evil.example.net"), LOOPBACK)
    assert registry.downgrade_to_http(httpx.URL(before), LOOPBACK) is (after is not None)
    assert str(registry.origin) == (after or before)
    assert str(registry.initial_origin) == before


@pytest.mark.parametrize("addresses", [None, (), ("8.8.8.8",), ("127.0.0.1", "8.8.8.8"), ("10.0.0.1",)])
def test_there_is_no_fallback_without_loopback_addresses(addresses: tuple[str, ...] | None) -> None:
    registry = RegistryOrigin(parse_index("registry.localhost:5000"))
    assert not registry.downgrade_to_http(httpx.URL("https://registry.localhost:5000/v2/"), addresses)
    assert registry.origin.is_secure
    assert registry.is_undecided


def test_after_the_fallback_only_loopback_addresses_are_connected_to() -> None:
    registry = RegistryOrigin(parse_index("registry.localhost:5000"))
    assert registry.may_connect("registry.localhost", "8.8.8.8")
    assert registry.downgrade_to_http(httpx.URL("https://registry.localhost:5000/v2/"), LOOPBACK)
    assert not registry.may_connect("registry.localhost", "8.8.8.8")
    assert registry.may_connect("registry.localhost", "::1")
    assert registry.may_connect("storage.example.com", "8.8.8.8")


def test_the_address_is_a_public_one_if_there_was_one() -> None:
    registry = RegistryOrigin(parse_index("registry.example.com"))
    found = []
    for host, address in [
        ("cdn.example.net", "8.8.8.8"),
        ("registry.example.com", "10.0.0.1"),
        ("registry.example.com", "1.1.1.1"),
        ("registry.example.com", "10.0.0.1"),
    ]:
        registry.note_connection(host, address)
        found.append(registry.address)
    assert found == [None, "10.0.0.1", "1.1.1.1", "1.1.1.1"]


def test_after_a_response_over_https_there_is_no_fallback() -> None:
    registry = RegistryOrigin(parse_index("localhost:5000"))
    registry.confirm_scheme(httpx.URL("https://localhost:5000/v2/"))
    assert not registry.downgrade_to_http(httpx.URL("https://localhost:5000/v2/"), LOOPBACK)
    assert registry.origin.is_secure


def test_a_response_of_another_origin_does_not_confirm_the_scheme() -> None:
    registry = RegistryOrigin(parse_index("localhost:5000"))
    registry.confirm_scheme(httpx.URL("https://localhost:5001/token"))
    assert registry.downgrade_to_http(httpx.URL("https://localhost:5000/v2/"), LOOPBACK)
    assert not registry.downgrade_to_http(httpx.URL("http://localhost:5000/v2/"), LOOPBACK)


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
