"""Effects that send errors, web pages and redirects instead of calling the registry."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import (
    Fault,
    HtmlError,
    RedirectTo,
    Status,
)
from tests.testing.helpers import codes, push_blob, start_upload


@pytest.mark.parametrize(
    ("effect", "code", "retry_after"),
    [
        (Status(500), "UNKNOWN", None),
        (Status(503, retry_after=7), "UNKNOWN", "7"),
        (Status(429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), "TOOMANYREQUESTS", "Wed, 21 Oct 2026 07:28:00 GMT"),
        (Status(429), "TOOMANYREQUESTS", None),
        (Status(403, code="DENIED", message="no"), "DENIED", None),
    ],
)
def test_status(
    memory_registry: EmbeddedRegistry, client: httpx.Client, effect: Status, code: str, retry_after: str | None
) -> None:
    memory_registry.faults.add(Fault(effect))
    response = client.get("/v2/")
    assert (response.status_code, codes(response)) == (effect.status, [code])
    assert response.headers.get("retry-after") == retry_after
    assert (memory_registry.requests[0].status, memory_registry.requests[0].fault) == (effect.status, Fault(effect))
    assert client.get("/v2/").status_code == 200


def test_range_error_during_an_upload(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    """After the 416, the status of the upload shows that the chunk was not processed."""
    location = start_upload(client)
    memory_registry.faults.add(Fault(Status(416), operation="upload_blob_chunk"))
    assert client.patch(location, content=b"x" * 1_000_000).status_code == 416
    assert client.get(location).headers["range"] == "0-0"
    assert client.patch(location, content=b"x").status_code == 202


@pytest.mark.parametrize("effect", [HtmlError(), HtmlError(404, "Not Found"), HtmlError(200, "Sign in")])
def test_web_page(memory_registry: EmbeddedRegistry, client: httpx.Client, effect: HtmlError) -> None:
    memory_registry.faults.add(Fault(effect, operation="list_tags"))
    response = client.get("/v2/repo/tags/list")
    assert (response.status_code, response.headers["content-type"]) == (effect.status, "text/html; charset=utf-8")
    assert response.text.startswith("<!DOCTYPE html>")
    assert effect.title in response.text


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_origin(memory_registry: EmbeddedRegistry, client: httpx.Client, status: int) -> None:
    """The path and the query are unchanged; a Range request to the other origin needs no credentials."""
    digest = push_blob(client, "repo", b"content")
    with EmbeddedRegistry(storage=memory_registry.storage) as other:
        memory_registry.faults.add(Fault(RedirectTo(other.url, status=status), operation="create_blob_read_stream"))
        response = client.get(f"/v2/repo/blobs/{digest}?a=%2f+b&c", headers={"authorization": "Bearer x", "range": "bytes=1-2"})
        assert (response.status_code, response.headers["location"]) == (status, f"{other.url}/v2/repo/blobs/{digest}?a=%2f+b&c")
        followed = client.send(client.build_request("GET", response.headers["location"], headers={"range": "bytes=1-2"}))
        assert (followed.status_code, followed.content) == (206, b"on")
        assert other.requests[0].header("authorization") is None
