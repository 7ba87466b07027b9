"""The token flow without a network: challenges, credentials, and tokens."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk._core.auth.effects import HeldCredential
from docker_registry_sdk._core.wire import CALL, CallContext, call_of
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import AuthError, RateLimitedError
from tests.core.auth.driving import HOME, PASSWORD, REALM, Driver, bearer, get, registry_with_tokens, token_response, unauthorized

BASIC = "Basic YWxpY2U6aHVudGVyMg=="
V2 = f"{HOME}/v2/a/manifests/1"


def test_a_registry_without_authentication_gets_one_request_without_credentials() -> None:
    driver = Driver(lambda request: httpx.Response(200), lambda again: PASSWORD)
    assert driver.run(get()).status_code == 200
    assert driver.sent == [("GET", V2, None)]
    assert driver.looked == []


def test_a_token_is_fetched_after_the_first_401_and_reused() -> None:
    driver = Driver(registry_with_tokens())
    driver.run(get())
    driver.run(get())
    query = "?service=reg&scope=repository%3Aa%3Apull&client_id=docker_registry_sdk"
    assert driver.sent == [
        ("GET", V2, None),
        ("GET", REALM + query, None),
        ("GET", V2, "Bearer t"),
        ("GET", V2, "Bearer t"),
    ]


def test_the_challenge_of_a_request_without_credentials_is_reused() -> None:
    driver = Driver(registry_with_tokens(), lambda again: PASSWORD)
    probe = httpx.Request("GET", f"{HOME}/v2/", extensions={CALL: CallContext(without_credentials=True)})
    assert driver.run(probe).status_code == 401
    assert driver.run(get()).status_code == 200
    assert driver.shown == [None, BASIC, "Bearer t"]


def test_missing_service_and_scope_are_not_sent_to_the_token_service() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token="t")
        return httpx.Response(200) if "Authorization" in request.headers else unauthorized(bearer("", service=""))

    driver = Driver(answer)
    driver.run(get(scopes=()))
    assert driver.sent[1][1] == f"{REALM}?client_id=docker_registry_sdk"


@pytest.mark.parametrize("challenges", [("Bearer service=x",), ("Negotiate",), ("Digest realm=x",), ('Bearer realm=""',), ("!",)])
def test_a_401_without_a_supported_challenge_is_the_response(challenges: tuple[str, ...]) -> None:
    driver = Driver(lambda request: unauthorized(*challenges), lambda again: PASSWORD)
    assert driver.run(get()).status_code == 401
    assert driver.shown == [None]


@pytest.mark.parametrize(
    "challenges", [('Negotiate, Basic realm="x"',), ("Negotiate", 'Basic realm="x"'), ("Bearer service=x", "Basic")]
)
def test_basic_is_used_if_no_valid_bearer_challenge_exists(challenges: tuple[str, ...]) -> None:
    driver = Driver(
        lambda request: httpx.Response(200) if request.headers.get("Authorization") == BASIC else unauthorized(*challenges),
        lambda again: PASSWORD,
    )
    assert driver.run(get()).status_code == 200
    assert driver.run(get()).status_code == 200
    assert driver.shown == [None, BASIC, BASIC]


def test_bearer_is_preferred_to_basic() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token="t")
        return httpx.Response(200) if "Authorization" in request.headers else unauthorized('Basic realm="x"', bearer())

    driver = Driver(answer, lambda again: PASSWORD)
    driver.run(get())
    assert driver.shown == [None, BASIC, "Bearer t"]


def test_basic_without_a_credential_returns_the_first_401() -> None:
    driver = Driver(lambda request: unauthorized('Basic realm="x"'))
    assert driver.run(get()).status_code == 401
    assert driver.run(get()).status_code == 401
    assert driver.shown == [None, None]


def test_the_challenge_is_requested_before_a_body_that_can_be_sent_once() -> None:
    driver = Driver(registry_with_tokens())
    stream = httpx.Request(
        "PUT", f"{HOME}/v2/a/blobs/uploads/1", content=iter([b"x"]), extensions={CALL: CallContext(scopes=("repository:a:push",))}
    )
    assert driver.run(stream).status_code == 200
    assert [url.partition("?")[0] for _, url, _ in driver.sent] == [f"{HOME}/v2/", REALM, f"{HOME}/v2/a/blobs/uploads/1"]


def test_a_registry_without_authentication_is_pinged_once_for_all_streamed_bodies() -> None:
    driver = Driver(lambda request: httpx.Response(200))
    for _ in range(3):
        driver.run(httpx.Request("PUT", f"{HOME}/v2/a/blobs/uploads/1", content=iter([b"x"])))
    assert [method for method, _, _ in driver.sent] == ["GET", "PUT", "PUT", "PUT"]


def test_a_push_after_a_pull_fetches_one_token_for_both() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token=request.url.params["scope"])
        return httpx.Response(200) if "Authorization" in request.headers else unauthorized(bearer())

    driver = Driver(answer)
    for scopes in ("repository:a:pull",), ("repository:a:pull,push",), ("repository:a:pull",):
        driver.run(get(scopes=scopes))
    assert [shown for shown in driver.shown if shown] == [
        "Bearer repository:a:pull",
        "Bearer repository:a:pull,push",
        "Bearer repository:a:pull,push",
    ]


def test_tokens_of_two_identities_are_not_shared() -> None:
    who = [Credential("alice", "x", source="one"), Credential("bob", "y", source="two")]
    driver = Driver(registry_with_tokens(), lambda again: who[0])
    driver.run(get())
    who.reverse()
    driver.run(get())
    assert len([url for _, url, _ in driver.sent if url.startswith(REALM)]) == 2


def test_a_token_that_another_flow_fetched_meanwhile_is_used() -> None:
    driver = Driver(registry_with_tokens())
    waiting = driver.authenticator.flow(get())
    next(waiting)
    waiting.send(unauthorized(bearer()))  # requests to read the 401
    waiting.send(unauthorized(bearer()))  # requests a credential
    effect = waiting.send(HeldCredential(None))
    driver.run(get())
    driver.lock.held += 1
    assert type(effect).__name__ == "Acquire"
    sent = waiting.send(True)  # the lock was acquired
    assert driver.lock.held == 0
    assert sent.request.headers["Authorization"] == "Bearer t"  # type: ignore[union-attr]
    waiting.close()


@pytest.mark.parametrize("end", [httpx.ReadError("reset"), KeyboardInterrupt()])
def test_the_lock_is_released_after_an_exception(end: BaseException) -> None:
    driver = Driver(registry_with_tokens())
    flow = driver.authenticator.flow(get())
    next(flow)
    for result in unauthorized(bearer()), unauthorized(bearer()), HeldCredential(None):
        flow.send(result)
    driver.lock.held += 1
    flow.send(True)  # the lock was acquired
    with pytest.raises(type(end)):
        flow.throw(end)
    assert driver.lock.held == 0


def test_the_credential_is_not_sent_to_a_realm_of_another_site() -> None:
    driver = Driver(lambda request: unauthorized(bearer(realm="https://evil.test/token")), lambda again: PASSWORD)
    with pytest.raises(AuthError, match="another site"):
        driver.run(get())
    assert len(driver.sent) == 1


def test_a_429_of_the_token_service_is_a_rate_limited_error() -> None:
    driver = Driver(
        lambda request: httpx.Response(429, headers={"Retry-After": "7"}) if REALM in str(request.url) else unauthorized(bearer())
    )
    with pytest.raises(RateLimitedError) as caught:
        driver.run(get())
    assert caught.value.retry_after == 7


PUBLIC, METADATA = ("93.184.216.34",), ("169.254.169.254",)


@pytest.mark.parametrize(
    ("found", "own", "trusted", "requested"),
    [
        (PUBLIC, PUBLIC, (), True),
        (METADATA, PUBLIC, (), False),
        (("127.0.0.1",), PUBLIC, (), False),
        (("::1",), PUBLIC, (), False),
        (("64:ff9b::a9fe:a9fe",), PUBLIC, (), False),
        ((*PUBLIC, "10.0.0.1"), PUBLIC, (), False),
        (METADATA, PUBLIC, ("auth.example.com",), True),
        (("10.0.0.2",), ("10.0.0.1",), (), True),
        ((), PUBLIC, (), True),
        (METADATA, (), (), False),
        (None, None, (), True),
    ],
)
def test_a_realm_that_resolves_to_a_private_network_is_not_requested(
    found: tuple[str, ...] | None, own: tuple[str, ...] | None, trusted: tuple[str, ...], requested: bool
) -> None:
    driver = Driver(
        registry_with_tokens(),
        trusted=frozenset(trusted),
        addresses={"auth.example.com": found, "registry.example.com": own},
    )
    if requested:
        assert driver.run(get()).status_code == 200
        # The token request may only connect to the checked addresses; requests to the registry are not restricted.
        held = found if own == PUBLIC and not trusted else None
        assert [call_of(request).addresses for request in driver.requests] == [None, held, None]
    else:
        with pytest.raises(AuthError, match="in a private network"):
            driver.run(get())
        assert len(driver.sent) == 1
