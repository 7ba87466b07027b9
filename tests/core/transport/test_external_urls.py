"""External URLs of descriptors, without a network: no credentials, and no private addresses from a public registry."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk._core.auth.effects import Flow, Read, Resolve, Send
from docker_registry_sdk._core.names.origin import Origin
from docker_registry_sdk._core.transport.request_policy import follow_redirects
from docker_registry_sdk._core.wire import CALLERS_HEADERS
from docker_registry_sdk.errors import TransportError

HOME = "https://registry.example.com"
ADDRESSES = {
    "registry.example.com": ("93.184.216.34",),
    "cdn.example.net": ("93.184.216.35",),
    "other.example.net": ("93.184.216.36",),
    "inside.example.net": ("93.184.216.36", "10.0.0.1"),
    "registry.example.org": ("10.0.0.2",),
}


def refuse_to_authorize(request: httpx.Request) -> Flow:
    """Fail: no external URL gets credentials."""
    raise AssertionError(request)


def follow(url: str, home: str = HOME, location: str | None = None, *, proxied: bool = False) -> list[httpx.Request]:
    """Return all requests for a URL; with a `location`, the first one is redirected there."""
    headers = {
        "Authorization": "Bearer secret",
        "Cookie": "c=d",
        "Proxy-Authorization": "Basic x",
        "Range": "bytes=1-2",
        "X-Api-Key": "k",
    }
    request = httpx.Request("GET", url, headers=headers, extensions={CALLERS_HEADERS: {"x-api-key"}})
    flow = follow_redirects(request, lambda: Origin.from_url(home), refuse_to_authorize, is_named=True, by_publisher=True)
    sent: list[httpx.Request] = []
    result: object = None
    try:
        while True:
            match flow.send(result):
                case Send(request=request):
                    sent.append(request)
                    moved = {} if location is None or len(sent) > 1 else {"Location": location}
                    result = httpx.Response(307 if moved else 200, headers=moved)
                case Read(response=response):
                    result = response
                case Resolve(origin=origin):
                    result = None if proxied else ADDRESSES.get(origin.host, ())
                case effect:
                    raise AssertionError(effect)
    except StopIteration:
        return sent


@pytest.mark.parametrize("url", ["https://cdn.example.net/x?sig=%2f", f"{HOME}/v2/a/blobs/sha256:1"])
@pytest.mark.parametrize("location", [None, "https://cdn.example.net/y", HOME, "/z"])
def test_no_credentials_are_sent_not_even_to_the_registry(url: str, location: str | None) -> None:
    sent = follow(url, location=location)
    assert len(sent) == (1 if location is None else 2)
    for request in sent:
        assert not {"authorization", "cookie", "proxy-authorization", "x-api-key"} & set(request.headers)
        assert request.headers["Range"] == "bytes=1-2"


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/x",
        "https://93.184.216.35/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://localhost/x",
        "https://metadata.google.internal/x",
        "https://intranet/x",
        "https://inside.example.net/x",
        "https://0x7f000001/x",
        "http://cdn.example.net/x",
        "http://registry.example.com/x",
    ],
)
@pytest.mark.parametrize("by_redirect", [True, False])
def test_an_unsafe_url_of_a_public_registry_is_refused(url: str, by_redirect: bool) -> None:
    with pytest.raises(TransportError, match=r"descriptor|plain http|host|private network"):
        follow("https://other.example.net/", location=url) if by_redirect else follow(url)


@pytest.mark.parametrize("home", ["https://localhost:5000", "https://10.0.0.5", "https://registry.example.org"])
@pytest.mark.parametrize("url", ["https://10.0.0.1/x", "https://localhost/x", "https://inside.example.net/x"])
def test_a_private_registry_may_refer_to_private_addresses(home: str, url: str) -> None:
    assert len(follow(url, home)) == 1
    with pytest.raises(TransportError, match="plain http"):
        follow(url.replace("https", "http"), home)


def test_plain_http_is_allowed_for_registries_on_plain_http() -> None:
    assert len(follow("http://cdn.example.net/x", "http://localhost:5000")) == 1
    assert len(follow("https://cdn.example.net/x", "http://localhost:5000")) == 1
    with pytest.raises(TransportError, match="plain http"):
        follow("https://cdn.example.net/x", "http://localhost:5000", "http://other.example.net/y")


def test_behind_a_proxy_only_the_literal_host_is_checked() -> None:
    assert len(follow("https://inside.example.net/x", proxied=True)) == 1
    with pytest.raises(TransportError, match="descriptor"):
        follow("https://localhost/x", proxied=True)
