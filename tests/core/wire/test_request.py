"""Requests as values, and as httpx sends them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import attrs
import httpx
import pytest

from docker_registry_sdk._core.wire import CallContext, Request, Timeout, call_of, make_request, set_call
from docker_registry_sdk.errors import TransportError
from docker_registry_sdk.token_auth.api import get_token, post_token
from docker_registry_sdk.token_auth.models import GrantType, TokenRequest
from docker_registry_sdk.v1.api import create_user, put_repo_tag
from docker_registry_sdk.v1.models import NewUser
from docker_registry_sdk.v2.api import (
    create_blob_read_stream,
    get_manifest,
    head_blob,
    list_repositories,
    list_tags,
    ping,
    put_manifest,
    start_blob_upload,
    upload_blob_chunk,
)
from tests.core.wire.loopback import Handler, Loopback


def facts(request: Request) -> tuple[str, str | None, tuple[str, ...]]:
    """Return operation, repository and scopes of a request."""
    return request.context.operation_id, request.context.repo, request.context.scopes


def test_context_holds_operation_repo_and_scopes() -> None:
    assert facts(get_manifest.request("a/b", "c")) == ("get_manifest", "a/b", ("repository:a/b:pull",))
    assert facts(put_manifest.request("a", "b", b"", content_type="x/y")) == (
        "put_manifest",
        "a",
        ("repository:a:pull,push",),
    )
    assert facts(upload_blob_chunk.request("a", "https://h.test/u", b"x"))[:2] == ("upload_blob_chunk", "a")
    assert facts(list_repositories.request()) == ("list_repositories", None, ("registry:catalog:*",))
    assert facts(ping.request()) == ("ping", None, ())
    assert facts(get_token.request("https://h.test/token")) == ("get_token", None, ())


def test_mount_has_a_second_scope_only_with_the_repository_to_mount_from() -> None:
    assert start_blob_upload.request("a", mount="sha256:ab").context.scopes == ("repository:a:pull,push",)
    mounted = start_blob_upload.request("a", mount="sha256:ab", from_repo="b/c")
    assert mounted.context.scopes == ("repository:a:pull,push", "repository:b/c:pull")
    assert mounted.url == "/v2/a/blobs/uploads/?mount=sha256%3Aab&from=b%2Fc"


@pytest.mark.parametrize("repo", ["b:delete repository:c", "b repository:c:*", "", "../b", "b\n", "b/"])
def test_repository_to_mount_from_cannot_add_other_scopes(repo: str) -> None:
    with pytest.raises(ValueError, match="from_repo"):
        start_blob_upload.request("a", mount="sha256:ab", from_repo=repo)


def test_each_request_has_its_own_extensions() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        set_call(request, CallContext(operation_id="changed"))
        return httpx.Response(200, json={"tags": []})

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="https://h.test") as http:
        list_tags.sync(http, "a")
        list_tags.sync(http, "a")
    assert call_of(seen[0]).operation_id == "changed"
    assert seen[0].extensions is not seen[1].extensions
    assert "target" not in seen[0].extensions


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        (None, {"connect": 7.0, "read": 7.0, "write": 7.0, "pool": 7.0}),
        (1.5, {"connect": 1.5, "read": 1.5, "write": 1.5, "pool": 1.5}),
        (Timeout(connect=3, read=4, write=3, pool=3), {"connect": 3, "read": 4, "write": 3, "pool": 3}),
        (Timeout(connect=None, read=None, write=None), {"connect": None, "read": None, "write": None, "pool": None}),
    ],
)
def test_timeout_of_a_call_is_passed_to_httpx(timeout: float | Timeout | None, expected: dict[str, float | None]) -> None:
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json={"tags": []})

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="https://h.test", timeout=7.0) as http:
        list_tags.sync(http, "a", timeout=timeout)
        with create_blob_read_stream.stream(http, "a", "sha256:ab", timeout=timeout):
            pass
    assert seen == [expected, expected]


def test_call_ends_at_its_timeout(loopback: Loopback, http: httpx.Client) -> None:
    def wait(_: Handler) -> None:
        loopback.client_closed.wait(1)

    loopback.answer = wait
    with pytest.raises(TransportError, match="timed out"):
        ping.sync(http, timeout=0.05)


def test_every_request_accepts_no_content_coding(loopback: Loopback, http: httpx.Client) -> None:
    loopback.answer = lambda handler: handler.reply(200, b"x")
    head_blob.sync(http, "a", "sha256:ab")
    create_blob_read_stream.sync(http, "a", "sha256:ab")
    with create_blob_read_stream.stream(http, "a", "sha256:ab"):
        pass
    ping.sync(http)
    assert [seen.headers["accept-encoding"] for seen in loopback.seen] == ["identity"] * 4


def test_headers_that_are_not_given_are_not_sent() -> None:
    assert set(create_blob_read_stream.request("a", "sha256:ab").headers) == {"Accept-Encoding"}
    request = create_blob_read_stream.request("a", "sha256:ab", byte_range="bytes=1-2", if_range='"e"', if_none_match="*")
    assert request.headers["Range"] == "bytes=1-2"
    assert request.headers["If-Range"] == '"e"'
    assert request.headers["If-None-Match"] == "*"


def test_accept_names_the_documented_media_types_unless_given() -> None:
    every = get_manifest.request("a", "b").headers["Accept"]
    assert "application/vnd.oci.image.index.v1+json" in every
    assert "application/vnd.docker.distribution.manifest.list.v2+json" in every
    assert get_manifest.request("a", "b", accept=["x/y", "z/*;q=0.5"]).headers["Accept"] == "x/y, z/*;q=0.5"


def test_accept_as_a_string_is_one_media_type_or_refused() -> None:
    try:
        request = get_manifest.request("a", "b", accept="application/json")
    except TypeError:
        return
    assert request.headers["Accept"] == "application/json"


def test_header_values_are_converted_to_text() -> None:
    request = make_request("GET", "/", operation_id="x", repo=None, headers={"A": True, "B": False, "C": 5, "D": "e", "F": None})
    assert dict(request.headers) == {"Accept-Encoding": "identity", "A": "true", "B": "false", "C": "5", "D": "e"}


def test_injected_header_is_never_sent(loopback: Loopback, http: httpx.Client) -> None:
    with pytest.raises((TransportError, ValueError)):
        get_manifest.sync(http, "a", "b", if_none_match='"a"\r\nX-Injected: yes')
    with pytest.raises((TransportError, ValueError)):
        put_manifest.sync(http, "a", "b", b"{}", content_type="a/b\r\nX-Injected: yes")
    assert [seen for seen in loopback.seen if "x-injected" in seen.headers] == []


def test_bodies_are_encoded_for_their_media_type() -> None:
    assert put_repo_tag.request("a", "b", 'i"d').body == b'"i\\"d"'
    assert create_user.request(NewUser(username="ü", password="p")).body == b'{"username":"\\u00fc","password":"p"}'
    form = post_token.request("https://h.test/t", TokenRequest(grant_type=GrantType.PASSWORD, scope="a b", password="p&q=r +/"))
    assert isinstance(form.body, bytes)
    assert b"+" not in form.body
    assert parse_qsl(form.body.decode()) == [("grant_type", "password"), ("scope", "a b"), ("password", "p&q=r +/")]
    assert form.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_raw_bodies_are_never_re_encoded() -> None:
    body = b'{ "schemaVersion": 2 }\n'
    request = put_manifest.request("a", "b", body, content_type="application/x.own+json", tag=["v1", "v2"])
    assert request.body is body
    assert request.headers["Content-Type"] == "application/x.own+json"
    assert request.headers["Content-Length"] == str(len(body))
    assert request.url == "/v2/a/manifests/b?tag=v1&tag=v2"


def test_repr_of_a_request_shows_no_secret() -> None:
    shown = repr(upload_blob_chunk.request("a", "https://h.test/u?_state=secret;secret", b"secret"))
    shown += repr(post_token.request("https://h.test/t", TokenRequest(grant_type="password", password="secret")))
    shown += repr(make_request("GET", "/x", operation_id="x", repo=None, headers={"Authorization": "Bearer secret"}))
    assert "secret" not in shown


def test_request_is_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ping.request().url = "/elsewhere"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
