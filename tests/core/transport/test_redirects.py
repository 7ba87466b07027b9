"""Redirects, without a network: allowed targets, and the headers that are sent to them."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from docker_registry_sdk._core.auth.effects import Flow, Read, Resolve, Send
from docker_registry_sdk._core.names.origin import Origin
from docker_registry_sdk._core.transport.request_policy import follow_redirects
from docker_registry_sdk._core.wire import CALL, CallContext, call_of, next_link, url_header, verbatim_url
from docker_registry_sdk._core.wire.urls import make_absolute
from docker_registry_sdk.errors import TransportError

HOME = "https://registry.example.com"
CDN = "https://cdn.example.net"
BLOB = f"{HOME}/v2/a/blobs/sha256:1"
Responder = Callable[[httpx.Request], httpx.Response]


def authorize(request: httpx.Request) -> Flow:
    """Send a request with an Authorization header."""
    request.headers["Authorization"] = "Bearer secret"
    response: httpx.Response = yield Send(request)
    return response


PUBLIC = ("93.184.216.34", "2606:2800:220:1::1")


def follow(
    answer: Responder,
    request: httpx.Request,
    home: str = HOME,
    addresses: dict[str, tuple[str, ...] | None] | None = None,
    *,
    is_named: bool = False,
) -> tuple[httpx.Response, list[httpx.Request]]:
    """Return the last response and all requests; hosts are public unless `addresses` says otherwise."""
    sent: list[httpx.Request] = []
    flow = follow_redirects(request, lambda: Origin.from_url(home), authorize, is_named=is_named)
    effect = next(flow)
    unread: httpx.Response | None = None
    try:
        while True:
            if isinstance(effect, Send):
                assert unread is None, "a response was left open"
                sent.append(effect.request)
                unread = answer(effect.request)
                unread.request = effect.request
                effect = flow.send(unread)
            elif isinstance(effect, Resolve):
                assert unread is None, "a response was left open"
                effect = flow.send((addresses or {}).get(effect.origin.host, PUBLIC))
            else:
                assert isinstance(effect, Read)
                result, unread = unread, None
                effect = flow.send(result)
    except StopIteration as end:
        return end.value, sent
    except TransportError:
        assert unread is None, "a response was left open"
        raise


def to(location: str, status: int = 307) -> Responder:
    """Return a function that redirects the first request and answers 200 to the others."""
    done: list[bool] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if done:
            return httpx.Response(200)
        done.append(True)
        return httpx.Response(status, headers={"Location": location})

    return answer


def get(url: str = BLOB, method: str = "GET", **options: object) -> httpx.Request:
    """Return a request with headers that are sent to other origins, and with headers that are not."""
    headers = {"Accept": "a/b", "Range": "bytes=1-2", "Cookie": "c=d", "Proxy-Authorization": "Basic x", "User-Agent": "u"}
    return httpx.Request(method, url, headers=headers, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_is_redirected_to_another_origin_without_credentials(status: int, method: str) -> None:
    response, [first, second] = follow(to(f"{CDN}/x", status), get(method=method))
    assert response.status_code == 200
    assert first.headers["Authorization"] == "Bearer secret"
    assert (second.method, str(second.url)) == (method, f"{CDN}/x")
    assert not {"authorization", "cookie", "proxy-authorization"} & set(second.headers)
    assert (second.headers["Accept"], second.headers["Range"], second.headers["User-Agent"]) == ("a/b", "bytes=1-2", "u")
    assert second.headers["Host"] == "cdn.example.net"


@pytest.mark.parametrize(
    "location",
    [
        "https://registry.example.com:8443/x",
        "https://registry.example.com.evil.test/x",
        "https://example.com/x",
        "https://auth.registry.example.com/x",
        "//cdn.example.net/x",
    ],
)
def test_any_other_origin_gets_no_authorization(location: str) -> None:
    _, [_, second] = follow(to(location), get())
    assert "Authorization" not in second.headers


@pytest.mark.parametrize(
    "location", ["/v2/b/blobs/x", "https://REGISTRY.example.com:443/v2/b/blobs/x", "x", "//registry.example.com/y"]
)
def test_a_redirect_within_the_registry_is_authorized(location: str) -> None:
    _, [_, second] = follow(to(location), get())
    assert second.headers["Authorization"] == "Bearer secret"


def test_a_location_is_relative_to_the_path_of_the_request() -> None:
    _, [_, second] = follow(to("./sha256:2?x=y"), get())
    assert str(second.url) == f"{HOME}/v2/a/blobs/sha256:2?x=y"


def test_a_location_is_relative_to_the_origin_that_redirects() -> None:
    locations = iter([f"{CDN}/x", "/y"])

    def answer(request: httpx.Request) -> httpx.Response:
        location = next(locations, None)
        return httpx.Response(302, headers={"Location": location}) if location else httpx.Response(200)

    _, sent = follow(answer, get())
    assert str(sent[-1].url) == f"{CDN}/y"


@pytest.mark.parametrize("location", ["http://registry.example.com:5000/x", "http://cdn.example.net/x", "http://localhost/x"])
def test_a_redirect_from_https_to_http_is_refused(location: str) -> None:
    with pytest.raises(TransportError, match="leads to plain http"):
        follow(to(location), get())


def test_a_redirect_from_http_through_https_to_http_is_refused() -> None:
    locations = iter([f"{CDN}/x", "http://other.example.net/x"])

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": next(locations)})

    with pytest.raises(TransportError, match="leads to plain http"):
        follow(answer, get("http://registry.example.com/v2/a/blobs/x"), "http://registry.example.com")


@pytest.mark.parametrize("start", [HOME, CDN])
@pytest.mark.parametrize("port", ["", ":80", ":443"])
def test_a_redirect_that_names_the_own_host_by_http_stays_on_https(start: str, port: str) -> None:
    """The server is behind a proxy that ends TLS, and does not know it."""
    _, sent = follow(to(f"{start.replace('https', 'http')}{port}/x/?y=%2f", 301), get(f"{start}/x?y=%2f"))
    assert [str(request.url) for request in sent] == [f"{start}/x?y=%2f", f"{start}/x/?y=%2f"]
    assert ["Authorization" in request.headers for request in sent] == [start == HOME] * 2


def test_a_redirect_from_a_registry_on_http_to_http_is_followed() -> None:
    _, sent = follow(to("http://cdn.example.net/x"), get("http://registry.example.com/v2/"), "http://registry.example.com")
    assert "Authorization" in sent[0].headers
    assert "Authorization" not in sent[1].headers


def test_an_upload_location_of_another_origin_gets_no_credentials() -> None:
    _, [request] = follow(lambda request: httpx.Response(201), get(f"{CDN}/upload", "PUT", content=b"x"))
    assert "Authorization" not in request.headers
    assert "Cookie" not in request.headers


def test_an_upload_location_on_http_is_refused() -> None:
    with pytest.raises(TransportError, match="leads to plain http"):
        follow(lambda request: httpx.Response(201), get("http://registry.example.com/upload", "PUT", content=b"x"))


@pytest.mark.parametrize("status", [307, 308])
def test_a_write_with_a_body_that_can_be_sent_again_is_redirected(status: int) -> None:
    _, [_, second] = follow(to(f"{CDN}/x", status), get(method="PUT", content=b"body"))
    assert (second.method, second.read()) == ("PUT", b"body")
    assert second.headers["Content-Length"] == "4"


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_is_never_redirected_as_a_read(status: int, method: str) -> None:
    response, sent = follow(to(f"{CDN}/x", status), get(method=method))
    assert (response.status_code, len(sent)) == (status, 1)


def test_a_body_that_can_be_sent_once_is_not_redirected() -> None:
    response, sent = follow(to(f"{CDN}/x"), get(method="PUT", content=iter([b"x"])))
    assert (response.status_code, len(sent)) == (307, 1)


def test_a_body_from_a_source_is_sent_again_as_often_as_the_source_can_be_read() -> None:
    locations = iter([f"{HOME}/1", f"{HOME}/2", f"{HOME}/3"])

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(307, headers={"Location": next(locations)})

    bodies = iter([iter([b"first"]), iter([b"again"]), None])
    request = get(method="PATCH", content=iter([b"first"]), extensions={CALL: CallContext(replay=lambda: next(bodies))})
    response, sent = follow(answer, request)
    assert (response.status_code, len(sent)) == (307, 3)
    assert [one.read() for one in sent[1:]] == [b"first", b"again"]
    assert {one.headers["Transfer-Encoding"] for one in sent} == {"chunked"}


@pytest.mark.parametrize(
    ("location", "status", "of_registry"), [(f"{CDN}/x", 307, True), (f"{CDN}/x", 302, False), (f"{HOME}/x", 303, False)]
)
def test_a_source_that_can_be_read_again_changes_no_other_rule(location: str, status: int, of_registry: bool) -> None:
    request = get(method="PUT", content=iter([b"x"]), extensions={CALL: CallContext(replay=lambda: iter([b"x"]))})
    response, sent = follow(to(location, status), request)
    assert (response.status_code, len(sent)) == ((200, 2) if of_registry else (status, 1))
    assert all("Authorization" not in one.headers for one in sent[1:])
    first = get(f"{CDN}/x", "PUT", content=iter([b"x"]), extensions={CALL: CallContext(replay=lambda: iter([b"x"]))})
    assert len(follow(to(f"{CDN}/y"), first)[1]) == 1  # another host has sent the redirect


@pytest.mark.parametrize("number", [5, 6])
def test_at_most_five_redirects_are_followed(number: int) -> None:
    left = iter(range(number))

    def answer(request: httpx.Request) -> httpx.Response:
        count = next(left, None)
        return httpx.Response(200) if count is None else httpx.Response(302, headers={"Location": f"/{count}"})

    if number == 5:
        assert follow(answer, get())[0].status_code == 200
    else:
        with pytest.raises(TransportError, match="more than 5 redirects"):
            follow(answer, get())


def test_a_redirect_loop_is_an_error() -> None:
    with pytest.raises(TransportError, match="more than 5 redirects"):
        follow(lambda request: httpx.Response(302, headers={"Location": str(request.url)}), get())


@pytest.mark.parametrize("status", [300, 304, 305, 306])
def test_other_statuses_are_not_redirects(status: int) -> None:
    assert follow(to(f"{CDN}/x", status), get())[0].status_code == status


@pytest.mark.parametrize("location", ["", "  "])
def test_a_redirect_without_a_location_is_the_response(location: str) -> None:
    assert follow(to(location), get())[0].status_code == 307


@pytest.mark.parametrize(
    "location",
    [
        "https://alice:hunter2@cdn.example.net/x",
        "https://cdn.example.net:99999/x",
        "ftp://cdn.example.net/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https://[::1",
        "https://cdn.example.net\\@evil.test/",
        "https://0x7f.1/x",
    ],
)
def test_the_error_for_an_invalid_location_shows_no_secrets(location: str) -> None:
    with pytest.raises(TransportError) as caught:
        follow(to(location), get())
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "target", ["/a//b/../c/./d?X-Sig=%2f%2F+~'()*&e=&&f", '/%7Eu/[x]?q={}|^`"', "?only=query", "/x?", "/x;y=z?a=b;c"]
)
def test_a_signed_target_is_sent_verbatim(target: str) -> None:
    _, [_, second] = follow(to(CDN + target), get())
    assert second.url.raw_path.decode() == (target if target.startswith("/") else f"/{target}")
    assert second.url.host == "cdn.example.net"


def test_a_fragment_is_not_sent() -> None:
    _, [_, second] = follow(to(f"{CDN}/x?y=z#fragment"), get())
    assert second.url.raw_path == b"/x?y=z"


def test_a_location_is_relative_to_a_verbatim_url() -> None:
    request = get()
    request.url = verbatim_url(f"{HOME}/v2/a/../b/blobs/x")
    _, [_, second] = follow(to("/y/../z"), request)
    assert second.url.raw_path == b"/y/../z"
    assert make_absolute(str(request.url), "/y") == f"{HOME}/y"


@pytest.mark.parametrize("private", [("127.0.0.1",), (*PUBLIC, "10.0.0.1"), ("fd00::1",), ("64:ff9b::a00:1",)])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_redirect_from_a_public_registry_to_a_private_network_is_refused(private: tuple[str, ...], method: str) -> None:
    request = get(method=method)
    with pytest.raises(TransportError, match="in a private network"):
        follow(to(CDN), request, addresses={"cdn.example.net": private})
    assert request.url.host == "registry.example.com"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "10.0.0.1", "169.254.169.254"])
def test_a_redirect_from_a_public_registry_to_a_private_address_is_refused(host: str) -> None:
    addresses: dict[str, tuple[str, ...] | None] = {host.strip("[]"): (host.strip("[]"),), "localhost": ("127.0.0.1",)}
    with pytest.raises(TransportError, match="in a private network"):
        follow(to(f"https://{host}/x"), get(), addresses=addresses)


def test_an_upload_location_in_a_private_network_is_refused() -> None:
    with pytest.raises(TransportError, match="in a private network"):
        follow(lambda request: httpx.Response(200), get(f"{CDN}/x"), addresses={"cdn.example.net": ("10.0.0.1",)})


@pytest.mark.parametrize("own", [("10.0.0.9",), ("10.0.0.9", "fd00::9")])
def test_a_private_registry_may_redirect_to_private_addresses(own: tuple[str, ...]) -> None:
    addresses: dict[str, tuple[str, ...] | None] = {"registry.example.com": own, "cdn.example.net": ("10.0.0.1",)}
    _, sent = follow(to(CDN), get(), addresses=addresses)
    assert [call_of(request).addresses for request in sent] == [None, None]


@pytest.mark.parametrize("own", [(*PUBLIC, "10.0.0.9"), None, ()])
def test_a_registry_is_public_with_one_public_address_or_none_that_is_known(own: tuple[str, ...] | None) -> None:
    addresses = {"registry.example.com": own, "cdn.example.net": ("10.0.0.1",)}
    with pytest.raises(TransportError, match="in a private network"):
        follow(to(CDN), get(), addresses=addresses)


@pytest.mark.parametrize("own", [None, ()])
def test_without_addresses_the_name_of_the_registry_decides(own: tuple[str, ...] | None) -> None:
    addresses = {"registry": own, "cdn.example.net": ("10.0.0.1",)}
    _, sent = follow(to(CDN), get("https://registry/v2/"), "https://registry", addresses=addresses)
    assert len(sent) == 2


def test_a_host_that_a_proxy_resolves_is_not_pinned() -> None:
    _, sent = follow(to(CDN), get(), addresses={"cdn.example.net": None})
    assert [call_of(request).addresses for request in sent] == [None, None]


@pytest.mark.parametrize("target", ["http://registry.example.com/x", "http://registry.example.com:6379/x"])
@pytest.mark.parametrize("is_redirect", [True, False])
def test_the_registrys_own_host_may_not_lead_into_the_callers_network(target: str, is_redirect: bool) -> None:
    known: dict[str, tuple[str, ...] | None] = {"registry.example.com": PUBLIC}
    home = "http://registry.example.com"
    first = get(f"{home}/v2/") if is_redirect else get(target)
    _, sent = follow(to(target) if is_redirect else lambda _: httpx.Response(200), first, home, known, is_named=True)
    assert call_of(sent[-1]).addresses == PUBLIC


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://registry.example.com./x", f"{HOME}/x"),
        ("https://CDN.example.net.:443/y", f"{CDN}/y"),
        ("https://[2001:4860:4860:0:0:0:0:8888]/z", "https://[2001:4860:4860::8888]/z"),
        ("https://[::ffff:93.184.216.34]/z", "https://[::ffff:5db8:d822]/z"),
    ],
)
def test_the_host_that_was_checked_is_the_host_that_is_sent(location: str, url: str) -> None:
    _, sent = follow(to(location), get())
    assert str(sent[-1].url) == url
    assert sent[-1].headers["Host"] == url.split("/")[2]


def test_an_international_host_is_sent_in_ascii() -> None:
    _, sent = follow(to("https://xn--strae-oqa.example/x"), get())
    assert sent[-1].url.host == "xn--strae-oqa.example"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_a_chain_that_has_left_the_registry_stays_without_credentials(method: str) -> None:
    locations = iter([f"{CDN}/x", f"{HOME}/v2/victim/manifests/latest"])

    def answer(request: httpx.Request) -> httpx.Response:
        location = next(locations, None)
        return httpx.Response(307, headers={"Location": location}) if location else httpx.Response(200)

    response, sent = follow(answer, get(method=method))
    assert [request.headers.get("Authorization") for request in sent[1:]] == [None] * (len(sent) - 1)
    assert (len(sent), response.status_code) == ((3, 200) if method in ("GET", "HEAD") else (2, 307))


@pytest.mark.parametrize(
    "named",
    [
        "https://cdn.example.net/next",
        "http://cdn.example.net/next",
        "https://registry.example.com/v2/victim",
        "https://a.example/x",
    ],
)
def test_a_storage_host_names_urls_on_its_own_origin_only(named: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(202, headers={"Location": named, "Link": f'<{named}>; rel="next"'})

    response, _ = follow(answer, get(f"{CDN}/upload", "PATCH"), is_named=True)
    if named.endswith("//cdn.example.net/next"):
        assert url_header(response, "Location") == next_link(response) == f"{CDN}/next"
        return
    with pytest.raises(TransportError, match="only the registry itself"):
        url_header(response, "Location")
    with pytest.raises(TransportError, match="only the registry itself"):
        next_link(response)


def test_requests_to_a_checked_host_connect_only_to_its_checked_addresses() -> None:
    locations = iter([CDN, "https://other.example.org/y", f"{HOME}/z"])

    def answer(request: httpx.Request) -> httpx.Response:
        location = next(locations, None)
        return httpx.Response(307, headers={"Location": location}) if location else httpx.Response(200)

    known: dict[str, tuple[str, ...] | None] = {"cdn.example.net": PUBLIC[:1], "other.example.org": PUBLIC[1:]}
    request = get(extensions={CALL: CallContext(bulk=True)})
    _, sent = follow(answer, request, addresses=known)
    assert [call_of(one).addresses for one in sent] == [None, PUBLIC[:1], PUBLIC[1:], None]
    assert all(call_of(one).bulk for one in sent)
