"""API v1 through the fixture that starts registries, and beside the authentication of API v2."""

import httpx

from docker_registry_sdk.testing import EmbeddedRegistryFactory, V1Settings


def test_two_hosts(embedded_registry_factory: EmbeddedRegistryFactory) -> None:
    index = embedded_registry_factory(apis=["v1"], v1=V1Settings(role="index"))
    registry = embedded_registry_factory(apis=["v1"], v1=V1Settings(role="registry"), index=index)
    answer = httpx.put(f"{index.url}/v1/repositories/a/b/", json=[], headers={"X-Docker-Token": "true"})
    assert answer.headers["x-docker-endpoints"] == registry.host


def test_authentication_is_that_of_api_v2(embedded_registry_factory: EmbeddedRegistryFactory) -> None:
    for auth in ("basic", "token"):
        registry = embedded_registry_factory(auth=auth)
        assert httpx.get(f"{registry.url}/v2/").status_code == 401
        assert httpx.get(f"{registry.url}/v1/_ping").status_code == 200
