"""Which hosts get tokens, cookies and passwords; the servers are functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from docker_registry_sdk import AuthError, Credential, DigestMismatchError, NotFoundError, TransportError, UnauthorizedError
from docker_registry_sdk._core.wire import call_of
from tests.legacy_v1.driver import Driver
from tests.legacy_v1.layered_image import BASE, JSON, LAYERS, TOP, USER, payload

BASIC = "Basic YWxpY2U6c2VjcmV0"
Handler = Callable[[httpx.Request], httpx.Response]


class Server:
    """A server that answers by path, and records the requests.

    Args:
        session: The headers that open a session.
        others: Functions that answer the paths that end in their names.
    """

    def __init__(self, session: dict[str, str], **others: Handler) -> None:
        self.seen: list[httpx.Request] = []
        self._session = session
        self._others = others

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        kind = request.url.path.rpartition("/")[2]
        if kind in self._others:
            return self._others[kind](request)
        if kind == "images" or (kind == "" and request.method == "PUT"):
            return httpx.Response(200, headers=self._session, json=[])
        return httpx.Response(200, json={} if kind in ("tags", "json") else True)

    def shown(self) -> list[tuple[str, str | None, str | None]]:
        """Return host, Authorization and Cookie of each request."""
        return [(one.url.host, one.headers.get("authorization"), one.headers.get("cookie")) for one in self.seen]


def test_the_password_is_sent_only_to_the_index_of_docker_hub(driver: Driver) -> None:
    """The index and the registry of Docker Hub are two hosts."""
    server = Server({"X-Docker-Token": "abc"})
    with driver.v1("alpine", **USER, **driver.mocked(server)) as client:
        client.list_repo_tags()
    assert server.shown() == [("index.docker.io", BASIC, None), ("registry-1.docker.io", "Token abc", None)]
    assert [one.url.path for one in server.seen] == [f"/v1/repositories/library/alpine/{kind}" for kind in ("images", "tags")]
    assert server.seen[1].headers["host"] == "registry-1.docker.io"


@pytest.mark.parametrize("given", ["abc", "Token abc", "token  abc", " Token abc"])
@pytest.mark.parametrize("header", ["X-Docker-Token", "WWW-Authenticate"])
def test_the_word_token_is_sent_once(driver: Driver, given: str, header: str) -> None:
    if header == "WWW-Authenticate":
        given = f"Token {given.split()[-1]}"
    server = Server({header: given})
    with driver.v1("r.example.com/a/b", **driver.mocked(server)) as client:
        client.list_repo_tags()
    assert server.seen[-1].headers["authorization"] == "Token abc"


def test_cookies_are_sent_only_to_their_origin(driver: Driver) -> None:
    """Only names and values of cookies are sent back, and the index does not get the cookies of the registry."""

    def tags(request: httpx.Request) -> httpx.Response:
        cookies = [("Set-Cookie", "session=S1; Path=/; HttpOnly"), ("Set-Cookie", "other=O; Domain=example.com; Secure")]
        return httpx.Response(200, headers=[*cookies, ("Set-Cookie", "nothing"), ("Set-Cookie", "gone=x; Max-Age=0")], json={})

    session = {"X-Docker-Token": "abc", "X-Docker-Endpoints": "r.example.com", "Set-Cookie": "index=I; Path=/"}
    server = Server(session, tags=tags)
    with driver.v1("i.example.com/a/b", **USER, **driver.mocked(server)) as client:
        client.list_repo_tags()
        client.list_repo_tags()
        client.list_repo_imgs()
        client.with_repo("a/other").list_repo_tags()
        client.check_login()
    assert server.shown() == [
        ("i.example.com", BASIC, None),
        ("r.example.com", "Token abc", None),
        ("r.example.com", None, "session=S1; other=O"),
        ("i.example.com", BASIC, "index=I"),
        ("i.example.com", BASIC, None),
        ("r.example.com", "Token abc", None),
        ("i.example.com", BASIC, None),
    ]


def test_a_cookie_of_a_load_balancer_does_not_replace_the_token(driver: Driver) -> None:
    """A cookie alone may be rejected once; after that the token is sent with it."""

    def tags(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != "Token abc":
            return httpx.Response(401, headers={"WWW-Authenticate": "Token"})
        return httpx.Response(200, headers={"Set-Cookie": "lb=7"}, json={})

    server = Server({"X-Docker-Token": "abc"}, tags=tags)
    with driver.v1("r.example.com/a/b", **driver.mocked(server)) as client:
        for _ in range(4):
            client.list_repo_tags()
    assert [answer for _, answer, _ in server.shown()].count(None) == 3  # two openings, one refusal


def test_an_expired_token_is_renewed_once(driver: Driver) -> None:
    tokens = iter(["one", "two", "three"])
    good = {"Token two"}

    def images(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"X-Docker-Token": next(tokens)}, json=[])

    def tags(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers.get("authorization") in good else 401, json={})

    server = Server({}, images=images, tags=tags)
    with driver.v1("r.example.com/a/b", **driver.mocked(server)) as client:
        client.list_repo_tags()
        assert len(server.seen) == 4
        good.clear()
        with pytest.raises(UnauthorizedError):
            client.list_repo_tags()
    assert len(server.seen) == 7  # the response in the renewed session is final


def test_a_proxy_that_requires_basic(driver: Driver) -> None:
    """A standalone registry behind such a proxy issues useless tokens, and needs the password on every call."""

    def tags(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != BASIC:
            return httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        return httpx.Response(200, json={})

    session = {"X-Docker-Token": "Token abc", "X-Docker-Endpoints": "r.example.com"}
    server = Server(session, tags=tags)
    with driver.v1("r.example.com/a/b", **USER, **driver.mocked(server)) as client:
        client.list_repo_tags()
        client.list_repo_tags()
    assert [answer for _, answer, _ in server.shown()] == [BASIC, "Token abc", BASIC, BASIC]
    server.seen.clear()
    with driver.v1("r.example.com/a/b", **USER, **driver.mocked(server)) as client:
        client.put_repo_tag("tags", TOP)  # which needs no session here
    # Another host that requires Basic does not get the password.
    server = Server({**session, "X-Docker-Endpoints": "other.example.com"}, tags=tags)
    with driver.v1("r.example.com/a/b", **USER, **driver.mocked(server)) as client, pytest.raises(UnauthorizedError):
        client.list_repo_tags()
    assert server.shown() == [("r.example.com", BASIC, None), ("other.example.com", "Token abc", None)]


def test_a_redirected_index_gets_no_password_and_opens_no_session(driver: Driver) -> None:
    """The response of another host is not that of the index, and the password is not sent there."""

    def images(request: httpx.Request) -> httpx.Response:
        if request.url.host == "i.example.com":
            return httpx.Response(302, headers={"Location": "https://evil.example.net/v1/repositories/a/b/images"})
        return httpx.Response(200, headers={"X-Docker-Token": "evil", "X-Docker-Endpoints": "evil.example.net"}, json=[])

    server = Server({}, images=images)
    with driver.v1("i.example.com/a/b", **USER, **driver.mocked(server)) as client:
        client.list_repo_imgs()
        assert server.shown() == [("i.example.com", BASIC, None), ("evil.example.net", None, None)]
        with pytest.raises(AuthError, match=r"redirected the request to https://evil\.example\.net"):
            client.list_repo_tags()
    assert {request.url.path.rpartition("/")[2] for request in server.seen} == {"images"}
    assert all(answer is None for host, answer, _ in server.shown() if host == "evil.example.net")


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("evil.example.net", "another site"),
        ("10.0.0.1:5000", "an IP address or a host in a private network"),
        ("[::1]:5000", "an IP address or a host in a private network"),
        ("registry.internal", "an IP address or a host in a private network"),
        ("localhost", "an IP address or a host in a private network"),
        ("http://r.example.com", "plain http"),
        ("http://i.example.com", "plain http"),
        ("i.example.com@evil.example.net", "address is invalid"),
        ("i.example.com/../evil", "a path"),
        ("0x7f000001", "address is invalid"),
        ("r.example.com, evil.example.net", "another site"),
    ],
)
def test_disallowed_endpoints_get_no_request(driver: Driver, endpoint: str, said: str) -> None:
    server = Server({"X-Docker-Token": "abc", "X-Docker-Endpoints": endpoint})
    with driver.v1("i.example.com/a/b", **USER, **driver.mocked(server)) as client:
        for call in (client.list_repo_tags, lambda: client.get_img_json(TOP), client.get_repo_json):
            with pytest.raises(AuthError, match=said) as caught:
                call()
            assert "abc" not in str(caught.value) and "secret" not in str(caught.value)
        client.put_repo([TOP])
        with pytest.raises(AuthError, match=said):
            client.put_img_layer(TOP, iter([b"x"]), img_json=b"{}")
    assert {host for host, _, _ in server.shown()} == {"i.example.com"}


def test_a_trusted_endpoint(driver: Driver) -> None:
    server = Server({"X-Docker-Token": "abc", "X-Docker-Endpoints": "cdn.example.net:8443"})
    trusted = {"trusted_realms": ["cdn.example.net"]}
    with driver.v1("i.example.com/a/b", **USER, **trusted, **driver.mocked(server)) as client:
        client.list_repo_tags()
    assert server.shown()[1] == ("cdn.example.net", "Token abc", None)
    assert server.seen[1].url.port == 8443


def test_a_redirect_of_a_registry_gets_no_credentials(driver: Driver) -> None:
    """Token and cookie are not sent along, and a redirect to plain http is refused."""
    where = ["https://storage.example.net/blob?Signature=s"]

    def layer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": where[0]})

    def blob(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Set-Cookie": "storage=1"}, content=b"layer")

    server = Server({"X-Docker-Token": "abc", "Set-Cookie": "index=I"}, layer=layer, blob=blob)
    with driver.v1("i.example.com/a/b", **USER, **driver.mocked(server)) as client:
        for _ in range(2):
            with client.get_img_layer_stream(TOP, range="bytes=0-4") as stream:
                assert stream.read() == b"layer"
        where[0] = "http://storage.example.net/blob"
        with pytest.raises(TransportError, match="plain http"), client.get_img_layer_stream(TOP, range="bytes=0-4"):
            pass
    redirected = [one for one in server.seen if one.url.host == "storage.example.net"]
    assert len(redirected) == 2
    assert all(one.headers["range"] == "bytes=0-4" for one in redirected)
    assert all("authorization" not in one.headers and "cookie" not in one.headers for one in redirected)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"X-Docker-Checksum-Payload": payload(BASE)}, "verified"),
        ({"X-Docker-Payload-Checksum": payload(BASE)}, "verified"),
        ({"X-Docker-Checksum-Payload": f"tarsum+sha256:{'0' * 64}, {payload(BASE)}"}, "verified"),
        ({"X-Docker-Checksum-Payload": f"tarsum+sha256:{'0' * 64}"}, "unverified"),
        ({"X-Docker-Checksum": payload(TOP)}, "unverified"),
        ({}, "unverified"),
        ({"X-Docker-Checksum-Payload": payload(TOP)}, "wrong"),
    ],
)
def test_a_layer_is_verified_against_its_payload_checksum(driver: Driver, headers: dict[str, str], kind: str) -> None:
    answers: dict[str, Any] = {
        "json": lambda request: httpx.Response(200, headers=headers, content=JSON[BASE]),
        "layer": lambda request: httpx.Response(200, content=LAYERS[BASE]),
    }
    options = driver.mocked(Server({}, **answers))
    with driver.v1("r.example.com/a/b", **options) as client, client.get_img_layer_stream(BASE) as stream:
        if kind == "wrong":
            with pytest.raises(DigestMismatchError):
                stream.read()
            assert stream.verification == "unverified"
            return
        assert stream.verification == "unverified"
        assert stream.read() == LAYERS[BASE]
        assert stream.verification == kind


def test_an_unknown_repository_is_reported_by_the_index(driver: Driver) -> None:
    server = Server({}, images=lambda request: httpx.Response(404, json={"error": "images not found"}))
    with driver.v1("r.example.com/a/b", **driver.mocked(server)) as client:
        with pytest.raises(NotFoundError, match="images not found"):
            client.list_repo_tags()
        client.put_repo_tag("latest", TOP)  # which may create the repository
    assert [one.method for one in server.seen] == ["GET", "GET", "PUT"]


def test_tags_in_the_format_of_docker_hub(driver: Driver) -> None:
    tags = [{"layer": "aaaaaaaa", "name": "latest"}, {"layer": None, "name": "odd"}]
    server = Server({}, tags=lambda request: httpx.Response(200, json=tags))
    with driver.v1("r.example.com/a/b", **driver.mocked(server)) as client:
        assert client.list_repo_tags() == {"latest": "aaaaaaaa"}


def test_a_changed_password_is_looked_up_again(driver: Driver) -> None:
    """The provider is called again after a 401, and its new password is used."""

    passwords = ["old", "secret"]

    class Provider:
        def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
            return Credential("alice", passwords.pop(0) if len(passwords) > 1 else passwords[0])

    def images(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers["authorization"] == BASIC else 401, json=[])

    server = Server({}, images=images)
    with driver.v1("r.example.com/a/b", credentials=Provider(), **driver.mocked(server)) as client:
        client.list_repo_tags()
        client.list_repo_imgs()
    assert [one.url.path.rpartition("/")[2] for one in server.seen] == ["images", "images", "tags", "images"]


def test_opening_a_session_has_the_limits_of_the_call(driver: Driver) -> None:
    """The session is opened, and opened again, with the timeout and the deadline of the call that needs it."""
    tokens = iter(["one", "two"])
    valid = {"Token one"}

    def images(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"X-Docker-Token": next(tokens)}, json=[])

    def tags(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers.get("authorization") in valid else 401, json={})

    server = Server({}, images=images, tags=tags)
    with driver.v1("r.example.com/a/b", **driver.mocked(server)) as client:
        client.list_repo_tags(timeout=70, deadline=60)
        valid = {"Token two"}
        client.list_repo_tags(timeout=7)
    deadlines = [call_of(one).deadline for one in server.seen]
    assert [one is not None and one.seconds for one in deadlines] == [60, 60, False, False, False]
    reads = [one.extensions["timeout"]["read"] for one in server.seen]
    assert all(50 < read <= 60 for read in reads[:2])
    assert reads[2:] == [7, 7, 7]
