"""Resolution of hosts, and which requests go through a proxy."""

from __future__ import annotations

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from docker_registry_sdk._core.transport.resolving import async_resolve, resolve, uses_proxy
from docker_registry_sdk._core.wire import verbatim_url


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variables", "proxied"),
    [
        ({}, ""),
        ({"HTTP_PROXY": "http://127.0.0.1:9"}, "http://a.example.com http://xn--strae-oqa.example"),
        ({"HTTPS_PROXY": "http://127.0.0.1:9"}, "https://a.example.com"),
        ({"ALL_PROXY": "http://127.0.0.1:9"}, "http://a.example.com https://a.example.com http://xn--strae-oqa.example"),
        ({"ALL_PROXY": "http://127.0.0.1:9", "NO_PROXY": "example.com"}, "http://xn--strae-oqa.example"),
        ({"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "xn--strae-oqa.example"}, "http://a.example.com"),
        ({"ALL_PROXY": "http://127.0.0.1:9", "NO_PROXY": "*"}, ""),
        ({"FTP_PROXY": "http://127.0.0.1:9"}, ""),
    ],
)
def test_the_proxy_of_each_request_is_found(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], proxied: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    urls = ["http://a.example.com", "https://a.example.com", "http://xn--strae-oqa.example"]
    with httpx.Client() as client:
        assert [url for url in urls if uses_proxy(client, verbatim_url(url))] == proxied.split()


def test_the_proxy_of_a_transport_is_found() -> None:
    url = httpx.URL("http://a.example.com")
    for client in (
        httpx.Client(transport=httpx.HTTPTransport(proxy="http://127.0.0.1:9")),
        httpx.Client(proxy="http://127.0.0.1:9"),
    ):
        with client:
            assert uses_proxy(client, url)
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as client:
        assert not uses_proxy(client, url)


def test_hosts_are_resolved() -> None:
    with start_blocking_portal() as portal:
        for found in (resolve("127.0.0.1"), portal.call(async_resolve, "127.0.0.1")):
            assert found == ("127.0.0.1",)
        assert portal.call(async_resolve, "registry.invalid") == resolve("registry.invalid") == ()
