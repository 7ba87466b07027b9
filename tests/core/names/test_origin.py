"""Origins: which URLs share an origin, which hosts are the same site, and which are private."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.names.hosts import HostError, check_host
from docker_registry_sdk._core.names.origin import Origin, is_loopback_host, is_private_host, normalize_host, same_site
from docker_registry_sdk.errors import InvalidReferenceError

URL = Origin.from_url


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://quay.io", "https://quay.io:443/v2/?a=b#c"),
        ("http://quay.io/", "http://QUAY.IO:80"),
        ("HTTPS://quay.io", "https://quay.io."),
        ("https://quay.io:/x", "https://quay.io"),
        ("http://[::1]:5000/", "http://[0:0:0:0:0:0:0:1]:5000/"),
        ("http://[FC00::A]/", "http://[fc00::a]:80/"),
        ("http://1.2.3.4./", "http://1.2.3.4:80/"),
    ],
)
def test_urls_with_equal_origins(one: str, other: str) -> None:
    assert URL(one) == URL(other)
    assert hash(URL(one)) == hash(URL(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://quay.io", "http://quay.io"),
        ("https://quay.io", "http://quay.io:443"),
        ("https://quay.io", "https://quay.io:8443"),
        ("https://quay.io", "https://www.quay.io"),
        ("http://127.0.0.1", "http://localhost"),
        ("http://127.0.0.1", "http://[::ffff:127.0.0.1]"),
    ],
)
def test_urls_with_different_origins(one: str, other: str) -> None:
    assert URL(one) != URL(other)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://Quay.io:443/v2/", "https://quay.io"),
        ("http://quay.io:5000", "http://quay.io:5000"),
        ("http://[::1]:5000/", "http://[::1]:5000"),
        ("https://[::1]:443/", "https://[::1]"),
        ("http://my_registry:5000/", "http://my_registry:5000"),
        ("https://xn--n3h.com?x", "https://xn--n3h.com"),
    ],
)
def test_text_of_an_origin_is_its_shortest_url(url: str, text: str) -> None:
    assert str(URL(url)) == text
    assert URL(str(URL(url))) == URL(url)
    assert text.endswith(f"//{URL(url).netloc}")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "quay.io",
        "//quay.io",
        "ftp://quay.io",
        "https://",
        "https:///v2/",
        "https:quay.io",
        "https://:443",
        "https://quay.io:0",
        "https://quay.io:65536",
        "https://quay.io:+80",
        "https://quay.io:80a",
        "https://quay.io:８０",
        "https://a..b/",
        "https://-a.b/",
        "https://quay.io../",
        "https://quay.io/ x",
        "https://quay\t.io/",
        "https://quay.io\n/",
        "https://quay.io\\@evil.test/",
        "https://q%75ay.io/",
        "https://ｑuay.io/",
        "https://quay。io/",
        "https://user@quay.io/",
        "https://user:secret@quay.io/",
        "https://quay.io:443@evil.test/",
        "https://::1/",
        "https://:::",
        "https://:::443/",
        "https://[::1",
        "https://[::1]evil.test/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.a]/",
        f"https://{'a' * 64}.test/",
        f"https://{'a.' * 127}test/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.01/",
        "http://127.0.0.0x1/",
        "http://1.2.3.4.5/",
        "http://1.2.3.256/",
        "http://0x/",
    ],
)
def test_invalid_or_ambiguous_url_is_rejected(url: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        URL(url)
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text() | st.from_regex(r"https?://[a-z0-9.:\[\]@\\/%-]{1,30}", fullmatch=True))
def test_any_text_has_an_origin_that_parses_to_itself_or_is_rejected(text: str) -> None:
    try:
        origin = URL(text)
    except InvalidReferenceError:
        return
    assert URL(str(origin)) == origin
    assert Origin(origin.scheme, origin.host, origin.port) == origin
    assert isinstance(origin.is_private, bool)
    assert same_site(origin, origin)


def test_constructor_checks_its_arguments_and_sets_the_default_port() -> None:
    assert Origin("https", "Quay.IO") == URL("https://quay.io")
    assert Origin("http", "[::1]", 5000).host == "::1"
    assert Origin("http", "::1").is_address
    for wrong in (("ftp", "quay.io"), ("https", "quay.io:443"), ("https", "a/b"), ("https", ""), ("https", "quay.io", 0)):
        with pytest.raises(InvalidReferenceError):
            Origin(*wrong)  # pyright: ignore[reportArgumentType]
    for port in (True, "443", 65536, None):
        with pytest.raises(InvalidReferenceError, match="port"):
            Origin("https", "quay.io", port)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidReferenceError, match="must be a string"):
        URL(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidReferenceError, match="must be a string"):
        normalize_host(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_is_secure() -> None:
    assert URL("https://quay.io").is_secure
    assert not URL("http://quay.io").is_secure


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("registry-1.docker.io", "auth.docker.io", True),
        ("docker.io", "auth.docker.io", True),
        ("quay.io", "quay.io", True),
        ("a.b.example.co.uk", "c.example.co.uk", True),
        ("quay.io", "quay.io.evil.com", False),
        ("quay.io", "notquay.io", False),
        ("a.co.uk", "b.co.uk", False),
        ("a.github.io", "b.github.io", False),
        ("com", "a.com", False),
        ("a.xn--p1ai", "b.xn--p1ai", False),
        ("a.b.xn--p1ai", "c.b.xn--p1ai", True),
        ("registry.corp.internal", "auth.corp.internal", False),
        ("registry.corp.internal", "registry.corp.internal", True),
        ("a.ns.svc.cluster.local", "b.evil.svc.cluster.local", False),
        ("localhost", "localhost", True),
        ("localhost", "a.localhost", False),
        ("registry", "auth", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("1.2.3.4", "5.2.3.4", False),
        ("[::1]", "[0::1]", True),
        ("[::1]", "[::2]", False),
        ("127.0.0.1", "localhost", False),
    ],
)
def test_same_site(one: str, other: str, same: bool) -> None:
    first, second = URL(f"https://{one}"), URL(f"http://{other}:5000")
    assert same_site(first, second) is same
    assert same_site(second, first) is same


LOOPBACK = ["127.0.0.1", "127.255.255.254", "::1", "[::1]", "::ffff:127.0.0.1", "localhost", "LOCALHOST.", "a.localhost"]
PRIVATE = [
    *LOOPBACK,
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2606:2800::5efe:10.0.0.1",
    "2606:2800::200:5efe:7f00:1",
    "2001:0:7f00:1::",
    "::127.0.0.1",
    "192.0.0.8",
    "192.88.99.1",
    "fec0::1",
    "3fff::1",
    "64:ff9b:1::1",
    "registry",
    "metadata.google.internal",
    "printer.local",
    "nas.home.arpa",
]
PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "quay.io", "local.example.com", "notlocalhost.com"]


@pytest.mark.parametrize("host", PRIVATE)
def test_private_hosts(host: str) -> None:
    assert is_private_host(host)
    assert is_loopback_host(host) is (host in LOOPBACK)


@pytest.mark.parametrize("host", PUBLIC)
def test_public_hosts(host: str) -> None:
    assert not is_private_host(host)
    assert not is_loopback_host(host)


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "10.0.0.1:80", "a b", "", "http://a"])
def test_invalid_host_is_rejected_by_is_private_host(host: str) -> None:
    for question in (is_private_host, is_loopback_host, normalize_host):
        with pytest.raises(InvalidReferenceError, match="host"):
            question(host)


def test_properties_of_an_origin_equal_the_functions() -> None:
    assert URL("http://[::ffff:127.0.0.1]/").is_loopback
    assert URL("http://10.0.0.1/").is_private
    assert not URL("http://10.0.0.1/").is_loopback
    assert not URL("https://quay.io").is_private
    assert not URL("https://quay.io").is_address


def test_public_suffix_list_is_loaded_on_first_use() -> None:
    script = (
        "import sys\nfrom docker_registry_sdk._core.names.origin import Origin, same_site\n"
        "one = Origin.from_url('https://a.example.com'); same_site(one, one); one.is_private\n"
        "assert 'publicsuffixlist' not in sys.modules\n"
        "same_site(one, Origin.from_url('https://b.example.com'))\nassert 'publicsuffixlist' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(("strict", "allowed"), [(True, "letters, digits and hyphens"), (False, "letters, digits, underscores")])
def test_error_for_a_host_names_the_characters_that_are_allowed(strict: bool, allowed: str) -> None:
    with pytest.raises(HostError, match=f"only {allowed}"):
        check_host("a$b.test", strict=strict)
