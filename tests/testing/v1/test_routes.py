"""The routes of API v1, of a standalone registry and beside API v2."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, EmbeddedRegistryFactory, V1Settings
from tests.testing.v1.helpers import (
    BASE,
    REQUEST_TOKEN,
    TOP,
    assert_error,
    assert_html_page,
    assert_success,
    checksum,
    push_image,
    put_repository,
    tar,
)

LAYERS = {BASE: tar("./etc/", "./etc/passwd"), TOP: tar("./app", mode="w:gz")}


def test_push_and_pull(client: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    started = put_repository(client, "team/app", TOP, BASE)
    assert started.json() == ""
    assert started.headers["x-docker-endpoints"] == v1_registry.host
    assert started.headers["x-docker-token"].startswith("Token signature=")
    assert started.headers["x-docker-token"].endswith(',repository="team/app",access=write')
    assert started.headers["www-authenticate"] == started.headers["x-docker-token"]
    documents = {BASE: push_image(client, BASE, LAYERS[BASE]), TOP: push_image(client, TOP, LAYERS[TOP], BASE)}
    assert_success(client.put("/v1/repositories/team/app/tags/latest", json=TOP))
    checksums = [{"id": one, "checksum": checksum(documents[one], LAYERS[one]), "Tag": "latest"} for one in (TOP, BASE)]
    ended = client.put("/v1/repositories/team/app/images", json=checksums)
    assert (ended.status_code, ended.content) == (204, b"")

    session = client.get("/v1/repositories/team/app/images", headers=REQUEST_TOKEN)
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
        for response in (document, layer):
            assert response.headers["cache-control"] == "public, max-age=31536000"
            assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", ["/v1/_ping", "/_ping"])
def test_ping(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, {})
    assert response.headers["x-docker-registry-standalone"] == "True"
    assert "x-docker-registry-version" not in response.headers
    assert (response.headers["cache-control"], response.headers["pragma"], response.headers["expires"]) == (
        "no-cache",
        "no-cache",
        "-1",
    )
    assert client.head(path).status_code == 200


def test_only_v2() -> None:
    with EmbeddedRegistry(apis=["v2"]) as registry, httpx.Client(base_url=registry.url) as client:
        assert client.get("/v2/").status_code == 200
        assert client.get("/v1/_ping").status_code == 404
        assert client.get("/v1/repositories/a/images").status_code == 404


def test_only_v1() -> None:
    with EmbeddedRegistry(apis=["v1"]) as registry, httpx.Client(base_url=registry.url) as client:
        assert client.get("/v1/_ping").status_code == 200
        for path in ("/v2/", "/v2/a/tags/list", "/"):
            response = client.get(path)
            assert_html_page(response, 404)
            assert "docker-distribution-api-version" not in response.headers


def test_apis_are_separate(client: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    put_repository(client, "team/app", BASE)
    push_image(client, BASE, LAYERS[BASE])
    assert client.get("/v2/_catalog").json() == {"repositories": []}
    assert client.get("/v2/team/app/tags/list").status_code == 404
    assert v1_registry.storage.names() == []


def test_name_without_namespace(client: httpx.Client) -> None:
    put_repository(client, "busybox")
    assert client.get("/v1/repositories/library/busybox/images").json() == []
    assert client.get("/v1/search").json()["results"] == [{"name": "library/busybox", "description": ""}]


def test_name_with_three_components(client: httpx.Client) -> None:
    started = put_repository(client, "a/b/c")
    assert 'repository="a/b%2Fc"' in started.headers["x-docker-token"]
    assert client.get("/v1/repositories/a/b/c/images").json() == []
    assert client.get("/v1/repositories/a/b%2Fc/images").json() == []
    assert_error(client.get("/v1/repositories/a/b/images"), 404, "images not found")


def test_redirect_to_the_path_with_a_final_slash(client: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    """Flask, the framework of docker-registry, redirects to the path with a final slash."""
    for method in ("GET", "PUT", "DELETE"):
        response = client.request(method, "/v1/repositories/team/app", params={"a": "b"})
        assert_html_page(response, 301)
        assert response.headers["location"] == f"{v1_registry.url}/v1/repositories/team/app/?a=b"
    assert_html_page(client.post("/v1/repositories/team/app/tags"), 301)
    response = client.get("/v1/repositories/team/app/")
    assert_html_page(response, 405)
    assert response.headers["allow"] == "PUT, DELETE"


def test_invalid_settings() -> None:
    with pytest.raises(ValueError, match="does not check users"):
        V1Settings(users={"alice": "secret"})
    with pytest.raises(ValueError, match="role 'registry'"):
        EmbeddedRegistry(index=EmbeddedRegistry())
    with pytest.raises(ValueError, match="role 'registry'"):
        EmbeddedRegistry(v1=V1Settings(role="registry"), index=EmbeddedRegistry(v1=V1Settings(role="registry")))


def test_factory_starts_index_and_registry_on_two_hosts(embedded_registry_factory: EmbeddedRegistryFactory) -> None:
    index = embedded_registry_factory(apis=["v1"], v1=V1Settings(role="index"))
    registry = embedded_registry_factory(apis=["v1"], v1=V1Settings(role="registry"), index=index)
    response = httpx.put(f"{index.url}/v1/repositories/a/b/", json=[], headers={"X-Docker-Token": "true"})
    assert response.headers["x-docker-endpoints"] == registry.host


def test_option_auth_applies_only_to_api_v2(embedded_registry_factory: EmbeddedRegistryFactory) -> None:
    for auth in ("basic", "token"):
        registry = embedded_registry_factory(auth=auth)
        assert httpx.get(f"{registry.url}/v2/").status_code == 401
        assert httpx.get(f"{registry.url}/v1/_ping").status_code == 200
