"""The lists of tags, repositories and referrers, whole and in pages."""

import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from docker_registry_sdk.testing import RegistrySettings
from tests.testing.conftest import Serve
from tests.testing.helpers import (
    EMPTY_JSON,
    OCI_INDEX,
    OCI_MANIFEST,
    UNKNOWN,
    assert_error,
    digest_of,
    image,
    index,
    next_page,
    push_blob,
    push_image,
    put_manifest,
)

NAMES = sorted(["a", "B", "_x", "a.b", "a-b", "Z9", "10", "9", "zz"])


def push_tags(client: httpx.Client) -> None:
    for tag in random.sample(NAMES, len(NAMES)):
        assert put_manifest(client, "repo", tag, index(), OCI_INDEX).status_code == 201


def push_repositories(client: httpx.Client) -> list[str]:
    names = sorted(["a", "a/b", "a-b", "a.b", "b", "a/b/c", "0"])
    for name in random.sample(names, len(names)):
        put_manifest(client, name, "v1", index(), OCI_INDEX)
    return names


def pages(client: httpx.Client, url: str) -> Iterator[Any]:
    following: str | None = url
    while following is not None:
        response = client.get(following)
        assert response.status_code == 200, response.text
        yield response.json()
        following = next_page(response)


def test_tags(client: httpx.Client) -> None:
    assert_error(client.get("/v2/repo/tags/list"), 404, "NAME_UNKNOWN")
    push_tags(client)
    response = client.get("/v2/repo/tags/list")
    assert response.json() == {"name": "repo", "tags": NAMES}
    assert "link" not in response.headers


@pytest.mark.parametrize("count", [1, 2, 4, 8, 9, 10, 10**17])
def test_pages_of_tags(client: httpx.Client, count: int) -> None:
    push_tags(client)
    found = [page["tags"] for page in pages(client, f"/v2/repo/tags/list?n={count}")]
    assert [item for page in found for item in page] == NAMES
    assert all(len(page) == count for page in found[:-1])
    assert found[-1]


def test_tags_after_one(client: httpx.Client) -> None:
    push_tags(client)
    for last in ("", "a", "aa", "~", "a&b", "é"):
        expected = [name for name in NAMES if name > last]
        assert client.get("/v2/repo/tags/list", params={"last": last}).json()["tags"] == expected
        response = client.get("/v2/repo/tags/list", params={"last": last, "n": 1})
        assert response.json()["tags"] == expected[:1]


@pytest.mark.parametrize("path", ["/v2/repo/tags/list", "/v2/_catalog"])
def test_page_size_zero(client: httpx.Client, path: str) -> None:
    push_tags(client)
    response = client.get(path, params={"n": 0})
    assert response.status_code == 200
    assert response.json().get("tags", response.json().get("repositories")) == []
    assert "link" not in response.headers


@pytest.mark.parametrize("count", ["-1", "x", "", "1.5", "٣", "9" * 5000, "0x1", "+1", " 1"])
@pytest.mark.parametrize("path", ["/v2/repo/tags/list", "/v2/_catalog"])
def test_invalid_page_size(client: httpx.Client, path: str, count: str) -> None:
    push_tags(client)
    assert_error(client.get(path, params={"n": count}), 400, "PAGINATION_NUMBER_INVALID")


def test_catalog(client: httpx.Client) -> None:
    assert client.get("/v2/_catalog").json() == {"repositories": []}
    names = push_repositories(client)
    assert client.get("/v2/_catalog").json() == {"repositories": names}
    found = [page["repositories"] for page in pages(client, "/v2/_catalog?n=3")]
    assert [item for page in found for item in page] == names
    assert [len(page) for page in found] == [3, 3, 1]
    assert client.get("/v2/_catalog", params={"last": "a-b"}).json()["repositories"] == names[names.index("a-b") + 1 :]


def test_page_limit(serve: Serve) -> None:
    with httpx.Client(base_url=serve(RegistrySettings(page_limit=4)).url) as client:
        push_tags(client)
        assert [len(page["tags"]) for page in pages(client, "/v2/repo/tags/list")] == [4, 4, 1]
        assert [len(page["tags"]) for page in pages(client, "/v2/repo/tags/list?n=100")] == [4, 4, 1]
        assert [len(page["tags"]) for page in pages(client, "/v2/repo/tags/list?n=3")] == [3, 3, 3]


