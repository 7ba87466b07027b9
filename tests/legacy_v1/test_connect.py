"""Clients and logins for registries that may speak API v1, API v2 or neither."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk import (
    NotFoundError,
    RateLimitedError,
    RegistryError,
    ServerError,
    StatusError,
    TransportError,
    UnauthorizedError,
)
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.legacy_v1.conftest import StartRegistry
from tests.legacy_v1.driver import Driver
from tests.legacy_v1.layered_image import LAYERS, USER, USERS, pull_image, push_image


def test_a_registry_with_only_v1_gets_a_v1_client(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="both", users=USERS)
    with driver.create(f"{registry.host}/team/app", **USER) as client:
        assert client.version == 1
        push_image(client)
        assert pull_image(client) == LAYERS
    assert [(request.path, request.status) for request in registry.requests[:2]] == [("/v2/", 404), ("/v1/_ping", 200)]
    assert all(request.header("authorization") is None for request in registry.requests[:2])


def test_a_host_with_neither_version_is_an_error(driver: Driver) -> None:
    with EmbeddedRegistry(apis=()) as registry:
        with pytest.raises(RegistryError, match=r"neither API v2 nor API v1: its responses to /v2/ and /v1/_ping"):
            driver.create(f"{registry.host}/team/app")
        assert [request.path for request in registry.requests] == ["/v2/", "/v1/_ping"]


def test_a_given_version_sends_no_request(driver: Driver) -> None:
    with EmbeddedRegistry() as registry, driver.create(f"{registry.host}/team/app", version=1) as client:
        assert client.version == 1
        assert len(registry.requests) == 0


@pytest.mark.parametrize(("status", "version"), [(200, 2), (401, 2), (403, 2), (301, 1), (400, 1), (404, 1), (405, 1), (410, 1)])
def test_the_status_of_a_ping_decides_the_version(driver: Driver, status: int, version: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status if request.url.path == "/v2/" else 200)

    with driver.create("r.example.com/a/b", **driver.mocked(answer)) as client:
        assert client.version == version


@pytest.mark.parametrize("path", ["/v2/", "/v1/_ping"])
@pytest.mark.parametrize(
    ("status", "error"), [(408, StatusError), (429, RateLimitedError), (500, ServerError), (503, ServerError)]
)
def test_an_inconclusive_ping_is_an_error(driver: Driver, path: str, status: int, error: type[Exception]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status if request.url.path == path else 404)

    with pytest.raises(error) as caught:
        driver.create("r.example.com/a/b", **driver.mocked(answer))
    assert isinstance(caught.value, StatusError) and caught.value.status == status


@pytest.mark.parametrize("path", ["/v2/", "/v1/_ping"])
def test_an_unreachable_registry_is_a_transport_error(driver: Driver, path: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == path:
            raise httpx.ConnectError("no route")
        return httpx.Response(404)

    with pytest.raises(TransportError, match="no route"):
        driver.create("r.example.com/a/b", **driver.mocked(answer))


def test_login_with_v1(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="index", users=USERS)
    result = driver.login(registry.host, **USER)
    assert (result.version, result.username, result.checked) == (1, "alice", "credentials")
    assert "secret" not in repr(result)
    with pytest.raises(UnauthorizedError):
        driver.login(registry.host, username="alice", password="wrong")
    with pytest.raises(NotFoundError):
        driver.login(start_registry(registry, role="registry").host, **USER)


def test_a_login_at_a_standalone_registry_proves_nothing(driver: Driver, start_registry: StartRegistry) -> None:
    assert driver.login(start_registry().host, username="anybody", password="anything").checked == "nothing"


def test_login_with_v1_where_v2_is_spoken(driver: Driver) -> None:
    with EmbeddedRegistry(auth="basic", username="alice", password="secret") as registry:
        assert driver.login(registry.host, **USER, version=1).checked == "credentials"
    assert {request.path for request in registry.requests} == {"/v1/users"}
