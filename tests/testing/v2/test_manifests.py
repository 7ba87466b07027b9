"""Push, pull and deletion of manifests and tags."""

import json

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from tests.testing.conftest import Serve
from tests.testing.helpers import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    EMPTY_JSON,
    OCI_INDEX,
    OCI_MANIFEST,
    UNKNOWN,
    assert_error,
    descriptor,
    digest_of,
    image,
    index,
    push_blob,
    push_image,
    put_manifest,
)


def test_push_by_tag_and_pull(client: httpx.Client) -> None:
    push_blob(client, "repo", b"{}")
    content = image()
    response = put_manifest(client, "repo", "v1", content)
    digest = digest_of(content)
    assert (response.status_code, response.headers["docker-content-digest"]) == (201, digest)
    assert "oci-subject" not in response.headers and "oci-tag" not in response.headers
    for url in (response.headers["location"], "/v2/repo/manifests/v1", f"/v2/repo/manifests/{digest}"):
        pulled, head = client.get(url), client.head(url)
        assert (pulled.status_code, pulled.content) == (200, content)
        assert (head.status_code, head.content) == (200, b"")
        for headers in (pulled.headers, head.headers):
            assert headers["content-type"] == OCI_MANIFEST
            assert headers["content-length"] == str(len(content))
            assert headers["docker-content-digest"] == digest
            assert headers["etag"] == f'"{digest}"'


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_push_by_digest_with_tags(client: httpx.Client, algorithm: str) -> None:
    push_blob(client, "repo", b"{}")
    content = image()
    digest = digest_of(content, algorithm)
    tags = [f"t{number}" for number in range(12)]
    response = put_manifest(client, "repo", digest, content, tag=[*tags, "t0"])
    assert response.status_code == 201
    assert response.headers["docker-content-digest"] == digest
    assert response.headers.get_list("oci-tag") == tags
    for reference in (digest, *tags):
        pulled = client.get(f"/v2/repo/manifests/{reference}")
        assert (pulled.content, pulled.headers["docker-content-digest"]) == (content, digest)


def test_a_bad_tag_among_the_tags_stores_nothing(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    content = index()
    assert_error(put_manifest(client, "repo", digest_of(content), content, OCI_INDEX, tag=["good", "b:d"]), 400, "TAG_INVALID")
    assert stored_registry.storage.names() == []


@pytest.mark.parametrize("reference", [UNKNOWN, "sha512:" + "0" * 128, "sha256:bad", "sha1:" + "0" * 40])
def test_push_by_a_wrong_digest(client: httpx.Client, reference: str) -> None:
    assert_error(put_manifest(client, "repo", reference, index(), OCI_INDEX), 400, "DIGEST_INVALID")
    assert_error(client.get("/v2/_catalog?n=x"), 400, "PAGINATION_NUMBER_INVALID")


def test_missing_blobs(client: httpx.Client) -> None:
    content = image(b"{}", [b"one", b"two", b"one"])
    push_blob(client, "repo", b"one")
    response = put_manifest(client, "repo", "v1", content)
    assert_error(response, 404, "MANIFEST_BLOB_UNKNOWN")
    missing = [entry["detail"]["digest"] for entry in response.json()["errors"]]
    assert missing == [digest_of(b"{}"), digest_of(b"two")]
    assert_error(client.get("/v2/repo/manifests/v1"), 404, "MANIFEST_UNKNOWN")
    push_blob(client, "elsewhere", b"{}")
    assert_error(put_manifest(client, "repo", "v1", content), 404, "MANIFEST_BLOB_UNKNOWN")


def test_sparse_images_if_permitted(serve: Serve) -> None:
    with httpx.Client(base_url=serve(RegistrySettings(sparse_images=True)).url) as client:
        assert put_manifest(client, "repo", "v1", image(b"{}", [b"one"])).status_code == 201


def test_sparse_index(client: httpx.Client) -> None:
    content = index(descriptor(b"not here", OCI_MANIFEST))
    assert put_manifest(client, "repo", "v1", content, OCI_INDEX).status_code == 201


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ],
)
def test_external_layers_are_not_required(client: httpx.Client, media_type: str) -> None:
    push_blob(client, "repo", b"{}")
    document = json.loads(image())
    document["layers"] = [{**descriptor(b"external", media_type), "urls": ["https://example.com/layer"]}]
    assert put_manifest(client, "repo", "v1", json.dumps(document).encode()).status_code == 201


