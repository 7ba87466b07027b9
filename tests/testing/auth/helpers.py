"""The steps of token authentication, one by one."""

import base64
import json
import re
from typing import Any

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import codes

SERVICE = "embedded-registry"


def get_token(registry: EmbeddedRegistry, *scopes: str, known: bool = True, **query: str) -> dict[str, Any]:
    """Get a token by GET."""
    auth = (registry.username, registry.password) if known else None
    parameters = {"service": SERVICE, "scope": list(scopes), **query}
    answer = httpx.get(registry.token_url, params=parameters, auth=auth)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    document: dict[str, Any] = answer.json()
    return document


def post_token(registry: EmbeddedRegistry, **form: str | None) -> httpx.Response:
    """Ask for a token by POST with the user's password, unless the form says otherwise; None leaves a field out."""
    fields = {
        "grant_type": "password",
        "service": SERVICE,
        "client_id": "tests",
        "username": registry.username,
        "password": registry.password,
        **form,
    }
    return httpx.post(registry.token_url, data={name: value for name, value in fields.items() if value is not None})


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def user_client(registry: EmbeddedRegistry, *scopes: str) -> httpx.Client:
    """Make a client with the user's token."""
    return httpx.Client(base_url=registry.url, headers=bearer(get_token(registry, *scopes)["token"]))


def claims(token: str) -> dict[str, Any]:
    """Read what a token says, without a look at its signature."""
    payload = token.split(".")[1]
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return document


def challenge(answer: httpx.Response) -> dict[str, str]:
    """Return the parameters of a Bearer challenge."""
    assert (answer.status_code, codes(answer) if answer.content else ["UNAUTHORIZED"]) == (401, ["UNAUTHORIZED"])
    scheme, _, parameters = answer.headers["www-authenticate"].partition(" ")
    assert scheme == "Bearer"
    return dict(re.findall(r'(\w+)="([^"]*)"', parameters))
