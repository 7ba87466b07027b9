"""Hostile indexes over real connections: what must not arrive, does not; and many callers at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from docker_registry_sdk import AsyncRegistryClientV1, AuthError, RegistryClientV1
from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings
from tests.legacy_v1.conftest import StartRegistry
from tests.legacy_v1.driver import Driver
from tests.legacy_v1.layered_image import LAYERS, TOP, USER, USERS, pull_image, push_image


def test_an_endpoint_of_another_site_gets_no_request(driver: Driver, start_registry: StartRegistry) -> None:
    other = start_registry()
    named = other.host.replace("127.0.0.1", "localhost")
    index = start_registry(role="index", users=USERS, endpoints=(named,))
    with driver.v1(f"{index.host}/team/app", **USER) as client:
        client.put_repo([TOP])
        for call in (client.list_repo_tags, client.delete_repo):
            with pytest.raises(AuthError, match="trusted_realms=") as caught:
                call()
            assert named in str(caught.value)
    assert len(other.requests) == 0


def test_a_trusted_endpoint_gets_requests(driver: Driver, start_registry: StartRegistry) -> None:
    index = start_registry(role="index", users=USERS, endpoints=())
    registry = start_registry(index, role="registry")
    named = registry.host.replace("127.0.0.1", "localhost")
    index._index._endpoints = (named,)
    with driver.v1(f"{index.host}/team/app", **USER, trusted_realms=[named]) as client:
        push_image(client)
        assert pull_image(client) == LAYERS
    assert len(registry.requests) > 5


def test_an_https_index_must_not_name_an_http_endpoint(driver: Driver, start_registry: StartRegistry) -> None:
    plain = start_registry()
    settings = V1Settings(role="index", users=USERS, endpoints=(f"http://{plain.host}",))
    with EmbeddedRegistry(v1=settings, tls=True) as index:
        options = {**USER, "ca_file": index.ca_file, "trusted_realms": ["127.0.0.1"]}
        with driver.v1(f"{index.host}/team/app", **options) as client:
            client.put_repo([TOP])
            with pytest.raises(AuthError, match="plain http"):
                client.list_repo_tags()
    assert len(plain.requests) == 0


def test_an_index_and_an_endpoint_with_tls(driver: Driver) -> None:
    settings = V1Settings(role="both", users=USERS, cookies=True)
    with EmbeddedRegistry(v1=settings, tls=True) as registry:
        options = {**USER, "ca_file": registry.ca_file}
        with driver.v1(f"{registry.host}/team/app", **options) as client:
            push_image(client)
            assert pull_image(client) == LAYERS


def test_credentials_of_the_configuration_file(driver: Driver, start_registry: StartRegistry, tmp_path: Path) -> None:
    index = start_registry(role="index", users=USERS)
    registry = start_registry(index, role="registry")
    folder = tmp_path / ".docker"
    folder.mkdir()
    entries = ", ".join(f'"{one.host}": {{"username": "alice", "password": "secret"}}' for one in (index, registry))
    (folder / "config.json").write_text(f'{{"auths": {{{entries}}}}}')
    with driver.v1(f"{index.host}/team/app") as client:
        push_image(client)
        assert "config.json" in str(client.explain_auth())
    assert all(request.status in (200, 204) for request in (*index.requests, *registry.requests))


@pytest.mark.parametrize("settings", [{}, {"cookies": True}, {"single_use": True}], ids=repr)
def test_threads_share_a_session(start_registry: StartRegistry, settings: dict[str, bool]) -> None:
    registry = start_registry(role="both", **settings)
    with RegistryClientV1(f"{registry.host}/team/app") as client:
        push_image(client)
    start = threading.Barrier(20)

    def read() -> dict[str, str]:
        start.wait()
        return client.list_repo_tags()

    before = len(registry.requests)
    with RegistryClientV1(f"{registry.host}/team/app", max_retries=0) as client, ThreadPoolExecutor(20) as pool:
        for _ in range(3):
            futures = [pool.submit(read) for _ in range(20)]
            assert all(future.result() == {"latest": TOP} for future in futures)
    after = [request for request in registry.requests[before:] if request.method == "GET"]
    openings = sum(request.path.endswith("/images") for request in after)
    refusals = sum(request.status == 401 for request in after)
    if settings.get("single_use"):
        assert (openings, refusals < 5) == (60, True)
    else:
        assert (openings, refusals) == (1, 0)


@pytest.mark.anyio
async def test_tasks_share_a_session(start_registry: StartRegistry) -> None:
    registry = start_registry(role="both")
    with RegistryClientV1(f"{registry.host}/team/app") as pusher:
        push_image(pusher)
    before = len(registry.requests)
    found: list[dict[str, str]] = []

    async with AsyncRegistryClientV1(f"{registry.host}/team/app") as client:

        async def read() -> None:
            found.append(await client.list_repo_tags())

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(read)
    assert found == [{"latest": TOP}] * 50
    after = [request for request in registry.requests[before:] if request.method == "GET"]
    assert sum(request.path.endswith("/images") for request in after) == 1
