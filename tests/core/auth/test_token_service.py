"""Token requests: GET, POST with an identity token, and the responses of the token service."""

from __future__ import annotations

import json
import traceback
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.auth.scope import ScopeSet
from docker_registry_sdk._core.auth.token_service import Grant, basic_authorization, fetch_token
from docker_registry_sdk._core.wire import Request, build
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import (
    AuthError,
    ParseError,
    RateLimitedError,
    RegistryError,
    ServerError,
    StatusError,
    UnexpectedContentTypeError,
)
from tests.core.auth.driving import CLIENT, PASSWORD, REALM, token_response

IDENTITY = Credential("alice", identity_token="refresh-me")
SCOPES = ScopeSet.parse(["repository:a:pull repository:b:pull,push"])


def fetch(
    *responses: httpx.Response, credential: Credential | None = None, scopes: ScopeSet = SCOPES
) -> tuple[Grant, list[httpx.Request]]:
    """Return the grant from a token service with these responses, and the requests to it."""
    sent, left = list[httpx.Request](), list(responses)

    def create(request: Request) -> httpx.Request:
        return build(CLIENT, request, request.body)

    flow = fetch_token(create, REALM, "reg", scopes, credential)
    try:
        send: Any = next(flow)
        while True:
            assert send.repeatable
            sent.append(send.request)
            response = left.pop(0)
            response.request = send.request
            flow.send(response)  # requests to read it
            send = flow.send(response)
    except StopIteration as end:
        assert isinstance(end.value, Grant)
        assert not left
        return end.value, sent


def test_get_is_used_with_a_password() -> None:
    grant, [request] = fetch(token_response(token="t", expires_in=300), credential=PASSWORD)
    assert grant == Grant(token="t", lifetime=300, way="GET with name and password")
    assert request.method == "GET"
    assert request.headers["Authorization"] == basic_authorization("alice", "hunter2")
    assert parse_qs(request.url.query.decode()) == {
        "service": ["reg"],
        "scope": ["repository:a:pull", "repository:b:pull,push"],
        "client_id": ["docker_registry_sdk"],
    }


def test_get_is_used_anonymously() -> None:
    grant, [request] = fetch(token_response(token="t"))
    assert grant.way == "GET, anonymously"
    assert "Authorization" not in request.headers


def test_post_is_used_with_an_identity_token() -> None:
    grant, [request] = fetch(token_response(access_token="t", expires_in=300), credential=IDENTITY)
    assert grant == Grant(token="t", lifetime=300, way="POST with an identity token")
    assert (request.method, str(request.url)) == ("POST", REALM)
    assert "Authorization" not in request.headers
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["refresh_token"],
        "service": ["reg"],
        "client_id": ["docker_registry_sdk"],
        "scope": ["repository:a:pull repository:b:pull,push"],
        "refresh_token": ["refresh-me"],
    }


@pytest.mark.parametrize("status", [400, 401, 404, 405])
def test_post_falls_back_to_get(status: int) -> None:
    grant, sent = fetch(httpx.Response(status), token_response(token="t"), credential=IDENTITY)
    assert [request.method for request in sent] == ["POST", "GET"]
    assert sent[1].headers["Authorization"] == basic_authorization("alice", "refresh-me")
    assert grant.way == "GET with an identity token"


def test_the_user_name_for_an_identity_token_without_one_is_that_of_docker() -> None:
    _, sent = fetch(httpx.Response(404), token_response(token="t"), credential=Credential(identity_token="refresh-me"))
    assert sent[1].headers["Authorization"] == basic_authorization("<token>", "refresh-me")


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_post_does_not_fall_back_to_get_after_other_errors(status: int) -> None:
    with pytest.raises(RegistryError):
        fetch(httpx.Response(status), credential=IDENTITY)


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ({"token": "t"}, "t"),
        ({"access_token": "t"}, "t"),
        ({"token": "t", "access_token": "u"}, "t"),
        ({"token": "", "access_token": "u"}, "u"),
    ],
)
def test_token_is_preferred_to_access_token(body: dict[str, str], token: str) -> None:
    assert fetch(token_response(**body))[0].token == token


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (None, None),
        (300, 300.0),
        ("300", 300.0),
        ("3e2", 300.0),
        (1, 1.0),
        (0, 0.0),
        (-1, -1.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        (300.5, 300.5),
        ("300.5", 300.5),
        (True, None),
        ([300], None),
        (1e400, None),
        ("inf", None),
        (10**400, None),
        ("9" * 400, None),
    ],
)
def test_expires_in_is_parsed(expires_in: object, lifetime: float | None) -> None:
    assert fetch(token_response(token="t", expires_in=expires_in))[0].lifetime == lifetime


JSON: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers()) | st.just({})
)
ISSUED_AT = [
    "1457510670",
    1457510670,
    "",
    "2024-05-01 10:00:00",
    "Tue, 19 Apr 2016 15:36:40 GMT",
    "2024-05-01T10:00:00.123456789Z",
    "2024-05-01T10:00:00+0000",
]


