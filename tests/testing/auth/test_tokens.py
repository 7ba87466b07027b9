"""Access tokens and refresh tokens: expiry, revocation, and forged tokens."""

import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from joserfc.util import urlsafe_b64encode

from docker_registry_sdk.testing import EmbeddedRegistry, RegistryClock, RegistrySettings
from docker_registry_sdk.testing.auth.headers import SERVICE
from docker_registry_sdk.testing.auth.tokens import ISSUER, Tokens
from tests.testing.auth.helpers import bearer, challenge, claims, get_token, post_token

TOKENS = Tokens(RegistryClock(), 60)


def ping(registry: EmbeddedRegistry, token: str) -> httpx.Response:
    return httpx.get(f"{registry.url}/v2/", headers=bearer(token))


def assert_invalid(registry: EmbeddedRegistry, token: str) -> None:
    assert challenge(ping(registry, token))["error"] == "invalid_token"


def refresh(registry: EmbeddedRegistry, refresh_token: str) -> httpx.Response:
    return post_token(registry, grant_type="refresh_token", refresh_token=refresh_token)


def test_expiry() -> None:
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_lifetime=10_000)) as registry:
        response = get_token(registry, offline_token="true")
        registry.clock.advance(9_000)
        assert ping(registry, response["token"]).status_code == 200
        registry.clock.advance(1_000)
        assert_invalid(registry, response["token"])
        registry.clock.advance(1_000_000)
        renewed = refresh(registry, response["refresh_token"])
        assert renewed.status_code == 200
        assert ping(registry, renewed.json()["token"]).status_code == 200


def test_token_issued_in_the_future(token_registry: EmbeddedRegistry) -> None:
    token = get_token(token_registry)["token"]
    token_registry.clock.advance(-60)
    assert_invalid(token_registry, token)


def test_revocation(token_registry: EmbeddedRegistry) -> None:
    old = get_token(token_registry, offline_token="true")
    anonymous = get_token(token_registry, authenticated=False)
    token_registry.revoke_tokens()
    assert_invalid(token_registry, old["token"])
    assert_invalid(token_registry, anonymous["token"])
    assert refresh(token_registry, old["refresh_token"]).status_code == 401
    new = get_token(token_registry, offline_token="true")
    assert ping(token_registry, new["token"]).status_code == 200
    assert refresh(token_registry, new["refresh_token"]).status_code == 200


def test_tokens_survive_a_restart(token_registry: EmbeddedRegistry) -> None:
    token = get_token(token_registry)["token"]
    token_registry.stop()
    token_registry.start()
    assert ping(token_registry, token).status_code == 200


def test_token_of_another_registry(token_registry: EmbeddedRegistry, private_registry: EmbeddedRegistry) -> None:
    assert_invalid(private_registry, get_token(token_registry)["token"])


def test_clock() -> None:
    clock = RegistryClock()
    before = time.time()
    assert before <= clock.now() <= time.time()
    clock.advance(1000)
    clock.advance(-900.5)
    before = time.time()
    assert before + 99.5 <= clock.now() <= time.time() + 99.5


def test_forged_tokens() -> None:
    tokens = Tokens(RegistryClock(), 60)
    token = tokens.issue("ann", [])
    header, payload, signature = token.value.split(".")
    grant = tokens.verify(token.value)
    assert grant == frozenset()
    other = tokens.issue("bob", []).value.split(".")
    headers = [
        b"[" * 50000,
        b"null",
        b"{}",
        b'{"alg":7}',
        b'{"alg":"none"}',
        b'{"alg":"ES256","crit":["x"]}',
        b'{"alg":"ES256","b64":false,"crit":["b64"]}',
    ]
    for forged in [
        f"{header}.{other[1]}.{signature}",
        f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        "..",
        "",
        ". . .",
        "é.é.é",
        *(f"{urlsafe_b64encode(text).decode()}.{payload}.{signature}" for text in headers),
        f"{urlsafe_b64encode(headers[4]).decode()}.{payload}.",
    ]:
        assert tokens.verify(forged) is None, forged[:100]
    assert token.value not in repr(token)


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({}, True),
        ({"iss": "another"}, False),
        ({"aud": "another"}, False),
        ({"aud": None}, False),
        ({"exp": None}, False),
        ({"exp": "tomorrow"}, False),
    ],
)
def test_wrong_claims(monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], valid: bool) -> None:
    key = ECKey.generate_key("P-256")
    monkeypatch.setattr("docker_registry_sdk.testing.auth.tokens._new_key", lambda: key)
    tokens = Tokens(RegistryClock(), 60)
    token_claims: dict[str, Any] = {"iss": ISSUER, "aud": SERVICE, "exp": int(time.time()) + 60, "access": [], **change}
    token = jwt.encode({"alg": "ES256"}, {name: value for name, value in token_claims.items() if value is not None}, key)
    assert (tokens.verify(token) is not None) == valid


def test_wrong_algorithm() -> None:
    """A token signed with HS256, with known text as the shared secret, is invalid."""
    tokens = Tokens(RegistryClock(), 60)
    token_claims = claims(tokens.issue("ann", []).value)
    forged = jwt.encode({"alg": "HS256"}, token_claims, OctKey.import_key(json.dumps(token_claims).encode()))
    assert tokens.verify(forged) is None


@given(st.one_of(st.text(), st.lists(st.binary(), min_size=3, max_size=3).map(lambda parts: b".".join(parts).decode("latin-1"))))
def test_any_text(text: str) -> None:
    assert TOKENS.verify(text) is None
