"""The requests of the token flow, one by one."""

import base64
import json
import re
from typing import Any

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import codes

SERVICE = "embedded-registry"


def get_token(registry: EmbeddedRegistry, *scopes: str, authenticated: bool = True, **query: str) -> dict[str, Any]:
    """Request a token by GET, as the user or anonymously, and return the response's JSON document."""
    auth = (registry.username, registry.password) if authenticated else None
    parameters = {"service": SERVICE, "scope": list(scopes), **query}
    response = httpx.get(registry.token_url, params=parameters, auth=auth)
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    document: dict[str, Any] = response.json()
    return document


def post_token(registry: EmbeddedRegistry, **form: str | None) -> httpx.Response:
    """Request a token by POST with the user's password; `form` replaces fields, and None removes one."""
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
    """Return a client that sends a token of the user."""
    return httpx.Client(base_url=registry.url, headers=bearer(get_token(registry, *scopes)["token"]))


def claims(token: str) -> dict[str, Any]:
    """Return the claims of a token without checking its signature."""
    payload = token.split(".")[1]
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return document


def challenge(response: httpx.Response) -> dict[str, str]:
    """Return the parameters of the Bearer challenge in a 401."""
    assert (response.status_code, codes(response) if response.content else ["UNAUTHORIZED"]) == (401, ["UNAUTHORIZED"])
    scheme, _, parameters = response.headers["www-authenticate"].partition(" ")
    assert scheme == "Bearer"
    return dict(re.findall(r'(\w+)="([^"]*)"', parameters))
