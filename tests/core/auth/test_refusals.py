"""The token flow after responses 401 and 403, without a network."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk._core.auth.token_service import basic_authorization
from docker_registry_sdk._core.wire import CALL, CallContext
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import AuthError
from tests.core.auth.driving import (
    HOME,
    PASSWORD,
    REALM,
    Driver,
    Responder,
    bearer,
    get,
    registry_with_tokens,
    token_response,
    unauthorized,
)

BASIC = "Basic YWxpY2U6aHVudGVyMg=="
V2 = f"{HOME}/v2/a/manifests/1"


def test_a_wrong_password_for_basic_is_sent_once() -> None:
    driver = Driver(lambda request: unauthorized('Basic realm="x"'), lambda again: PASSWORD)
    assert driver.run(get()).status_code == 401
    assert driver.shown == [None, BASIC]


def basic_registry(accepted: list[str], status: int = 401) -> Responder:
    """Return a function that answers as a registry that accepts some passwords of alice, and refuses others with a status."""

    def answer(request: httpx.Request) -> httpx.Response:
        shown = request.headers.get("Authorization")
        if shown is None:
            return unauthorized('Basic realm="x"')
        return httpx.Response(200 if shown in [basic_authorization("alice", one) for one in accepted] else status)

    return answer


@pytest.mark.parametrize("status", [401, 403])
def test_a_password_that_has_ended_is_looked_up_again(status: int) -> None:
    accepted = ["hunter2"]
    driver = Driver(basic_registry(accepted, status), lambda again: Credential("alice", accepted[0]) if again else PASSWORD)
    assert driver.run(get()).status_code == 200
    accepted[0] = "new"
    assert driver.run(get()).status_code == 200
    assert driver.looked == [False, False, True]
    assert driver.shown == [None, BASIC, BASIC, basic_authorization("alice", "new")]


def test_a_login_that_was_missing_before_is_found_later() -> None:
    found: list[Credential] = []
    driver = Driver(basic_registry(["hunter2"]), lambda again: found[0] if found else None)
    assert driver.run(get()).status_code == 401
    found.append(PASSWORD)
    driver.credential = lambda again: found[0] if again else None
    assert driver.run(get()).status_code == 200
    assert driver.looked == [False, False, True]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("kind", ["password", "registry_token"])
def test_a_refusal_of_a_credential_that_was_looked_up_just_now_is_final(status: int, kind: str) -> None:
    challenge = 'Basic realm="x"' if kind == "password" else bearer()
    driver = Driver(
        lambda request: httpx.Response(status) if "Authorization" in request.headers else unauthorized(challenge),
        lambda again: Credential("alice", **{kind: "x"}),
    )
    assert driver.run(get()).status_code == status
    assert driver.looked == [False]
    assert len(driver.sent) == 2


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("kind", ["password", "registry_token"])
def test_the_same_credential_is_not_sent_twice(status: int, kind: str) -> None:
    answers = [200, status]
    challenge = 'Basic realm="x"' if kind == "password" else bearer()
    driver = Driver(
        lambda request: httpx.Response(answers[0]) if "Authorization" in request.headers else unauthorized(challenge),
        lambda again: Credential("alice", **{kind: "x"}),
    )
    driver.run(get())
    answers.pop(0)
    assert driver.run(get()).status_code == status
    assert driver.looked == [False, False, True]
    assert len(driver.sent) == 3


ENDED = [
    pytest.param(403, b'{"errors": [{"code": "DENIED", "message": "invalid token"}]}', id="GHCR"),
    pytest.param(403, b"", id="no body"),
    pytest.param(401, b"", id="no challenge"),
    pytest.param(400, b'{"errors": [{"code": "DENIED", "message": "Your Authorization Token is invalid."}]}', id="ECR Public"),
    pytest.param(400, b'{"errors": [{"code": "UNAUTHORIZED"}]}', id="400 UNAUTHORIZED"),
]


def token_registry(accepted: list[str], status: int, body: bytes = b"", issued: list[str] | None = None) -> Responder:
    """Return a function that answers as a registry that refuses all tokens but those accepted with a status.

    The token service issues the tokens in `issued`, the last one again and again; by default those accepted."""

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            tokens = accepted if issued is None else issued
            return token_response(token=tokens[0] if len(tokens) == 1 else tokens.pop(0), expires_in=300)
        shown = request.headers.get("Authorization")
        if shown is None:
            return unauthorized(bearer())
        return httpx.Response(200) if shown.removeprefix("Bearer ") in accepted else httpx.Response(status, content=body)

    return answer


@pytest.mark.parametrize(("status", "body"), ENDED)
def test_a_token_that_has_ended_is_replaced_once(status: int, body: bytes) -> None:
    accepted = ["one"]
    driver = Driver(token_registry(accepted, status, body), lambda again: PASSWORD)
    assert driver.run(get()).status_code == 200
    accepted[0] = "two"
    assert driver.run(get()).status_code == 200
    assert driver.run(get()).status_code == 200
    assert driver.shown[3:] == ["Bearer one", BASIC, "Bearer two", "Bearer two"]


@pytest.mark.parametrize(("status", "body"), ENDED)
def test_the_refusal_of_a_new_token_is_final(status: int, body: bytes) -> None:
    driver = Driver(token_registry([], status, body, ["one", "two", "three"]))
    assert driver.run(get()).status_code == status
    assert driver.shown == [None, None, "Bearer one"]
    assert driver.run(get()).status_code == status  # the token may have ended meanwhile
    assert driver.shown[3:] == ["Bearer one", None, "Bearer two"]


@pytest.mark.parametrize(
    ("method", "status", "body", "is_replaced"),
    [
        ("HEAD", 403, b"", True),
        ("HEAD", 400, b"", True),  # without a body, the reason is not known
        ("GET", 400, b"", False),
        ("GET", 400, b'{"errors": [{"code": "NAME_INVALID"}]}', False),
        ("GET", 400, b"<html>", False),
        ("GET", 404, b"", False),
        ("GET", 500, b"", False),
        ("PATCH", 403, b"", True),
        ("POST", 403, b"", True),
        ("DELETE", 403, b"", True),
    ],
)
def test_which_responses_may_mean_that_a_token_has_ended(method: str, status: int, body: bytes, is_replaced: bool) -> None:
    accepted = ["one"]
    driver = Driver(token_registry(accepted, status, body))
    driver.run(get())
    accepted[0] = "two"
    request = httpx.Request(method, V2, content=b"x", extensions={CALL: CallContext(scopes=("repository:a:pull",), repo="a")})
    assert driver.run(request).status_code == (200 if is_replaced else status)


@pytest.mark.parametrize("status", [401, 403])
def test_a_streamed_body_is_sent_once_and_the_next_request_gets_another_token(status: int) -> None:
    accepted = ["one"]
    driver = Driver(token_registry(accepted, status))
    driver.run(get())
    accepted[0] = "two"
    extensions = {CALL: CallContext(scopes=("repository:a:pull",), repo="a")}
    assert driver.run(httpx.Request("PUT", V2, content=iter([b"x"]), extensions=extensions)).status_code == status
    assert driver.run(httpx.Request("PUT", V2, content=iter([b"x"]), extensions=extensions)).status_code == 200
    assert driver.shown[3:] == ["Bearer one", None, "Bearer two"]
    assert driver.looked == [False, False, True]


def test_a_password_that_the_token_service_rejects_is_looked_up_again() -> None:
    good = ["hunter2"]

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            accepted = request.headers["Authorization"] == basic_authorization("alice", good[0])
            return token_response(token=good[0]) if accepted else httpx.Response(401)
        return httpx.Response(200) if "Authorization" in request.headers else unauthorized(bearer())

    driver = Driver(answer, lambda again: Credential("alice", good[0]) if again else PASSWORD)
    assert driver.run(get()).status_code == 200
    driver.clock[0] = 600  # the token expires
    good[0] = "new"
    assert driver.run(get()).status_code == 200
    assert driver.looked == [False, False, True]
    driver.clock[0] = 1200
    good[0] = "newer"
    driver.credential = lambda again: Credential("alice", "new")  # the provider has no other one
    with pytest.raises(AuthError, match="rejects the credential"):
        driver.run(get())
    assert driver.shown[-1] == basic_authorization("alice", "new")
    assert driver.looked[3:] == [False, True]


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
