"""Callers of a registry with a profile."""

from typing import Any

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry

SCOPE = "repository:repo:pull,push,delete"


def ask_for_token(registry: EmbeddedRegistry, *scopes: str, auth: tuple[str, str] | None = None) -> httpx.Response:
    """Ask for a token by GET, as the user unless credentials are given."""
    credentials = auth or (registry.username, registry.password)
    return httpx.get(registry.token_url, params={"scope": list(scopes)}, auth=credentials)


def post_for_token(registry: EmbeddedRegistry, **form: str) -> httpx.Response:
    """Ask for a token by POST, with the password unless the form says otherwise."""
    fields = {"service": "embedded-registry", "client_id": "tests", **form}
    if "grant_type" not in form:
        fields |= {"grant_type": "password", "username": registry.username, "password": registry.password}
    return httpx.post(registry.token_url, data=fields)


def token_in(response: httpx.Response) -> str:
    """Return the token in an answer of the token service."""
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    token = document.get("token") or document["access_token"]
    assert isinstance(token, str)
    return token


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