def push_referrers(client: httpx.Client, subject: str, count: int = 3) -> dict[str, dict[str, Any]]:
    """Push images and an index that refer to a subject, and return the descriptors that the list must have."""
    target = {"mediaType": OCI_MANIFEST, "digest": subject, "size": 1}
    expected: dict[str, dict[str, Any]] = {}
    push_blob(client, "repo", b"{}")
    for number in range(count):
        fields: dict[str, Any] = {"annotations": {"number": str(number)}, "subject": target}
        if number % 2 == 0:
            fields["artifactType"] = "application/vnd.example.sbom"
        content = image(**fields)
        assert put_manifest(client, "repo", digest_of(content), content).status_code == 201
        expected[digest_of(content)] = {
            "mediaType": OCI_MANIFEST,
            "digest": digest_of(content),
            "size": len(content),
            "artifactType": fields.get("artifactType", EMPTY_JSON),
            "annotations": fields["annotations"],
        }
    content = index(subject=target)
    assert put_manifest(client, "repo", "an-index", content, OCI_INDEX).status_code == 201
    expected[digest_of(content)] = {"mediaType": OCI_INDEX, "digest": digest_of(content), "size": len(content)}
    return expected


def test_referrers(client: httpx.Client) -> None:
    subject = push_image(client, "repo", "v1")
    expected = push_referrers(client, subject)
    response = client.get(f"/v2/repo/referrers/{subject}")
    assert response.headers["content-type"] == OCI_INDEX
    assert "oci-filters-applied" not in response.headers
    document = response.json()
    assert (document["schemaVersion"], document["mediaType"]) == (2, OCI_INDEX)
    assert {found["digest"]: found for found in document["manifests"]} == expected
    gone = document["manifests"][0]["digest"]
    client.delete(f"/v2/repo/manifests/{gone}")
    assert gone not in client.get(f"/v2/repo/referrers/{subject}").text


@pytest.mark.parametrize(("artifact_type", "count"), [("application/vnd.example.sbom", 2), (EMPTY_JSON, 1), ("", 1), ("x/y", 0)])
def test_referrers_of_a_type(client: httpx.Client, artifact_type: str, count: int) -> None:
    push_referrers(client, UNKNOWN)
    response = client.get(f"/v2/repo/referrers/{UNKNOWN}", params={"artifactType": artifact_type})
    assert response.headers["oci-filters-applied"] == "artifactType"
    found = response.json()["manifests"]
    assert [item.get("artifactType", "") for item in found] == [artifact_type] * count


def test_no_referrers(client: httpx.Client) -> None:
    for name in ("repo", "nowhere"):
        response = client.get(f"/v2/{name}/referrers/{UNKNOWN}")
        assert (response.status_code, response.json()["manifests"]) == (200, [])
        push_image(client, "repo", "v1")
    assert_error(client.get("/v2/repo/referrers/sha256:x"), 400, "DIGEST_INVALID")
    assert_error(client.get("/v2/repo/referrers/latest"), 400, "DIGEST_INVALID")


def test_pages_of_referrers(serve: Serve) -> None:
    with httpx.Client(base_url=serve(RegistrySettings(page_limit=2)).url) as client:
        expected = push_referrers(client, UNKNOWN, 6)
        url = f"/v2/repo/referrers/{UNKNOWN}"
        found = [page["manifests"] for page in pages(client, url)]
        assert [len(page) for page in found] == [2, 2, 2, 1]
        assert {item["digest"] for page in found for item in page} == set(expected)
        filtered = [page["manifests"] for page in pages(client, f"{url}?artifactType=application/vnd.example.sbom")]
        assert [len(page) for page in filtered] == [2, 1]


def test_page_of_referrers_is_limited_by_size(serve: Serve) -> None:
    limit = 2000
    with httpx.Client(base_url=serve(RegistrySettings(manifest_limit=limit)).url) as client:
        expected = push_referrers(client, UNKNOWN, 20)
        found = list(pages(client, f"/v2/repo/referrers/{UNKNOWN}"))
        assert len(found) > 2
        assert all(len(json.dumps(page)) <= limit for page in found)
        assert sum(len(page["manifests"]) for page in found) == len(expected)