def test_media_type_must_match_the_content(client: httpx.Client) -> None:
    push_blob(client, "repo", b"{}")
    for media_type in (OCI_INDEX, DOCKER_MANIFEST, "application/json", "text/html"):
        assert_error(put_manifest(client, "repo", "v1", image(), media_type), 400, "MANIFEST_INVALID")
    assert put_manifest(client, "repo", "v1", image(), f"{OCI_MANIFEST}; charset=utf-8").status_code == 201
    assert client.get("/v2/repo/manifests/v1").headers["content-type"] == OCI_MANIFEST


def test_media_type_from_the_content(client: httpx.Client) -> None:
    push_blob(client, "repo", b"{}")
    without = json.loads(image())
    del without["mediaType"]
    for content, expected in (
        (image(), OCI_MANIFEST),
        (json.dumps(without).encode(), OCI_MANIFEST),
        (b'{"schemaVersion": 2, "manifests": []}', OCI_INDEX),
    ):
        assert put_manifest(client, "repo", "v1", content, None).status_code == 201
        assert client.get("/v2/repo/manifests/v1").headers["content-type"] == expected
    assert_error(put_manifest(client, "repo", "v1", b"{}", None), 400, "MANIFEST_INVALID")


def test_docker_schema_2(client: httpx.Client) -> None:
    push_blob(client, "repo", b"{}")
    content = json.dumps(
        {"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "config": descriptor(b"{}", EMPTY_JSON), "layers": []}
    ).encode()
    assert put_manifest(client, "repo", "v1", content, DOCKER_MANIFEST).status_code == 201
    listed = {**descriptor(content, DOCKER_MANIFEST), "platform": {"os": "linux", "architecture": "amd64"}}
    content = json.dumps({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [listed]}).encode()
    assert put_manifest(client, "repo", "all", content, DOCKER_LIST).status_code == 201
    assert client.get("/v2/repo/manifests/all").headers["content-type"] == DOCKER_LIST


@pytest.mark.parametrize("content", [b"\x00\xff not JSON", b"[1]", b"{}", b""])
def test_unknown_media_types_are_not_parsed(client: httpx.Client, content: bytes) -> None:
    media_type = "application/vnd.example.thing+json"
    assert put_manifest(client, "repo", "v1", content, media_type).status_code == 201
    response = client.get("/v2/repo/manifests/v1")
    assert (response.content, response.headers["content-type"]) == (content, media_type)


def test_size_limit(serve: Serve) -> None:
    with httpx.Client(base_url=serve(RegistrySettings()).url) as client:
        content = index()
        largest = content + b" " * (4 * 1024 * 1024 - len(content))
        assert put_manifest(client, "repo", "v1", largest, OCI_INDEX).status_code == 201
        assert client.get("/v2/repo/manifests/v1").content == largest
        assert_error(put_manifest(client, "repo", "v2", largest + b" ", OCI_INDEX), 413, "MANIFEST_INVALID")
        chunked = client.put("/v2/repo/manifests/v2", content=iter([largest, b" " * 100]), headers={"content-type": OCI_INDEX})
        assert_error(chunked, 413, "MANIFEST_INVALID")
        assert client.get("/v2/repo/tags/list").json()["tags"] == ["v1"]


def test_subject(client: httpx.Client) -> None:
    subject = push_image(client, "repo", "v1")
    content = image(subject={"mediaType": OCI_MANIFEST, "digest": subject, "size": 1})
    assert put_manifest(client, "repo", digest_of(content), content).headers["oci-subject"] == subject
    content = index(subject={"mediaType": OCI_MANIFEST, "digest": UNKNOWN, "size": 1})
    assert put_manifest(client, "repo", "v2", content, OCI_INDEX).headers["oci-subject"] == UNKNOWN


def test_unknown(client: httpx.Client) -> None:
    assert_error(client.get("/v2/repo/manifests/v1"), 404, "NAME_UNKNOWN")
    push_image(client, "repo", "v1")
    for reference in ("v2", UNKNOWN):
        assert_error(client.get(f"/v2/repo/manifests/{reference}"), 404, "MANIFEST_UNKNOWN")
        assert_error(client.delete(f"/v2/repo/manifests/{reference}"), 404, "MANIFEST_UNKNOWN")
        assert client.head(f"/v2/repo/manifests/{reference}").status_code == 404
    assert_error(client.delete("/v2/nowhere/manifests/v1"), 404, "NAME_UNKNOWN")


@pytest.mark.parametrize("reference", ["-x", ".x", "a" * 129, "a b", "ä", "a%", "a\n"])
def test_bad_tags(client: httpx.Client, reference: str) -> None:
    response = client.get(f"/v2/repo/manifests/{reference}".replace("%", "%25").replace("\n", "%0a"))
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] in {"TAG_INVALID", "NAME_INVALID"}


