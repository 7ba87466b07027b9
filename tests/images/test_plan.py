"""Plans: what a copy would do, shown before anything is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.images.calls import Calls, counted, fetch, made_image, made_index, store

pytestmark = pytest.mark.anyio

Serve = Callable[..., EmbeddedRegistry]
BASE = b"base" * 1000
AMD64 = made_image([BASE, b"for amd64"], "linux/amd64")
ARM64 = made_image([BASE, b"for arm64"], "linux/arm64/v8")
INDEX = made_index({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})


async def test_a_plan_changes_nothing_and_says_all(calls: Calls, serve: Serve, tmp_path: Path) -> None:
    source, target = serve(), serve()
    store(f"{source.url}/a", INDEX, "v1")
    with counted(source) as one, counted(target) as other:
        plan = await calls("plan_copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
        await calls("plan_copy", f"{source.url}/a:v1", f"oci:{tmp_path}/layout:v1")
    assert {request.split()[0] for request in [*one, *other]} == {"GET", "HEAD"}
    assert not any("GET blobs" in request for request in [*one, *other])
    assert not (tmp_path / "layout").exists()
    assert (plan.digest, plan.bytes_to_move) == (INDEX.root, INDEX.size)
    assert [plan.count(action) for action in ("move", "mount", "skip", "leave", "push")] == [5, 0, 0, 0, 3]
    assert [one.digest for one in plan.manifests][-1] == INDEX.root
    shown = str(plan)
    lines = shown.splitlines()
    assert lines[0] == f"{source.host}/a:v1 -> {target.host}/b:v1"
    assert lines[1].strip() == f"{INDEX.root} {INDEX.media_type}"
    assert sum(line.split()[0] == "move" for line in lines[2:]) == 5
    assert sum(line.split()[0] == "push" for line in lines[2:]) == 3
    assert lines[-1].strip() == f"{INDEX.size:,} bytes to move"


async def test_a_plan_is_applied(calls: Calls, serve: Serve) -> None:
    source, target = serve(), serve()
    store(f"{source.url}/a", INDEX, "v1")
    plan = await calls("plan_copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    first = await calls("apply_copy", plan)
    assert (first.bytes_moved, first.manifests_pushed) == (INDEX.size, 3)
    fetch(f"{target.url}/b", INDEX, "v1")
    again = await calls("apply_copy", plan)
    assert (again.bytes_moved, again.blobs_moved, again.blobs_skipped) == (0, 0, 5)


async def test_a_plan_that_was_overtaken_moves_what_is_left(calls: Calls, serve: Serve) -> None:
    source, target = serve(), serve()
    store(f"{source.url}/a", INDEX, "v1")
    plan = await calls("plan_copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    store(f"{target.url}/b", AMD64, "other")
    result = await calls("apply_copy", plan)
    assert (result.bytes_moved, result.blobs_skipped) == (INDEX.size - AMD64.size, 3)


async def test_a_plan_says_what_is_mounted_and_skipped(calls: Calls, serve: Serve) -> None:
    registry = serve()
    store(f"{registry.url}/a", INDEX, "v1")
    with RegistryClientV2(f"{registry.url}/b") as client:
        client.blob_upload(BASE)
    plan = await calls("plan_copy", f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    assert [plan.count(action) for action in ("move", "mount", "skip")] == [0, 4, 1]
    assert plan.bytes_to_move == 0
    result = await calls("apply_copy", plan)
    assert (result.blobs_mounted, result.blobs_skipped, result.blobs_moved) == (4, 1, 0)


async def test_a_plan_keeps_a_password_to_itself(calls: Calls, serve: Serve) -> None:
    registry = serve(auth="token")
    options = {"username": registry.username, "password": registry.password}
    store(f"{registry.url}/a", AMD64, "v1", **options)
    plan = await calls("plan_copy", f"{registry.url}/a:v1", f"{registry.url}/b:v1", **options)
    assert registry.password not in f"{plan!r}{plan}"
    await calls("apply_copy", plan)
    fetch(f"{registry.url}/b", AMD64, "v1", **options)
    with pytest.raises(NotFoundError):
        await calls("plan_copy", f"{registry.url}/a:v2", f"{registry.url}/b:v1", **options)
