"""Effects that change the headers of a response."""

import re
from urllib.parse import parse_qsl, urlencode, urljoin

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import (
    ContentType,
    Fault,
    FaultEffect,
    ForeignLink,
    LocationForm,
    LocationOn,
    NoDigest,
    SetHeader,
    SignedLocations,
    WrongDigest,
)
from tests.testing.helpers import digest_of, next_page, push_image, start_upload


@pytest.mark.parametrize(
    ("effect", "values"),
    [
        (WrongDigest(), ["sha256:" + "bad0" * 16]),
        (WrongDigest("sha256:odd"), ["sha256:odd"]),
        (NoDigest(), []),
        (SetHeader("docker-content-digest", ("{}", "{}")), ["right", "right"]),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_digest_header(
    memory_registry: EmbeddedRegistry, client: httpx.Client, effect: FaultEffect, values: list[str], method: str
) -> None:
    digest = push_image(client, "repo", "tag")
    memory_registry.faults.add(Fault(effect))
    response = client.request(method, "/v2/repo/manifests/tag")
    assert response.status_code == 200
    seen = response.headers.get_list("docker-content-digest")
    assert [value.replace(digest, "right") for value in seen] == values


@pytest.mark.parametrize(
    ("effect", "values"),
    [
        (ContentType("text/plain"), ["text/plain"]),
        (ContentType(None), []),
        (ContentType(("{}", "text/html")), ["application/vnd.oci.image.manifest.v1+json", "text/html"]),
        (ContentType("{}; charset=utf-8"), ["application/vnd.oci.image.manifest.v1+json; charset=utf-8"]),
    ],
)
def test_content_type(memory_registry: EmbeddedRegistry, client: httpx.Client, effect: ContentType, values: list[str]) -> None:
    """Content delivery networks send manifests as text/plain (rhbz 1389442)."""
    push_image(client, "repo", "tag")
    memory_registry.faults.add(Fault(effect, operation="get_manifest"))
    response = client.get("/v2/repo/manifests/tag")
    assert response.json()["schemaVersion"] == 2
    assert response.headers.get_list("content-type") == values


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("absolute", r"http://127\.0\.0\.1:\d+/v2/deep/repo/blobs/uploads/[^/]+"),
        ("network", r"//127\.0\.0\.1:\d+/v2/deep/repo/blobs/uploads/[^/]+"),
        ("relative", r"(\.\./)+v2/deep/repo/blobs/uploads/[^/]+"),
    ],
)
def test_form_of_location(memory_registry: EmbeddedRegistry, client: httpx.Client, form: str, pattern: str) -> None:
    memory_registry.faults.add(Fault(LocationForm(form), times=None))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    response = client.post("/v2/deep/repo/blobs/uploads/")
    for content in (b"con", b"tent"):
        assert re.fullmatch(pattern, response.headers["location"])
        url = urljoin(str(response.url), response.headers["location"])
        response = client.patch(url, content=content)
        assert response.status_code == 202
    url = urljoin(str(response.url), response.headers["location"])
    assert client.put(url, params={"digest": digest_of(b"content")}).status_code == 201


def test_location_on_another_origin(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    memory_registry.faults.add(Fault(LocationOn("https://upload.example:8443"), operation="start_blob_upload"))
    location = client.post("/v2/repo/blobs/uploads/").headers["location"]
    assert location.startswith("https://upload.example:8443/v2/repo/blobs/uploads/")


def test_signed_locations(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    """The query must be returned byte for byte; the digest is appended."""
    memory_registry.faults.add(Fault(SignedLocations(), times=None))
    location = start_upload(client)
    path, _, query = location.partition("?")
    digest = digest_of(b"content")
    wrong = [
        path,
        f"{path}?digest={digest}",
        f"{path}?{urlencode(parse_qsl(query, keep_blank_values=True))}",
        f"{path}?{urlencode(sorted(parse_qsl(query)))}",
        f"{path}?{query}x",
        location.replace("%2f", "%2F"),
    ]
    for url in wrong:
        assert (client.patch(url, content=b"x").status_code, url) == (403, url)
    location = client.patch(location, content=b"content").headers["location"]
    assert client.get(location).headers["range"] == "0-6"
    assert client.put(f"{location}&digest={digest}").status_code == 201
    assert client.get(f"/v2/repo/blobs/{digest}").content == b"content"


def test_digest_before_the_signature(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    memory_registry.faults.add(Fault(SignedLocations(), times=None))
    path, _, query = start_upload(client).partition("?")
    assert client.put(f"{path}?digest={digest_of(b'content')}&{query}", content=b"content").status_code == 201


@pytest.mark.parametrize("path", ["/v2/_catalog", "/v2/repo/tags/list", "/v2/repo/referrers/sha256:" + "0" * 64])
def test_link_to_another_origin(memory_registry: EmbeddedRegistry, client: httpx.Client, path: str) -> None:
    push_image(client, "repo", "tag")
    memory_registry.faults.add(Fault(ForeignLink("https://evil.example")))
    response = client.get(path)
    assert response.status_code == 200
    assert (next_page(response) or "").startswith(f"https://evil.example{path}?")
