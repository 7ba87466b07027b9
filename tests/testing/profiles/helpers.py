"""Requests to a registry with a profile, and to its token service."""

from typing import Any

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import digest_of, image, put_manifest, start_upload

SCOPE = "repository:repo:pull,push,delete"


def request_token_by_get(registry: EmbeddedRegistry, *scopes: str, auth: tuple[str, str] | None = None) -> httpx.Response:
    """Request a token by GET, with the credentials of the user or with other ones."""
    credentials = auth or (registry.username, registry.password)
    return httpx.get(registry.token_url, params={"scope": list(scopes)}, auth=credentials)


def request_token_by_post(registry: EmbeddedRegistry, **form: str) -> httpx.Response:
    """Request a token by POST, with the password of the user or with another grant."""
    fields = {"service": "embedded-registry", "client_id": "tests", **form}
    if "grant_type" not in form:
        fields |= {"grant_type": "password", "username": registry.username, "password": registry.password}
    return httpx.post(registry.token_url, data=fields)


def token_in(response: httpx.Response) -> str:
    """Return the token in a response of the token service."""
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    token = document.get("token") or document["access_token"]
    assert isinstance(token, str)
    return token


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def upload_blob(client: httpx.Client, content: bytes, algorithm: str = "sha256") -> str:
    """Upload a blob to `repo` by POST and PUT, for registries that do not accept it in the POST, and return its digest."""
    digest = digest_of(content, algorithm)
    location = httpx.URL(start_upload(client)).copy_add_param("digest", digest)
    assert client.put(location, content=content).status_code == 201
    return digest


def push_tagged_image(client: httpx.Client, tag: str = "tag") -> None:
    """Push an image to `repo` with `upload_blob`."""
    upload_blob(client, b"{}")
    assert put_manifest(client, "repo", tag, image()).status_code == 201
