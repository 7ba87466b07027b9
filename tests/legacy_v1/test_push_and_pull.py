"""Whole pushes and pulls over every kind of index and registry."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import (
    AsyncRegistryClientV1,
    AuthError,
    ForbiddenError,
    InvalidReferenceError,
    NotFoundError,
    RegistryClientV1,
    UnauthorizedError,
)
from docker_registry_sdk.testing.storage.memory import MemoryStorage
from docker_registry_sdk.v1.models import Access, RepoProperties
from tests.legacy_v1.conftest import StartRegistry
from tests.legacy_v1.driver import Driver
from tests.legacy_v1.layered_image import BASE, JSON, LAYERS, TOP, USER, USERS, payload, pull_image, push_image

KINDS: list[dict[str, Any]] = [
    {"role": "standalone"},
    {"role": "both"},
    {"role": "both", "cookies": True},
    {"role": "both", "cookies": True, "single_use": False},
    {"role": "both", "single_use": True},
    {"role": "both", "users": USERS},
]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("settings", KINDS, ids=repr)
def test_push_and_pull_on_one_host(
    driver: Driver, start_registry: StartRegistry, settings: dict[str, Any], streamed: bool
) -> None:
    registry = start_registry(**settings)
    user = USER if settings.get("users") else {}
    with driver.v1(f"{registry.host}/team/app", **user) as client:
        push_image(client, "latest", "1.0", streamed=streamed)
        assert pull_image(client) == LAYERS
        assert client.list_repo_tags() == {"latest": TOP, "1.0": TOP}
        assert {image.id for image in client.list_repo_imgs()} == {BASE, TOP}
    with driver.v1(f"{registry.host}/team/app") as other:
        assert pull_image(other) == LAYERS


@pytest.mark.parametrize("cookies", [False, True])
def test_push_and_pull_on_two_hosts(driver: Driver, start_registry: StartRegistry, cookies: bool) -> None:
    index = start_registry(role="index", users=USERS, single_use=cookies)
    registry = start_registry(index, role="registry", cookies=cookies)
    with driver.v1(f"{index.host}/team/app", **USER) as client:
        push_image(client, streamed=True)
        assert pull_image(client) == LAYERS
    assert {request.path.split("/")[2] for request in registry.requests} >= {"images", "repositories"}
    assert not any(request.path.startswith("/v1/images/") for request in index.requests)


def test_a_cookie_replaces_the_token(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="both", cookies=True)
    with driver.v1(f"{registry.host}/team/app") as client:
        push_image(client)
        registry.requests.clear()
        client.get_img_id("latest")
        client.list_repo_tags()
        client.get_img_ancestry(TOP)
    opening, first, *later = (request for request in registry.requests if request.method == "GET")
    assert opening.path.endswith("/images") and opening.header("cookie") is None
    assert first.header("authorization") is not None and first.header("cookie") is None
    assert all(request.header("cookie") is not None and request.header("authorization") is None for request in later)


def test_a_token_is_fetched_once(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="both")
    with driver.v1(f"{registry.host}/team/app") as client:
        push_image(client)
        registry.requests.clear()
        assert pull_image(client) == LAYERS
        assert pull_image(client.with_repo("team/app")) == LAYERS
    gets = [request for request in registry.requests if request.method == "GET"]
    assert sum(request.path.endswith("/team/app/images") for request in gets) == 1
    assert all(request.status == 200 for request in gets)


def test_single_use_tokens_are_recognized(driver: Driver, start_registry: StartRegistry) -> None:
    """After one 401, a token is fetched before each call."""
    registry = start_registry(role="both", single_use=True)
    with driver.v1(f"{registry.host}/team/app") as client:
        push_image(client)
        registry.requests.clear()
        for _ in range(3):
            client.get_img_id("latest")
    assert sum(request.status == 401 for request in registry.requests) == 0


def test_private_repositories(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="both", users=USERS)
    with driver.v1(f"{registry.host}/team/app", **USER) as client:
        push_image(client)
        client.put_repo_properties(RepoProperties(access=Access.PRIVATE))
        assert client.get_repo_properties().access == "private"
        assert pull_image(client) == LAYERS
    with driver.v1(f"{registry.host}/team/app") as stranger:
        for call in (stranger.list_repo_imgs, stranger.list_repo_tags, lambda: stranger.get_img_json(TOP)):
            with pytest.raises(UnauthorizedError):
                call()


def test_a_wrong_password_fails_at_once(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="both", users=USERS)
    with driver.v1(f"{registry.host}/team/app", username="alice", password="wrong") as client:
        with pytest.raises(UnauthorizedError):
            client.get_img_id("latest")
        assert [request.status for request in registry.requests] == [401]
        with pytest.raises(UnauthorizedError):
            client.put_repo_tag("latest", TOP)
        assert "given by the caller" in str(client.explain_auth())
        assert "wrong" not in str(client.explain_auth())


def test_writing_without_a_session_says_what_to_call(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="both")
    with driver.v1(f"{registry.host}/team/app") as client:
        push_image(client)
    with driver.v1(f"{registry.host}/team/app") as client:
        with pytest.raises(AuthError, match=r"a token for write\. Call put_repo first"):
            client.put_repo_tag("other", TOP)
        client.put_repo([TOP])
        client.put_repo_tag("other", TOP)
        with pytest.raises(AuthError, match=r"a token for delete\. Call delete_repo first"):
            client.delete_repo_tag("other")


def test_a_standalone_registry_needs_no_session(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry()
    with driver.v1(f"{registry.host}/team/app") as client:
        client.put_img_json(BASE, JSON[BASE])
        client.put_img_checksum(BASE, client.put_img_layer(BASE, LAYERS[BASE], img_json=JSON[BASE]))
        client.put_repo_tag("latest", BASE)
        client.put_repo([BASE])
        assert client.list_repo_tags() == {"latest": BASE}
        client.delete_repo_tag("latest")
        assert client.list_repo_tags() == {}
        client.delete_repo_tags()
        with pytest.raises(NotFoundError):
            client.list_repo_imgs()


@pytest.mark.parametrize("role", ["standalone", "both"])
def test_deleting_a_repository(driver: Driver, start_registry: StartRegistry, role: str) -> None:
    registry = start_registry(role=role)
    with driver.v1(f"{registry.host}/team/app") as client:
        push_image(client)
        client.delete_repo()
        with pytest.raises(NotFoundError):
            client.list_repo_tags()
        with pytest.raises(NotFoundError):
            client.delete_repo()


def test_deleting_on_two_hosts(driver: Driver, start_registry: StartRegistry) -> None:
    index = start_registry(role="index", users=USERS)
    registry = start_registry(index, role="registry")
    with driver.v1(f"{index.host}/team/app", **USER) as client:
        push_image(client)
        index.requests.clear()
        registry.requests.clear()
        client.delete_repo()
        with pytest.raises(NotFoundError):
            client.list_repo_imgs()
    on_index, on_registry = ([request for request in one.requests if request.method == "DELETE"] for one in (index, registry))
    assert [request.status for request in on_index] == [202, 200]
    assert [request.status for request in on_registry] == [200]
    assert on_index[1].header("x-docker-endpoints") == registry.host


def test_a_layer_on_another_origin(driver: Driver, start_registry: StartRegistry) -> None:
    """Neither the token nor the cookie is sent to another origin after a redirect."""
    storage = MemoryStorage()
    elsewhere = start_registry(storage=storage)
    index = start_registry(role="both", users=USERS, cookies=True, storage=storage, layer_redirect=elsewhere.url)
    with driver.v1(f"{index.host}/team/app", **USER) as client:
        push_image(client)
        assert pull_image(client) == LAYERS
    # The response has a Content-Length, so that the client may have read the whole body before the request is logged.
    wait_for_result(lambda: len(elsewhere.requests) == 2 or None)
    for request in elsewhere.requests:
        assert request.path.startswith("/_layers/") and request.status == 200
        assert request.header("authorization") is None and request.header("cookie") is None
        assert request.header("host") == elsewhere.host


def test_a_range_of_a_layer(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry()
    with driver.v1(f"{registry.host}/team/app") as client:
        push_image(client)
        with client.get_img_layer_stream(BASE, range="bytes=5-9") as stream:
            assert stream.read(2) + stream.read() == LAYERS[BASE][5:10]
            assert (stream.verification, stream.checksum) == ("unverified", None)
        with client.get_img_layer_stream(BASE) as stream:
            assert (stream.checksum, stream.size) == (payload(BASE), len(LAYERS[BASE]))
            first = stream.read_chunk()
            assert first and LAYERS[BASE].startswith(first)


def test_sources_of_a_layer(driver: Driver, start_registry: StartRegistry, tmp_path: Path) -> None:
    path = tmp_path / "layer"
    path.write_bytes(LAYERS[BASE])
    registry = start_registry(role="both")
    for number, source in enumerate([path, io.BytesIO(LAYERS[BASE]), memoryview(LAYERS[BASE])]):
        img_id = f"{number:064x}"
        document = JSON[BASE].replace(BASE.encode(), img_id.encode())
        with driver.v1(f"{registry.host}/team/app") as client:
            client.put_repo([img_id])
            client.put_img_json(img_id, document)
            client.put_img_checksum(img_id, client.put_img_layer(img_id, source, img_json=document))
            with client.get_img_layer_stream(img_id) as stream:
                assert stream.read() == LAYERS[BASE]


def test_the_other_calls(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="both", users=USERS)
    with driver.v1(f"{registry.host}/team/app", **USER) as client:
        push_image(client)
        assert client.get_repo_json().last_update is not None
        assert client.get_repo_tag_json("latest").last_update is not None
        client.put_repo_auth()
        client.check_login()
        client.create_user("carol", "12345")
        with pytest.raises(ForbiddenError):
            client.update_user("carol", password="67890")
        client.update_user("alice", password="secret")
        client.ping()
    creating = next(request for request in registry.requests if request.method == "POST")
    assert creating.header("authorization") is None


def test_layers_are_iterated_over(start_registry: StartRegistry) -> None:
    registry = start_registry(role="both")
    with RegistryClientV1(f"{registry.host}/team/app") as client:
        push_image(client)
        with client.get_img_layer_stream(TOP) as stream:
            assert b"".join(stream) == LAYERS[TOP]
            assert stream.verification == "verified"
            assert stream.read() == b""


@pytest.mark.anyio
async def test_layers_are_iterated_over_by_tasks(start_registry: StartRegistry) -> None:
    registry = start_registry(role="both")
    with RegistryClientV1(f"{registry.host}/team/app") as pusher:
        push_image(pusher)
    async with AsyncRegistryClientV1(f"{registry.host}/team/app") as client, client.get_img_layer_stream(TOP) as stream:
        assert b"".join([chunk async for chunk in stream]) == LAYERS[TOP]
        assert stream.verification == "verified"


def test_the_files_of_a_layer(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry(role="both")
    with io.BytesIO() as file, tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("greeting"))
        archive.close()
        layer = file.getvalue()
    with driver.v1(f"{registry.host}/team/app") as client:
        client.put_repo([BASE])
        client.put_img_json(BASE, JSON[BASE])
        client.put_img_checksum(BASE, client.put_img_layer(BASE, layer, img_json=JSON[BASE]))
        assert [entry[:2] for entry in client.get_img_files(BASE)] == [["greeting", "f"]]
        assert client.get_img_diff(BASE) is None  # the registry computes the differences on the first request
        assert wait_for_result(lambda: client.get_img_diff(BASE)).created is not None


def test_an_unbound_client(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry()
    with driver.v1(index=registry.host) as client:
        client.ping()
        for call in (client.list_repo_tags, client.list_repo_imgs, lambda: client.get_img_json(TOP)):
            with pytest.raises(InvalidReferenceError, match="bound to no repository"):
                call()
        assert client.with_repo("team/app").repo.remote_name == "team/app"


def wait_for_result(call: Callable[[], Any]) -> Any:
    for _ in range(100):
        if (result := call()) is not None:
            return result
        time.sleep(0.02)
    raise AssertionError("the call returned no result for 2 seconds")
