"""Random chains of redirects through a registry, its storage, another registry and back: no request breaks a rule in SECURITY.md.

The flow runs without a network. The rules are written down here once more, in other words than in `auth/destinations.py`.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from attrs import evolve, frozen
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from docker_registry_sdk._core.auth.anonymous import AnonymousLogin
from docker_registry_sdk._core.auth.authenticator import Authenticator
from docker_registry_sdk._core.auth.effects import Acquire, Effect, FindCredential, HeldCredential, Read, Resolve, Send
from docker_registry_sdk._core.auth.tokens import TokenStore
from docker_registry_sdk._core.transport.registry_origin import RegistryOrigin
from docker_registry_sdk._core.transport.request_policy import V2AuthPolicy
from docker_registry_sdk._core.wire import CALL, CALLERS_HEADERS, CallContext, Request, build, call_of, verbatim_url
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import AuthError, TransportError
from docker_registry_sdk.reference import parse_index

CLIENT = httpx.Client()
PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.1"
ADDRESSES = {
    "storage.example.net": ("93.184.216.35",),
    "other.example.org": ("93.184.216.36", "2606:2800:220:1::1"),
    "inner.example.com": (PRIVATE,),
    "mixed.example.com": ("93.184.216.37", PRIVATE),
    "localhost": ("127.0.0.1",),
}
# How the registry's host is known, and whether the registry counts as one on the internet.
REGISTRIES: dict[str, tuple[tuple[str, ...] | None, bool]] = {
    "a public address": ((PUBLIC,), True),
    "a public and a private address": ((PUBLIC, PRIVATE), True),
    "private addresses": ((PRIVATE, "fd00::1"), False),
    "a proxy": (None, True),
    "no address": ((), True),
}
HOSTS = [
    "registry.example.com",
    "registry.example.com.",
    "REGISTRY.example.com",
    *ADDRESSES,
    "Storage.example.net.",
    PRIVATE,
    "127.0.0.1",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "8.8.8.8",
    "xn--strae-oqa.example",
    "unknown.example.com",
]
PATHS = ["/v2/a/blobs/x", "/v2/victim/manifests/latest", "/x?sig=%2f"]
LOCATIONS = st.one_of(
    st.builds("{}://{}{}{}".format, st.sampled_from(["http", "https"]), st.sampled_from(HOSTS), st.sampled_from(["", ":8443"]),
              st.sampled_from(PATHS)),
    st.sampled_from(PATHS),
    st.sampled_from(["//storage.example.net/x", "//registry.example.com/y"]),
)  # fmt: skip


@frozen
class Chain:
    """A request, and the redirects that answer it and the requests after it. Other hosts answer 401 if there is a realm."""

    scheme: str
    registry: str
    method: str
    first: str
    external: bool
    repeatable: bool
    redirects: list[tuple[int, str]]
    proxied: frozenset[str]
    realm: str = ""


CHAINS = st.builds(
    Chain,
    st.sampled_from(["http", "https"]),
    st.sampled_from(sorted(REGISTRIES)),
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
    LOCATIONS,
    st.booleans(),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from([307, 308, 302, 307, 308, 301, 303]), LOCATIONS), max_size=7),
    st.frozensets(st.sampled_from(sorted(ADDRESSES))),
    st.one_of(st.just(""), LOCATIONS),
)


class Lock:
    """A lock that nobody else wants."""

    def release(self) -> None:
        """Release the lock."""


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host in lower case without a final dot, and port of a URL."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    return parts.scheme, host, parts.port or {"http": 80, "https": 443}[parts.scheme]


def is_address(host: str) -> bool:
    """Return whether a host is an IP address."""
    return ":" in host or host.replace(".", "").isdigit()


def known_addresses(host: str, chain: Chain) -> tuple[str, ...] | None:
    """Return the addresses of a host; None if a proxy resolves the host."""
    if is_address(host):
        return (host,)
    if host == "registry.example.com":
        return REGISTRIES[chain.registry][0]
    return None if host in chain.proxied else ADDRESSES.get(host, ())


def is_private(host: str) -> bool:
    """Return whether a host is an address or name of a private network."""
    if not is_address(host):
        return host == "localhost"
    address = ip_address(host)
    return not (getattr(address, "ipv4_mapped", None) or address).is_global


def run(chain: Chain) -> list[httpx.Request]:
    """Send the request of a chain, and return all requests of the flow."""
    registry = RegistryOrigin(parse_index(f"{chain.scheme}://registry.example.com"))
    home = str(registry.origin)

    def ping() -> httpx.Request:
        return httpx.Request("GET", f"{home}/v2/")

    def build_token_request(request: Request) -> httpx.Request:
        built = build(CLIENT, request, request.body)
        built.headers["X-Api-Key"] = "K3Y"
        built.extensions[CALLERS_HEADERS] = {"x-api-key"}
        return built

    tokens = TokenStore(Lock)
    authenticator = Authenticator(lambda: registry.origin, build_token_request, ping, (), tokens, Lock())
    authenticator.learn(httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="x"'}))
    anonymous = AnonymousLogin(lambda: registry.origin, build_token_request, (), tokens)
    policy = V2AuthPolicy(registry, authenticator, anonymous)
    first = f"{home}{chain.first}" if chain.first.startswith("/") and not chain.first.startswith("//") else chain.first
    first = f"{chain.scheme}:{first}" if first.startswith("//") else first
    request = httpx.Request(
        chain.method,
        first,
        content=b"x" if chain.repeatable else iter([b"x"]),
        headers={"X-Api-Key": "K3Y", "Cookie": "a=b", "Accept": "x/y"},
        extensions={CALL: CallContext(opaque=True, external=chain.external), CALLERS_HEADERS: {"x-api-key"}},
    )
    request.url = verbatim_url(first)
    answers = iter(chain.redirects)
    sent: list[httpx.Request] = []
    flow = policy.flow(request)

    def perform(effect: Effect) -> Any:
        match effect:
            case Send(request=request):
                # A copy, since the flow may change the request later.
                sent.append(
                    httpx.Request(request.method, request.url, headers=request.headers, extensions=dict(request.extensions))
                )
                sent[-1].url = request.url
                if call_of(request).operation_id == "get_token":
                    return httpx.Response(200, json={"token": "anonymous"}, request=request)
                status, location = next(answers, (200, ""))
                headers = {"Location": location} if location else {}
                if status == 200 and chain.realm and "Authorization" not in request.headers:
                    status, headers = 401, {"WWW-Authenticate": f'Bearer realm="{chain.realm}",service="s"'}
                return httpx.Response(status, headers=headers, request=request)
            case FindCredential():
                return HeldCredential(Credential("alice", "S3CR3T"))
            case Resolve(origin=target):
                return known_addresses(target.host, chain)
            case Read(response=response):
                return response
            case Acquire():
                return True

    try:
        effect = next(flow)
        while True:
            effect = flow.send(perform(effect))
    except StopIteration:
        event("response")
    except (TransportError, AuthError):
        event("refused")
    return sent


def write(first: str, *redirects: str) -> Chain:
    """Return a chain that begins with a PUT to a registry on the internet."""
    return Chain("https", "a public address", "PUT", first, False, True, [(307, url) for url in redirects], frozenset())


@settings(max_examples=200)
@example(write("https://storage.example.net/x", PATHS[1], "https://registry.example.com/v2/victim/manifests/latest"))
@example(write(PATHS[0], "https://storage.example.net/x", "https://registry.example.com/v2/victim/manifests/latest"))
@example(write(PATHS[0], "https://storage.example.net/x", "https://other.example.org/x"))
@example(evolve(write(PATHS[0], f"https://registry.example.com{PATHS[0]}"), scheme="http", method="GET"))
@example(evolve(write(PATHS[0], f"https://registry.example.com:8443{PATHS[0]}"), scheme="http"))
@example(evolve(write(PATHS[0], f"https://registry.example.com{PATHS[2]}"), scheme="http", method="GET"))
@example(evolve(write(PATHS[0], "https://storage.example.net/v2/x"), method="GET", realm="https://other.example.org/token"))
@example(evolve(write(PATHS[0], "https://storage.example.net/v2/x"), method="GET", realm="/token"))
@example(evolve(write(PATHS[0], "https://storage.example.net/v2/x"), method="GET", realm="https://inner.example.com/token"))
@given(CHAINS)
def test_no_request_breaks_a_rule(chain: Chain) -> None:
    sent = run(chain)
    requests = [request for request in sent if call_of(request).operation_id != "get_token"]
    home = (chain.scheme, "registry.example.com", 80 if chain.scheme == "http" else 443)
    is_public = REGISTRIES[chain.registry][1]
    is_home, is_secure = not chain.external, chain.scheme == "https"
    for number, request in enumerate(requests):
        scheme, host, port = origin(str(request.url))
        before = requests[number - 1] if number else request
        is_again = number > 0 and request.url == before.url and "authorization" not in before.headers and not is_home
        # A registry on http that redirects to the same path with https on its own host is that registry.
        is_same = number > 0 and request.url.raw_path == before.url.raw_path
        is_upgrade = is_home and is_same and (home[0], scheme, host) == ("http", "https", home[1])
        home = (scheme, host, port) if is_upgrade else home
        was_home, is_home = is_home, is_home and (scheme, host, port) == home
        event(f"{number} {'at the registry' if is_home else 'elsewhere'}")
        # 1. The credential and the caller's headers go to the registry, and only before the chain has left it.
        if is_home or "authorization" in request.headers:
            assert request.headers["authorization"].startswith("Basic" if is_home else "Bearer anonymous")
            assert is_home or (is_again and not chain.external)
        assert ("x-api-key" in request.headers) == is_home
        if not is_home:
            assert not {"cookie", "proxy-authorization"} & request.headers.keys()
            assert call_of(request).elsewhere
        # 2. A changing request goes only to a URL that the registry, or the caller, named.
        assert request.method == chain.method
        if number and request.method not in ("GET", "HEAD"):
            assert was_home
            assert chain.redirects[number - 1][0] in ((301, 302, 307, 308) if is_upgrade else (307, 308))
            assert chain.repeatable
        # 3. From https, nothing leads to http.
        assert scheme == "https" or not is_secure
        is_secure = is_secure or scheme == "https"
        # 4. A public registry leads nobody into the caller's network; connections go to the checked addresses only.
        if is_public:
            assert not is_private(host)
            assert not (chain.external and is_address(host))
            if (scheme, host, port) != home or scheme == "http" or chain.external:
                known = known_addresses(host, chain)
                assert call_of(request).addresses == known
                assert not any(map(is_private, known or ()))
        # 5. The host is sent as it was checked.
        assert request.url.netloc.decode() == request.headers["Host"]
        assert request.url.host == host
    assert len(requests) <= 7
    for request in sent:
        if call_of(request).operation_id == "get_token":
            scheme, host, _ = origin(str(request.url))
            assert not {"authorization", "cookie", "x-api-key"} & request.headers.keys()
            assert request.method == "GET"
            assert scheme == "https" or chain.scheme == "http"
            if is_public:
                assert not is_private(host)
                assert not is_address(host) or host in {origin(str(one.url))[1] for one in requests}
                assert host == home[1] or call_of(request).addresses == known_addresses(host, chain)


@given(CHAINS)
def test_nothing_is_refused_that_breaks_no_rule(chain: Chain) -> None:
    """A registry on plain http in the caller's network may lead reads anywhere, but not from https to http on another host."""
    chain = evolve(chain, scheme="http", registry="private addresses", method="GET", realm="")
    url = urljoin("http://registry.example.com/", chain.first)
    expected = 1
    for _, location in chain.redirects[:5]:
        before, (scheme, host, port) = origin(url), origin(url := urljoin(url, location))
        if before[0] == "https" and scheme == "http":
            if host != before[1] or port not in (80, before[2]):
                break
            url = f"https://{f'[{host}]' if ':' in host else host}:{before[2]}/"  # a server behind a proxy that ends TLS
        expected += 1
    assert len(run(chain)) == expected
