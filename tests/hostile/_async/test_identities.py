"""Tokens of one credential, which are never used for another credential."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest

from docker_registry_sdk.credentials import Credential
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import at

pytestmark = pytest.mark.anyio

BY_REPO = {"a": "token-a", "b": "token-b", None: "token-none"}


class ByRepo:
    """A provider of another identity token for each repository. Its credentials have no user name, and the same source."""

    def get_credential(self, registry: str, repo: str | None, /) -> Credential:
        """Return the credential for a repository."""
        return Credential(identity_token=BY_REPO[repo])


async def test_each_credential_has_its_own_tokens(registry: Loopback) -> None:
    seen: list[tuple[str, str]] = []

    def respond(handler: Handler) -> None:
        sent = handler.headers.get("Authorization")
        if handler.path.startswith("/token"):
            form = parse_qs(registry.seen[-1].body.decode())
            body = json.dumps({"token": f"access-{form['refresh_token'][0]}", "expires_in": 300})
            handler.reply(200, body.encode(), Content_Type="application/json")
        elif sent is None:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{at(registry, "registry.example.com")}/token",service="s"')
        else:
            seen.append((handler.path, sent))
            handler.reply(200, b'{"name": "a", "tags": [], "repositories": []}', Content_Type="application/json")

    registry.answer = respond
    async with client_of(registry, credentials=ByRepo()) as client:
        for _ in range(2):
            await client.list_tags()
            await client.ping()
            await client.repository("b").list_tags()
    assert (
        seen
        == [
            ("/v2/a/tags/list", "Bearer access-token-a"),
            ("/v2/", "Bearer access-token-none"),
            ("/v2/b/tags/list", "Bearer access-token-b"),
        ]
        * 2
    )