@pytest.mark.parametrize("issued_at", ISSUED_AT)
def test_any_issued_at_is_accepted(issued_at: object) -> None:
    assert fetch(token_response(token="t", issued_at=issued_at))[0].token == "t"


@given(
    st.sampled_from([{"token": "t"}, {"access_token": "t"}, {"token": "t", "access_token": "t"}]),
    st.dictionaries(
        st.sampled_from(["token", "access_token", "refresh_token", "expires_in", "issued_at", "scope", "more"]),
        JSON.filter(lambda value: not isinstance(value, str)) | st.just(""),
    ),
)
def test_no_other_field_of_a_token_response_breaks_a_login(token: dict[str, str], others: dict[str, object]) -> None:
    for credential in (PASSWORD, IDENTITY, None):
        grant, _ = fetch(token_response(**{**others, **token}), credential=credential)
        assert grant.token == "t"


def test_a_token_of_another_type_is_no_token() -> None:
    with pytest.raises(ParseError, match="field token: should be text, not a number"):
        fetch(token_response(token=5))
    with pytest.raises(ParseError, match="field token: is missing"):
        fetch(token_response(expires_in=5))
    assert fetch(token_response(token=5, access_token="t"))[0].token == "t"


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("credential", [PASSWORD, None])
def test_the_error_of_a_refusal_has_the_remedy(status: int, credential: Credential | None) -> None:
    body = {"errors": [{"code": "DENIED", "message": "no such user"}]}
    with pytest.raises(AuthError) as caught:
        fetch(httpx.Response(status, json=body), credential=credential)
    assert caught.value.source == f"the token service {REALM}?service=…&scope=…&scope=…&client_id=…"
    assert str(status) in caught.value.problem
    assert "DENIED: no such user" in caught.value.problem
    assert "og in" in caught.value.hint
    assert isinstance(caught.value.__cause__, StatusError)


def test_the_message_of_a_token_service_is_shortened_to_one_line() -> None:
    words = "\x1b[2J\nforged: line\r\n" + "x" * 5000
    body = {"errors": [{"code": "DENIED", "message": words}] * 20}
    with pytest.raises(AuthError) as caught:
        fetch(httpx.Response(401, json=body))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(404), AuthError),
        (httpx.Response(405), AuthError),
        (httpx.Response(410), AuthError),
        (httpx.Response(204), AuthError),
        (httpx.Response(408), StatusError),
        (httpx.Response(429), RateLimitedError),
        (httpx.Response(500), ServerError),
        (httpx.Response(503), ServerError),
        (httpx.Response(302, headers={"Location": "https://evil.test/"}), AuthError),
        (httpx.Response(200, html="<html>log in</html>"), UnexpectedContentTypeError),
        (httpx.Response(200, json=[]), ParseError),
        (httpx.Response(200, json={}), ParseError),
        (httpx.Response(200, json={"token": None}), ParseError),
        (httpx.Response(200, json={"token": ["t"]}), ParseError),
        (httpx.Response(200, json={"token": ""}), ParseError),
        (httpx.Response(200, json={"token": "two\r\nX-Evil: yes"}), ParseError),
        (httpx.Response(200, json={"token": "é"}), ParseError),
        (httpx.Response(200, content=b'{"token": "t', headers={"Content-Type": "application/json"}), ParseError),
        (httpx.Response(200, content=b"[" * 100_000, headers={"Content-Type": "application/json"}), ParseError),
    ],
)
def test_other_responses_raise_their_errors(response: httpx.Response, expected: type[RegistryError]) -> None:
    with pytest.raises(expected):
        fetch(response)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from([200, 400, 401, 403, 404, 500]),
    st.dictionaries(st.sampled_from(["token", "access_token", "expires_in", "issued_at", "errors", "error", "scope"]), JSON),
)
def test_any_response_is_a_token_or_a_registry_error(status: int, body: dict[str, Any]) -> None:
    try:
        grant, _ = fetch(httpx.Response(status, content=json.dumps(body), headers={"Content-Type": "application/json"}))
    except RegistryError:
        return
    assert grant.token


@given(
    st.text("abcXYZ0189/+=-_.~é€ \\'\"", min_size=8, max_size=30), st.sampled_from([400, 401, 403, 404, 429, 500]), st.booleans()
)
def test_no_error_shows_a_secret(secret: str, status: int, identity: bool) -> None:
    secret = f"S3CR3T{secret}"
    credential = Credential("alice", identity_token=secret) if identity else Credential("alice", secret)
    with pytest.raises(RegistryError) as caught:
        fetch(httpx.Response(status), httpx.Response(status), credential=credential)
    words = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    encoded = basic_authorization("alice", secret).removeprefix("Basic ")
    assert "S3CR3T" not in words
    assert encoded not in words
