"""The realm policy: which token services are requested, and which get a credential."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.auth.effects import Resolve
from docker_registry_sdk._core.auth.realm import (
    absolute_realm,
    check_realm,
    environment_realms,
    find_realm_addresses,
    parse_trusted,
)
from docker_registry_sdk._core.names.origin import Origin
from docker_registry_sdk.errors import AuthError, InvalidReferenceError

HTTPS = "https://registry.example.com"
HTTP = "http://registry.example.com"


def is_allowed(realm: str, registry: str = HTTPS, trusted: tuple[str, ...] = (), *, secret: bool) -> bool:
    """Return whether the policy allows a token request to a realm, with the credential if `secret`; other names are public."""
    origin = Origin.from_url(registry)
    try:
        checked = check_realm(absolute_realm(realm, origin), origin, trusted=trusted, secret=secret)
        finding = find_realm_addresses(checked, origin, trusted)
        try:
            effect = next(finding)
            while True:
                assert isinstance(effect, Resolve)
                effect = finding.send(("127.0.0.1",) if effect.origin.is_private else ("93.184.216.34",))
        except StopIteration:
            pass
    except AuthError as error:
        assert error.source == f"the registry {Origin.from_url(registry)}"
        return False
    return True


@pytest.mark.parametrize(
    ("registry", "realm", "trusted", "with_secret", "without"),
    [
        # The host of the registry, and hosts of its registrable domain.
        (HTTPS, "https://registry.example.com/token", (), True, True),
        (HTTPS, "https://REGISTRY.example.com./token", (), True, True),
        (HTTPS, "https://registry.example.com:8443/token", (), True, True),
        (HTTPS, "https://auth.example.com/token", (), True, True),
        (HTTPS, "https://example.com/token?tenant=x", (), True, True),
        ("https://registry-1.docker.io", "https://auth.docker.io/token", (), True, True),
        ("https://a.github.io", "https://b.github.io/token", (), False, True),
        ("https://one.co.uk", "https://two.co.uk/token", (), False, True),
        ("https://example.com.evil.test", "https://auth.example.com/token", (), False, True),
        # Another site.
        (HTTPS, "https://evil.test/token", (), False, True),
        (HTTPS, "https://registry.example.com.evil.test/token", (), False, True),
        (HTTPS, "https://evil.test/registry.example.com", (), False, True),
        (HTTPS, "https://evil.test/token", ("evil.test",), True, True),
        (HTTPS, "https://evil.test/token", ("EVIL.test.",), True, True),
        (HTTPS, "https://evil.test/token", ("evil.test:443",), True, True),
        (HTTPS, "https://evil.test/token", ("evil.test:8443",), False, True),
        (HTTPS, "https://evil.test:8443/token", ("evil.test:8443",), True, True),
        (HTTPS, "https://evil.test:8443/token", ("evil.test",), True, True),
        (HTTPS, "https://sub.evil.test/token", ("evil.test",), False, True),
        # Plain http.
        (HTTPS, "http://registry.example.com/token", (), True, True),  # by https: the registry is behind a proxy that ends TLS
        (HTTPS, "http://registry.example.com:443/token", (), True, True),
        (HTTPS, "http://registry.example.com:5000/token", (), False, False),
        (HTTPS, "http://auth.example.com/token", ("auth.example.com",), False, False),
        (HTTP, "http://auth.example.com/token", (), True, True),
        (HTTP, "https://auth.example.com/token", (), True, True),
        (HTTP, "http://evil.test/token", (), False, True),
        # IP addresses and private hosts.
        (HTTPS, "https://93.184.216.34/token", (), False, False),
        (HTTPS, "https://127.0.0.1/token", (), False, False),
        (HTTPS, "https://169.254.169.254/latest/meta-data", (), False, False),
        (HTTPS, "https://[::1]/token", (), False, False),
        (HTTPS, "https://[::ffff:169.254.169.254]/token", (), False, False),
        (HTTPS, "https://[64:ff9b::a9fe:a9fe]/token", (), False, False),
        (HTTPS, "https://2130706433/token", (), False, False),
        (HTTPS, "https://0x7f.1/token", (), False, False),
        (HTTPS, "https://localhost/token", (), False, False),
        (HTTPS, "https://intranet/token", (), False, False),
        (HTTPS, "https://metadata.google.internal/token", (), False, False),
        (HTTPS, "https://printer.local/token", (), False, False),
        (HTTPS, "https://10.0.0.1/token", ("10.0.0.1",), True, True),
        (HTTPS, "https://[fd00::1]:8443/token", ("[fd00::1]",), True, True),
        (HTTPS, "https://[fd00::1]:8443/token", ("[FD00:0::1]:8443",), True, True),
        (HTTPS, "https://[fd00::1]/token", ("fd00::1",), True, True),
        (HTTPS, "https://[fd00::1]/token", ("[fd00::1]:443",), True, True),
        ("https://10.0.0.1:5000", "https://10.0.0.1:5001/token", (), True, True),
        ("https://10.0.0.1:5000", "https://10.0.0.2:5001/token", (), False, True),
        ("https://10.0.0.1:5000", "https://auth.example.com/token", (), False, True),
        ("http://registry:5000", "http://gitlab/jwt/auth", (), False, True),
        ("http://registry.corp.internal", "http://gitlab.corp.internal/jwt/auth", (), False, True),
        ("http://registry.corp.internal", "http://gitlab.corp.internal/jwt/auth", ("gitlab.corp.internal",), True, True),
        ("http://localhost:5000", "http://localhost:5001/token", (), True, True),
        ("http://localhost:5000", "http://127.0.0.1:5000/token", (), False, True),
        # Realms that are relative to the registry.
        (HTTPS, "/token", (), True, True),
        (HTTPS, "/token?service=x", (), True, True),
        (HTTPS, "//auth.example.com/token", (), True, True),
        (HTTPS, "//evil.test/token", (), False, True),
        (HTTPS, "//10.0.0.1/token", (), False, False),
        (HTTPS, "///token", (), False, False),
        (HTTPS, "/to ken", (), False, False),
        (HTTPS, "/\\evil.test/token", (), False, False),
        (HTTPS, "token", (), False, False),
        (HTTPS, "registry.example.com/token", (), False, False),
        # Invalid realms.
        (HTTPS, "https://registry.example.com@evil.test/token", (), False, False),
        (HTTPS, "https://alice:hunter2@registry.example.com/token", (), False, False),
        (HTTPS, "https://registry.example.com\\@evil.test/token", (), False, False),
        (HTTPS, "https://registry.example.com/token#fragment", (), False, False),
        (HTTPS, "https://registry.example.com:0/token", (), False, False),
        (HTTPS, "https://registry.example.com:99999/token", (), False, False),
        (HTTPS, "https://registry.example.com:44e3/token", (), False, False),
        (HTTPS, "ftp://auth.example.com/token", (), False, False),
        (HTTPS, "file:///etc/passwd", (), False, False),
        (HTTPS, "https:///token", (), False, False),
        (HTTPS, "Registry Realm", (), False, False),
        (HTTPS, "https://auth.example.com/to ken", (), False, False),
        (HTTPS, "https://auth.example.com/\r\nX: y", (), False, False),
        (HTTPS, "https://аuth.example.com/token", (), False, False),
        (HTTPS, "", (), False, False),
    ],
)
def test_policy(registry: str, realm: str, trusted: tuple[str, ...], with_secret: bool, without: bool) -> None:
    assert is_allowed(realm, registry, trusted, secret=True) is with_secret
    assert is_allowed(realm, registry, trusted, secret=False) is without


@pytest.mark.parametrize(
    ("realm", "words"),
    [
        ("http://registry.example.com/token", "plain http"),
        ("https://evil.test/token", "trusted_realms=['evil.test']"),
        ("https://10.0.0.1:8443/token", "trusted_realms=['10.0.0.1:8443']"),
        ("https://[fd00::1]:8443/token", "trusted_realms=['[fd00::1]:8443']"),
    ],
)
def test_the_error_has_the_reason_and_the_remedy(realm: str, words: str) -> None:
    with pytest.raises(AuthError) as caught:
        check_realm(realm, Origin.from_url(HTTPS), trusted=(), secret=True)
    assert words in str(caught.value)
    if "trusted_realms" in words:  # the option in the message allows the realm
        advised = words.removeprefix("trusted_realms=['").removesuffix("']")
        check_realm(realm, Origin.from_url(HTTPS), trusted=[advised], secret=True)


@pytest.mark.parametrize("name", ["", "https://auth.example.com", "auth.example.com/token", "a b", "a:port", "a:0", "127.1"])
def test_a_trusted_realm_must_be_a_host(name: str) -> None:
    with pytest.raises(InvalidReferenceError):
        parse_trusted([name])


def test_trusted_realms_must_not_be_a_string() -> None:
    with pytest.raises(TypeError, match="a collection of hosts"):
        parse_trusted("auth.example.com")


def test_the_variable_has_hosts_with_commas_or_spaces_between_them() -> None:
    assert environment_realms({}) == environment_realms({"DOCKER_REGISTRY_SDK_TRUSTED_REALMS": " , "}) == ()
    names = environment_realms({"DOCKER_REGISTRY_SDK_TRUSTED_REALMS": "auth.example.com, [::1]:5001 10.0.0.1"})
    assert parse_trusted(names) == {("auth.example.com", None), ("::1", 5001), ("10.0.0.1", None)}


ORIGINS = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["registry.example.com", "auth.example.com", "evil.test", "10.0.0.1", "registry"]),
    st.sampled_from(["", ":80", ":443", ":5000"]),
)


@given(ORIGINS, ORIGINS, st.sampled_from(["/token", "/t?x=/../%2f", ""]), st.sampled_from(["absolute", "//", "/"]))
def test_no_form_of_a_realm_leads_the_credential_elsewhere(home: str, named: str, path: str, form: str) -> None:
    registry = Origin.from_url(home)
    realm = {"absolute": f"{named}{path}", "//": f"{named.partition(':')[2]}{path}", "/": path or "/"}[form]
    absolute = absolute_realm(realm, registry)
    found = Origin.from_url(absolute)
    assert absolute.endswith(path)
    assert found.host == (registry.host if form == "/" else Origin.from_url(named).host)
    if is_allowed(realm, home, secret=True):
        assert found.is_secure or not registry.is_secure
        assert found.host == registry.host or found.host.endswith("example.com")


@given(st.text(max_size=60))
def test_any_realm_is_allowed_or_an_auth_error(realm: str) -> None:
    is_allowed(realm, secret=True)


@given(
    st.sampled_from(["https://evil.test/", "https://registry.example.com.evil.test/", "//evil.test", "http://"]),
    st.text(max_size=20),
)
def test_the_credential_is_not_sent_to_any_realm_of_another_site(start: str, rest: str) -> None:
    assert not is_allowed(start + rest, secret=True)
