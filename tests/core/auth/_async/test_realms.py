"""Token services in one network with the registry, relative realms, and redirects of a token service."""

from __future__ import annotations

import base64

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, InvalidReferenceError
from tests.core.wire.loopback import Handler, Loopback, Responder, run_loopback

pytestmark = pytest.mark.anyio
NOBODY = ExplicitCredentials(Credential("alice", "x"), "other.example.com")
ALICE = ExplicitCredentials(Credential("alice", "S3CR3T"))
BASIC = f"Basic {base64.b64encode(b'alice:S3CR3T').decode()}"
TAGS = b'{"name": "a/b", "tags": ["1"]}'
# The registry, the realm, and whether the login may be sent there without being trusted.
PRIVATE_NETWORKS = [
    ("registry.corp.local", "http://gitlab.corp.local/jwt/auth", False),
    ("registry.corp.internal", "http://gitlab.corp.internal/jwt/auth", False),
    ("registry.gitlab.lan", "http://gitlab.lan/jwt/auth", False),
    ("registry:5000", "http://gitlab/jwt/auth", False),
    ("registry.intra.mycorp", "http://git.intra.mycorp/jwt/auth", False),
    ("registry.example.com", "http://gitlab.example.com/jwt/auth", True),
    ("10.0.0.5:5000", "http://10.0.0.6/jwt/auth", False),
    ("10.0.0.5:5000", "http://gitlab.example.com/jwt/auth", False),
    ("10.0.0.5:5000", "http://10.0.0.5/jwt/auth", True),
]


def answer_as(realm: str, token: Responder, path: str = "/token") -> Responder:
    """Return a function that answers as a registry with that realm, and below `path` as its token service."""

    def answer(handler: Handler) -> None:
        if path in handler.path:
            token(handler)
        elif handler.headers.get("Authorization") == "Bearer t0k":
            handler.reply(200, TAGS, Content_Type="application/json")
        else:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}",service="s"')

    return answer


def issue(handler: Handler) -> None:
    """Answer with a token."""
    handler.reply(200, b'{"token": "t0k"}', Content_Type="application/json")


def token_requests(server: Loopback, path: str = "/token") -> list[tuple[str, str | None]]:
    """Return the method and the Authorization header of each request to the token service."""
    return [(seen.line.split(" ")[0], seen.headers.get("authorization")) for seen in server.seen if path in seen.target]


@pytest.mark.parametrize(("registry", "realm", "is_allowed"), PRIVATE_NETWORKS)
async def test_in_one_private_network_only_the_login_requires_trust(
    registry: str, realm: str, is_allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_loopback(answer_as(realm, issue, "/jwt/auth")) as proxy:
        async with AsyncRegistryClientV2(f"http://{registry}/a/b", proxy=proxy.url, credentials=NOBODY) as client:
            assert await client.list_tags() == ["1"]
        assert token_requests(proxy, "/jwt/auth") == [("GET", None)]
        async with AsyncRegistryClientV2(f"http://{registry}/a/b", proxy=proxy.url, credentials=ALICE) as client:
            if is_allowed:
                assert await client.list_tags() == ["1"]
            else:
                with pytest.raises(AuthError, match="DOCKER_REGISTRY_SDK_TRUSTED_REALMS"):
                    await client.list_tags()
        host = realm.split("/")[2]
        monkeypatch.setenv("DOCKER_REGISTRY_SDK_TRUSTED_REALMS", f"other.example.com, {host}")
        async with AsyncRegistryClientV2(f"http://{registry}/a/b", proxy=proxy.url, credentials=ALICE) as client:
            assert await client.list_tags() == ["1"]
        assert token_requests(proxy, "/jwt/auth")[1:] == [("GET", BASIC)] * (2 if is_allowed else 1)


async def test_a_host_in_the_variable_must_be_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_REGISTRY_SDK_TRUSTED_REALMS", "https://auth.example.com/token")
    with pytest.raises(InvalidReferenceError, match="the environment variable DOCKER_REGISTRY_SDK_TRUSTED_REALMS contains"):
        AsyncRegistryClientV2("registry.example.com/a")


@pytest.mark.parametrize(
    "challenge",
    [
        'Bearer realm="/token",service="s"',
        'Bearer realm="//HOST/token",service="s"',
        "Bearer realm='http://HOST/token',service='s',scope='repository:a/b:pull,push'",
        "Bearer realm=http://HOST/token,service=s",
        'Bearer realm="http://HOST/token?tenant=x";service="s"',
        'Negotiate, Basic realm="x", Bearer realm = "http://HOST/token" , service = "s"',
    ],
)
async def test_forms_of_a_realm_on_the_host_of_the_registry(challenge: str) -> None:
    def answer(handler: Handler) -> None:
        if handler.path.startswith("/token"):
            issue(handler)
        elif handler.headers.get("Authorization") == "Bearer t0k":
            handler.reply(200, TAGS, Content_Type="application/json")
        else:
            handler.reply(401, WWW_Authenticate=challenge.replace("HOST", handler.headers["Host"]))

    with run_loopback(answer) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a/b", credentials=ALICE) as client:
            assert await client.list_tags() == ["1"]
        assert token_requests(server) == [("GET", BASIC)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/token2?x=%2f", "token2", "http://HOST/token2", "//HOST/token2"])
async def test_a_redirect_within_the_origin_of_a_token_service_is_followed(status: int, location: str) -> None:
    def token(handler: Handler) -> None:
        if handler.path.startswith("/token2"):
            issue(handler)
        else:
            handler.reply(status, Location=location.replace("HOST", handler.headers["Host"]))

    with run_loopback(answer_as("/token", token)) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a/b", credentials=ALICE) as client:
            assert await client.list_tags() == ["1"]
        assert token_requests(server) == [("GET", BASIC)] * 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirected_post_remains_a_post(status: int) -> None:
    def token(handler: Handler) -> None:
        if handler.command == "POST" and handler.path.startswith("/token/"):
            handler.reply(200, b'{"access_token": "t0k"}', Content_Type="application/json")
        else:
            handler.reply(status, Location=f"/token/{handler.path.removeprefix('/token')}")

    credentials = ExplicitCredentials(Credential(identity_token="1dent1ty"))
    with run_loopback(answer_as("/token", token)) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a/b", credentials=credentials) as client:
            assert await client.list_tags() == ["1"]
        bodies = [seen.body for seen in server.seen if "/token" in seen.target]
        assert len(bodies) == 2
        assert bodies[0] == bodies[1]
        assert b"1dent1ty" in bodies[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("credentials", [NOBODY, ALICE], ids=["anonymous", "login"])
async def test_a_redirect_to_another_origin_is_not_followed(host: str, credentials: ExplicitCredentials) -> None:
    with run_loopback(issue) as other:
        location = f"http://{host}:{other.url.rpartition(':')[2]}/token"
        with run_loopback(answer_as("/token", lambda handler: handler.reply(307, Location=location))) as server:
            async with AsyncRegistryClientV2(f"{server.url}/a/b", credentials=credentials) as client:
                with pytest.raises(AuthError, match="issues no tokens: status 30"):
                    await client.list_tags()
        assert other.seen == []


async def test_endless_redirects_of_a_token_service_are_cut() -> None:
    with run_loopback(answer_as("/token", lambda handler: handler.reply(302, Location=f"{handler.path}x"))) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a/b", credentials=ALICE) as client:
            with pytest.raises(AuthError, match="issues no tokens: status 30"):
                await client.list_tags()
        assert len(token_requests(server)) == 6
