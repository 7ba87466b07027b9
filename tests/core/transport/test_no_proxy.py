"""NO_PROXY: which hosts requests are sent to without a proxy."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.transport.no_proxy import NoProxy
from docker_registry_sdk._core.transport.proxy import environment_rules
from docker_registry_sdk._core.wire import verbatim_url


def is_named(entries: str, url: str) -> bool:
    """Return whether entries of NO_PROXY name the host of a URL."""
    return NoProxy(entries).matches(verbatim_url(url))


@pytest.mark.parametrize(
    ("entries", "named", "other"),
    [
        ("127.0.0.1", "http://127.0.0.1:5000", "http://127.0.0.10 http://x127.0.0.1.example"),
        ("127.0.0.0/8", "http://127.0.0.1:5000 https://127.9.9.9", "http://128.0.0.1 http://localhost"),
        ("10.1.2.3/8", "http://10.0.0.1", "http://11.0.0.1"),
        ("fd00::/8", "http://[fd12::1]:5000", "http://[fe80::1] http://127.0.0.1"),
        ("[fd00::]/8", "http://[fd12::1]:5000", "http://[fe80::1]"),
        ("::1", "http://[::1]:5000 https://[0:0::1]", "http://[::2]"),
        ("[::1]", "http://[::1]:5000", "http://[::2]"),
        ("[::1]:5000", "http://[::1]:5000", "http://[::1]:5001 http://[::1]"),
        ("0:0:0:0:0:0:0:1", "http://[::1]", "http://[::2]"),
        ("::ffff:10.0.0.0/104", "http://10.0.0.1 http://[::ffff:10.0.0.1]", "http://11.0.0.1"),
        ("10.0.0.1", "http://[::ffff:10.0.0.1]", "http://[::ffff:10.0.0.2]"),
        ("10.0.0.0/8,127.0.0.1", "http://127.0.0.1 http://10.9.9.9", "http://9.9.9.9"),
        ("127.0.0.1 , foo.example.com", "http://127.0.0.1 http://foo.example.com", "http://example.com"),
        ("127.0.0.1 foo.example.com\tbar", "http://127.0.0.1 http://foo.example.com http://bar", "http://example.com"),
        (",, ,127.0.0.1,", "http://127.0.0.1", "http://example.com"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000 https://127.0.0.1:5000", "http://127.0.0.1"),
        ("example.com:443", "https://example.com https://a.example.com", "http://example.com https://example.com:8443"),
        ("example.com:80", "http://example.com", "https://example.com"),
        ("*", "http://127.0.0.1 https://a.example.com http://[::1]", ""),
        ("foo,*", "http://127.0.0.1", ""),
        ("*:5000", "http://a.example:5000", "http://a.example"),
        (
            "example.com",
            "http://example.com http://a.b.example.com http://EXAMPLE.com.",
            "http://notexample.com http://example.org",
        ),
        ("Example.COM.", "http://example.com", "http://example.org"),
        (".example.com", "http://example.com http://a.b.example.com", "http://notexample.com"),
        (".localhost", "http://localhost:5000 http://a.localhost", "http://127.0.0.1"),
        ("*.example.com", "http://a.example.com http://a.b.example.com", "http://example.com http://notexample.com"),
        ("192.168.0.*", "http://192.168.0.7", "http://192.168.10.7"),
        ("foo_bar", "http://foo_bar", "http://foo.bar"),
        ("http://127.0.0.1", "http://127.0.0.1:5000", "https://127.0.0.1"),
        ("https://example.com/", "https://example.com", "http://example.com"),
        ("all://example.com", "https://example.com http://example.com", "http://example.org"),
        ("http://127.0.0.1,127.0.0.1", "http://127.0.0.1 https://127.0.0.1", "http://127.0.0.2"),
        ("straße.example", "http://xn--strae-oqa.example", "http://strasse.example"),
        ("xn--strae-oqa.example", "http://xn--strae-oqa.example", "http://strasse.example"),
    ],
)
def test_entries_name_hosts(entries: str, named: str, other: str) -> None:
    assert [url for url in named.split() if not is_named(entries, url)] == []
    assert [url for url in other.split() if is_named(entries, url)] == []


@pytest.mark.parametrize(
    "entry",
    ["", "/", "10.0.0.0/99", "fd00::/999", "[", "[]", "]:", ":", ":80", "a:b", "[::1]:x", "://", ".", "%", "a b"],
)
def test_an_entry_without_meaning_is_ignored(entry: str) -> None:
    assert not is_named(entry, "http://127.0.0.1:5000")
    assert not is_named(entry, "http://[::1]:5000")
    assert is_named(f"{entry},127.0.0.1", "http://127.0.0.1:5000")


@pytest.mark.parametrize(("entry", "named"), [("*a" * 60 + "b", False), ("*a" * 20 + "*", True), ("a*aa*a", True)])
def test_an_entry_with_many_wildcards_takes_little_time(entry: str, named: bool) -> None:
    assert is_named(entry, f"http://{'a' * 60}.{'a' * 60}") is named


@given(st.text(max_size=30), st.sampled_from(["http://127.0.0.1", "http://[::1]:5000", "https://a.example.com"]))
def test_any_text_is_read_without_an_error(text: str, url: str) -> None:
    is_named(text, url)
    assert is_named(f"{text} , 127.0.0.1,::1 a.example.com", url)


ADDRESSES = st.ip_addresses()
NETWORKS = st.builds(
    lambda address, length: ip_network((address, length % (address.max_prefixlen + 1)), strict=False),
    ADDRESSES,
    st.integers(0, 128),
)


@given(NETWORKS, ADDRESSES | st.integers(0, 2**128 - 1), st.booleans())
def test_networks_name_what_the_module_ipaddress_says(network, address, in_brackets) -> None:  # type: ignore[no-untyped-def]
    if isinstance(address, int):  # an address of the network
        address = network[address % network.num_addresses]
    host = f"[{address}]" if address.version == 6 else str(address)
    text = f"[{network.network_address}]/{network.prefixlen}" if in_brackets and network.version == 6 else str(network)
    mapped = getattr(address, "ipv4_mapped", None)
    if getattr(network.network_address, "ipv4_mapped", None) is None or network.prefixlen < 96:
        assert is_named(text, f"http://{host}:5000/v2/") == (address in network or (mapped is not None and mapped in network))


@given(ADDRESSES, ADDRESSES, st.none() | st.integers(1, 65535), st.integers(1, 65535))
def test_addresses_with_and_without_a_port(entry, address, port, requested) -> None:  # type: ignore[no-untyped-def]
    text, host = (f"[{one}]" if one.version == 6 else str(one) for one in (entry, address))
    named = is_named(text if port is None else f"{text}:{port}", f"http://{host}:{requested}")
    assert named == (ip_address(entry) == ip_address(address) and port in (None, requested))


def proxy_of(url: str, **variables: str) -> str | None:
    """Return the proxy of a request."""
    rules = environment_rules(variables)
    return next((rule.url for rule in rules if rule.matches(httpx.URL(url))), None)


def test_the_first_rule_that_matches_names_the_proxy() -> None:
    variables = {"http": "127.0.0.1:8080", "all": "socks5h://[::1]:1080", "no": "10.0.0.0/8"}
    assert proxy_of("http://a.example", **variables) == "http://127.0.0.1:8080"
    assert proxy_of("https://a.example", **variables) == "socks5h://[::1]:1080"
    assert proxy_of("https://10.1.1.1", **variables) is None
    assert proxy_of("https://a.example", http="http://x", no="") is None
    assert environment_rules({"no": "*", "http": "", "ftp": "http://x"}) == []