def test_delete_a_tag_only(client: httpx.Client) -> None:
    digest = push_image(client, "repo", "v1")
    put_manifest(client, "repo", "v2", image())
    assert client.delete("/v2/repo/manifests/v1").status_code == 202
    assert_error(client.get("/v2/repo/manifests/v1"), 404, "MANIFEST_UNKNOWN")
    for reference in ("v2", digest):
        assert client.get(f"/v2/repo/manifests/{reference}").status_code == 200


def test_delete_a_manifest_and_its_tags(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    digest = push_image(client, "repo", "v1")
    put_manifest(client, "repo", "v2", image())
    push_image(client, "other", "v1")
    assert client.delete(f"/v2/repo/manifests/{digest}").status_code == 202
    for reference in ("v1", "v2", digest):
        assert_error(client.get(f"/v2/repo/manifests/{reference}"), 404, "MANIFEST_UNKNOWN")
    assert client.get("/v2/repo/tags/list").json() == {"name": "repo", "tags": []}
    assert client.get("/v2/other/manifests/v1").status_code == 200
    client.delete(f"/v2/other/manifests/{digest}")
    assert stored_registry.storage.open(digest) is None


def test_a_manifest_is_not_a_blob(client: httpx.Client) -> None:
    digest = push_image(client, "repo", "v1")
    assert_error(client.get(f"/v2/repo/blobs/{digest}"), 404, "BLOB_UNKNOWN")


def test_conditional_reads(client: httpx.Client) -> None:
    digest = push_image(client, "repo", "v1")
    for method in ("GET", "HEAD"):
        response = client.request(method, "/v2/repo/manifests/v1", headers={"if-none-match": f'"{digest}"'})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", f'"{digest}"')
        assert client.request(method, "/v2/repo/manifests/v1", headers={"if-match": f'"{digest}"'}).status_code == 200
        assert client.request(method, "/v2/repo/manifests/v1", headers={"if-match": '"x"'}).status_code == 412


def test_conditional_writes(client: httpx.Client) -> None:
    digest = push_image(client, "repo", "v1")
    other = index()
    for headers in ({"if-match": '"x"'}, {"if-none-match": "*"}, {"if-none-match": f'"{digest}"'}):
        assert_error(put_manifest(client, "repo", "v1", other, OCI_INDEX, headers), 412, "DENIED")
    assert_error(put_manifest(client, "repo", "new", other, OCI_INDEX, {"if-match": "*"}), 412, "DENIED")
    assert client.get("/v2/repo/manifests/v1").headers["docker-content-digest"] == digest
    assert put_manifest(client, "repo", "new", other, OCI_INDEX, {"if-none-match": "*"}).status_code == 201
    assert put_manifest(client, "repo", "v1", other, OCI_INDEX, {"if-match": f'"{digest}"'}).status_code == 201
    assert client.delete("/v2/repo/manifests/v1", headers={"if-match": f'"{digest}"'}).status_code == 412
    assert client.delete("/v2/repo/manifests/v1", headers={"if-match": f'"{digest_of(other)}"'}).status_code == 202
