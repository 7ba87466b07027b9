"""The token flow after responses 401 and 403, without a network."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import AuthError
from tests.core.auth.driving import HOME, PASSWORD, REALM, Driver, bearer, get, registry_with_tokens, token_response, unauthorized

BASIC = "Basic YWxpY2U6aHVudGVyMg=="
V2 = f"{HOME}/v2/a/manifests/1"


def test_a_wrong_password_for_basic_is_sent_once() -> None:
    driver = Driver(lambda request: unauthorized('Basic realm="x"'), lambda again: PASSWORD)
    assert driver.run(get()).status_code == 401
    assert driver.shown == [None, BASIC]


def test_after_a_401_a_changed_password_is_looked_up() -> None:
    new = Credential("alice", "new")
    driver = Driver(
        lambda request: (
            unauthorized('Basic realm="x"') if request.headers.get("Authorization") in (None, BASIC) else httpx.Response(200)
        ),
        lambda again: new if again else PASSWORD,
    )
    assert driver.run(get()).status_code == 200
    assert driver.looked == [False, True]


def test_a_wrong_password_for_a_token_service_fails_at_once() -> None:
    driver = Driver(
        lambda request: httpx.Response(401) if str(request.url).startswith(REALM) else unauthorized(bearer()),
        lambda again: PASSWORD,
    )
    with pytest.raises(AuthError, match="rejects the credential given by the caller: status 401"):
        driver.run(get())
    assert len(driver.sent) == 2


def test_a_refused_token_is_replaced_once() -> None:
    tokens: Iterator[str] = iter(["one", "two", "three", "four"])

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token=next(tokens))
        return unauthorized(bearer())

    driver = Driver(answer)
    assert driver.run(get()).status_code == 401
    assert driver.shown == [None, None, "Bearer one"]
    assert driver.run(get()).status_code == 401
    assert driver.shown[3:] == ["Bearer one", None, "Bearer two"]


def test_tokens_that_are_revoked_at_once_are_replaced_a_limited_number_of_times() -> None:
    tokens: Iterator[str] = iter(["one", "two", "three", "four", "five"])
    revoked = {"Bearer one", "Bearer two"}

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token=next(tokens))
        good = request.headers.get("Authorization") not in {None, *revoked}
        return httpx.Response(200) if good else unauthorized(bearer(error="invalid_token"))

    driver = Driver(answer)
    assert driver.run(get()).status_code == 200
    assert driver.shown == [
        None,
        None,
        "Bearer one",
        None,
        "Bearer two",
        None,
        "Bearer three",
    ]
    revoked |= {"Bearer three", "Bearer four", "Bearer five"}
    driver.sent.clear()
    tokens = iter(["four"] * 9)
    assert driver.run(get()).status_code == 401
    assert len(driver.sent) <= 7


def test_a_revoked_token_is_replaced() -> None:
    good = ["t"]

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token=good[0])
        return httpx.Response(200) if request.headers.get("Authorization") == f"Bearer {good[0]}" else unauthorized(bearer())

    driver = Driver(answer)
    driver.run(get())
    good[0] = "u"
    assert driver.run(get()).status_code == 200
    assert driver.shown[3:] == ["Bearer t", None, "Bearer u"]


def test_a_token_is_replaced_before_it_expires() -> None:
    driver = Driver(registry_with_tokens())
    driver.run(get())
    driver.clock[0] = 299
    driver.run(get())
    assert [url for _, url, _ in driver.sent[3:]] == [driver.sent[1][1], V2]


@pytest.mark.parametrize("status", [401, 403])
def test_after_insufficient_scope_a_token_with_the_scope_is_fetched(status: int) -> None:
    required = "repository:a:delete,pull"

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token=request.url.params["scope"])
        shown = request.headers.get("Authorization")
        if shown is None:
            return unauthorized(bearer())
        return (
            httpx.Response(200)
            if required in shown
            else unauthorized(bearer(required, error="insufficient_scope"), status=status)
        )

    driver = Driver(answer)
    assert driver.run(get()).status_code == 200
    assert driver.run(get()).status_code == 200
    assert len(driver.sent) == 6


def test_a_403_without_a_challenge_is_the_response() -> None:
    driver = Driver(lambda request: httpx.Response(403), lambda again: PASSWORD)
    assert driver.run(get()).status_code == 403
    assert len(driver.sent) == 1


def test_requests_to_a_registry_that_always_requires_another_scope_end() -> None:
    count = iter(range(1000))

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token=f"t{next(count)}")
        return unauthorized(bearer(f"repository:{next(count)}:pull"))

    driver = Driver(answer)
    assert driver.run(get()).status_code == 401
    assert len(driver.sent) <= 10


def test_after_a_401_without_a_challenge_the_challenge_of_a_ping_is_used() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token="t")
        if request.url.path == "/v2/":
            return unauthorized(bearer(""))
        return httpx.Response(200 if "Authorization" in request.headers else 401)

    driver = Driver(answer)
    assert driver.run(get()).status_code == 200
    assert [url.partition("?")[0] for _, url, _ in driver.sent] == [V2, f"{HOME}/v2/", REALM, V2]


def test_after_a_401_without_a_challenge_the_token_is_replaced_once() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token="t" * len(driver.sent))
        return unauthorized(bearer()) if "Authorization" not in request.headers else httpx.Response(401)

    driver = Driver(answer)
    assert driver.run(get()).status_code == 401
    assert driver.run(get()).status_code == 401
    assert driver.shown == [None, None, "Bearer tt", "Bearer tt", None, "Bearer ttttt"]


def test_a_401_without_any_challenge_is_the_response() -> None:
    driver = Driver(lambda request: httpx.Response(401), lambda again: PASSWORD)
    assert driver.run(get()).status_code == 401
    assert driver.run(get()).status_code == 401
    assert len(driver.sent) == 3


def test_a_refused_streamed_body_is_not_sent_again() -> None:
    driver = Driver(registry_with_tokens(lambda token: False))
    response = driver.run(httpx.Request("PUT", f"{HOME}/v2/a/blobs/uploads/1", content=iter([b"x"])))
    assert response.status_code == 401
    assert [method for method, _, _ in driver.sent] == ["GET", "GET", "PUT"]


def test_a_registry_token_is_sent_unchanged_and_once() -> None:
    driver = Driver(lambda request: unauthorized(bearer()), lambda again: Credential(registry_token="mine"))
    assert driver.run(get()).status_code == 401
    assert driver.shown == [None, "Bearer mine"]
