"""Resolution of hosts, with and without a proxy."""

from __future__ import annotations

import pytest
from anyio.from_thread import start_blocking_portal

from docker_registry_sdk._core.transport.resolving import async_resolve, is_proxied, resolve


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "all_proxy"])
def test_hosts_are_not_resolved_behind_a_proxy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert is_proxied()
    assert resolve("localhost") is None
    with start_blocking_portal() as portal:
        assert portal.call(async_resolve, "localhost") is None


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY", "ftp_proxy"])
def test_hosts_are_resolved_without_a_proxy_for_http(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "registry.example.com")
    assert not is_proxied()
    with start_blocking_portal() as portal:
        for found in (resolve("127.0.0.1"), portal.call(async_resolve, "127.0.0.1")):
            assert found == ("127.0.0.1",)
        assert portal.call(async_resolve, "registry.invalid") == resolve("registry.invalid") == ()
