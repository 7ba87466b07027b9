"""Registries that send a Bearer and a Basic challenge, and token services that issue no tokens."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import (
    AuthError,
    BasicLoginError,
    NotFoundError,
    RateLimitedError,
    RegistryError,
    ServerError,
    TokenLoginError,
    TransportError,
)
from tests.core.wire.loopback import Handler, Loopback

pytestmark = pytest.mark.anyio

LOGIN = ("alice", "hunter2")
BASIC = f"Basic {base64.b64encode(b'alice:hunter2').decode()}"
NO_TOKENS: list[tuple[int, bytes]] = [
    (404, b"{}"),
    (405, b"{}"),
    (400, b"{}"),
    (401, b"{}"),
    (403, b"{}"),
    (204, b""),
    (302, b""),
    (200, b"{}"),
    (200, b"<html>log in</html>"),
]


def serve(
    loopback: Loopback, status: int, body: bytes, *, accepts: str = BASIC, realm: str = "/token", together: bool = False
) -> None:
    """Let a registry send both challenges, and let its token service send a response that contains no token."""
    challenges = [f'Bearer realm="{realm}",service="x"', 'Basic realm="r"']

    def answer(handler: Handler) -> None:
        if handler.path.startswith("/token"):
            handler.reply(status, body, Location="https://elsewhere.test/")
        elif handler.headers["Authorization"] == accepts:
            handler.reply(200, b'{"tags": ["1"]}')
        elif together:
            handler.reply(401, b"", WWW_Authenticate=", ".join(reversed(challenges)))
        else:
            handler.send_response(401)
            for challenge in challenges:
                handler.send_header("WWW-Authenticate", challenge)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

    loopback.answer = answer


@pytest.mark.parametrize(("status", "body"), NO_TOKENS)
async def test_without_tokens_the_password_is_sent_to_the_registry(loopback: Loopback, status: int, body: bytes) -> None:
    serve(loopback, status, body, together=status == 404)
    async with AsyncRegistryClientV2(f"{loopback.url}/a", credentials=LOGIN) as client:
        assert await client.list_tags() == ["1"]
        assert await client.list_tags() == ["1"]
        assert client.explain_auth().challenge == "basic"
    assert [seen.target.partition("?")[0] for seen in loopback.seen] == ["/v2/a/tags/list", "/token", *["/v2/a/tags/list"] * 2]


async def test_a_token_service_of_another_site_leaves_the_password_to_the_registry(loopback: Loopback) -> None:
    serve(loopback, 404, b"", realm="https://auth.example.com/token")
    async with AsyncRegistryClientV2(f"{loopback.url}/a", credentials=LOGIN) as client:
        assert await client.list_tags() == ["1"]


async def test_a_password_that_neither_accepts_is_asked_for_once(loopback: Loopback) -> None:
    serve(loopback, 401, b"{}", accepts="nothing")
    async with AsyncRegistryClientV2(f"{loopback.url}/a", credentials=LOGIN) as client:
        for _ in range(2):
            with pytest.raises(BasicLoginError):
                await client.list_tags()
    assert sum(seen.target.startswith("/token") for seen in loopback.seen) == 1


@pytest.mark.parametrize(("status", "expected"), [(500, ServerError), (429, RateLimitedError)])
async def test_a_token_service_that_fails_is_asked_again(loopback: Loopback, status: int, expected: type[RegistryError]) -> None:
    serve(loopback, status, b"")
    async with AsyncRegistryClientV2(f"{loopback.url}/a", max_retries=0, credentials=LOGIN) as client:
        for _ in range(2):
            with pytest.raises(expected):
                await client.list_tags()
    assert sum(seen.target.startswith("/token") for seen in loopback.seen) == 2


@pytest.mark.parametrize("status", [404, 405, 410, 302])
@pytest.mark.parametrize("login", [LOGIN, {}], ids=["login", "anonymous"])
async def test_a_missing_token_service_does_not_mean_that_a_tag_is_missing(loopback: Loopback, status: int, login: Any) -> None:
    serve(loopback, status, b'{"details": "no such page"}')
    both = loopback.answer
    loopback.answer = lambda handler: both(handler) if handler.path.startswith("/token") else _only_bearer(handler)
    async with AsyncRegistryClientV2(f"{loopback.url}/a", credentials=login) as client:
        with pytest.raises(AuthError, match=f"issues no tokens: status {status} .no such page") as caught:
            await client.exists("latest")
    assert not isinstance(caught.value, (NotFoundError, TokenLoginError))
    assert "realm" in caught.value.hint


def _only_bearer(handler: Handler) -> None:
    handler.reply(401, WWW_Authenticate='Bearer realm="/token",service="x"')


@pytest.mark.parametrize("of_the_token_service", [True, False])
async def test_a_server_that_cannot_be_reached_is_named(loopback: Loopback, of_the_token_service: bool) -> None:
    closed = "http://127.0.0.1:1/x?sig=S3CR3T"

    def answer(handler: Handler) -> None:
        if of_the_token_service:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{closed}"')
        else:
            handler.reply(307, Location=closed)

    loopback.answer = answer
    async with AsyncRegistryClientV2(f"{loopback.url}/a", credentials={}, max_retries=0) as client:
        with pytest.raises(TransportError, match=r"^GET http://127\.0\.0\.1:1/x\?sig=…") as caught:
            await client.list_tags()
    assert "S3CR3T" not in str(caught.value)


async def test_a_realm_with_blanks_around_it(loopback: Loopback) -> None:
    serve(loopback, 200, b'{"token": "abc"}', accepts="Bearer abc", realm=" /token ")
    async with AsyncRegistryClientV2(f"{loopback.url}/a", credentials=LOGIN) as client:
        assert await client.list_tags() == ["1"]
