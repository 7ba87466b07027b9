"""docker-registry by itself: a push, a pull, and what it says of itself."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings
from tests.testing.v1.helpers import (
    BASE,
    TOP,
    WANT_TOKEN,
    allocate,
    assert_error,
    assert_web_page,
    checksum,
    done,
    push_image,
    tar,
)

LAYERS = {BASE: tar("./etc/", "./etc/passwd"), TOP: tar("./app", mode="w:gz")}


def test_push_and_pull(client: httpx.Client, registry: EmbeddedRegistry) -> None:
    started = allocate(client, "team/app", TOP, BASE)
    assert started.json() == ""
    assert started.headers["x-docker-endpoints"] == registry.host
    assert started.headers["x-docker-token"].startswith("Token signature=")
    assert started.headers["x-docker-token"].endswith(',repository="team/app",access=write')
    assert started.headers["www-authenticate"] == started.headers["x-docker-token"]
    documents = {BASE: push_image(client, BASE, LAYERS[BASE]), TOP: push_image(client, TOP, LAYERS[TOP], BASE)}
    done(client.put("/v1/repositories/team/app/tags/latest", json=TOP))
    checksums = [{"id": one, "checksum": checksum(documents[one], LAYERS[one]), "Tag": "latest"} for one in (TOP, BASE)]
    ended = client.put("/v1/repositories/team/app/images", json=checksums)
    assert (ended.status_code, ended.content) == (204, b"")

    session = client.get("/v1/repositories/team/app/images", headers=WANT_TOKEN)
    assert session.json() == [{key: entry[key] for key in ("id", "checksum")} for entry in checksums]
    assert session.headers["x-docker-token"].endswith(',repository="team/app",access=read')
    assert client.get("/v1/repositories/team/app/tags").json() == {"latest": TOP}
    assert client.get("/v1/repositories/team/app/tags/latest").json() == TOP
    ancestry = client.get(f"/v1/images/{TOP}/ancestry").json()
    assert ancestry == [TOP, BASE]
    for image_id in ancestry:
        document = client.get(f"/v1/images/{image_id}/json")
        layer = client.get(f"/v1/images/{image_id}/layer")
        assert document.content == documents[image_id]
        assert layer.content == LAYERS[image_id]
        assert document.headers["x-docker-size"] == layer.headers["content-length"] == str(len(layer.content))
        assert document.headers["x-docker-checksum-payload"] == checksum(document.content, layer.content)
        assert layer.headers["content-type"] == "application/octet-stream"
        for answer in (document, layer):
            assert answer.headers["cache-control"] == "public, max-age=31536000"
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/_ping", "/_ping"])
def test_ping(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["x-docker-registry-standalone"] == "True"
    assert "x-docker-registry-version" not in answer.headers
    assert (answer.headers["cache-control"], answer.headers["pragma"], answer.headers["expires"]) == (
        "no-cache",
        "no-cache",
        "-1",
    )
    assert client.head(path).status_code == 200


def test_v2_alone() -> None:
    with EmbeddedRegistry(apis=["v2"]) as registry, httpx.Client(base_url=registry.url) as client:
        assert client.get("/v2/").status_code == 200
        assert client.get("/v1/_ping").status_code == 404
        assert client.get("/v1/repositories/a/images").status_code == 404


def test_v1_alone() -> None:
    with EmbeddedRegistry(apis=["v1"]) as registry, httpx.Client(base_url=registry.url) as client:
        assert client.get("/v1/_ping").status_code == 200
        for path in ("/v2/", "/v2/a/tags/list", "/"):
            answer = client.get(path)
            assert_web_page(answer, 404)
            assert "docker-distribution-api-version" not in answer.headers


def test_the_apis_share_nothing(client: httpx.Client, registry: EmbeddedRegistry) -> None:
    allocate(client, "team/app", BASE)
    push_image(client, BASE, LAYERS[BASE])
    assert client.get("/v2/_catalog").json() == {"repositories": []}
    assert client.get("/v2/team/app/tags/list").status_code == 404
    assert registry.storage.names() == []


def test_a_bare_name_is_in_library(client: httpx.Client) -> None:
    allocate(client, "busybox")
    assert client.get("/v1/repositories/library/busybox/images").json() == []
    assert client.get("/v1/search").json()["results"] == [{"name": "library/busybox", "description": ""}]


def test_a_name_of_three_parts(client: httpx.Client) -> None:
    started = allocate(client, "a/b/c")
    assert 'repository="a/b%2Fc"' in started.headers["x-docker-token"]
    assert client.get("/v1/repositories/a/b/c/images").json() == []
    assert client.get("/v1/repositories/a/b%2Fc/images").json() == []
    assert_error(client.get("/v1/repositories/a/b/images"), 404, "images not found")


def test_a_missing_slash(client: httpx.Client, registry: EmbeddedRegistry) -> None:
    """The framework of docker-registry redirects whatever has no slash at the end to what has one."""
    for method in ("GET", "PUT", "DELETE"):
        answer = client.request(method, "/v1/repositories/team/app", params={"a": "b"})
        assert_web_page(answer, 301)
        assert answer.headers["location"] == f"{registry.url}/v1/repositories/team/app/?a=b"
    assert_web_page(client.post("/v1/repositories/team/app/tags"), 301)
    answer = client.get("/v1/repositories/team/app/")
    assert_web_page(answer, 405)
    assert answer.headers["allow"] == "PUT, DELETE"


def test_an_index_that_is_none() -> None:
    with pytest.raises(ValueError, match="does not check users"):
        V1Settings(users={"alice": "secret"})
    with pytest.raises(ValueError, match="role `registry`"):
        EmbeddedRegistry(index=EmbeddedRegistry())
    with pytest.raises(ValueError, match="role `registry`"):
        EmbeddedRegistry(v1=V1Settings(role="registry"), index=EmbeddedRegistry(v1=V1Settings(role="registry")))
