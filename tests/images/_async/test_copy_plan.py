"""Plans of copies: made without a change, printed, and executed later."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk import AsyncClientOptions, AsyncRegistryClientV2, images
from docker_registry_sdk.errors import NotFoundError
from tests.images.built_images import build_image, build_index, check_pushed_image, push_image
from tests.images.conftest import StartRegistry
from tests.images.request_log import recorded_requests

pytestmark = pytest.mark.anyio

BASE = b"base" * 1000
AMD64 = build_image([BASE, b"for amd64"], "linux/amd64")
ARM64 = build_image([BASE, b"for arm64"], "linux/arm64/v8")
INDEX = build_index({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})


async def test_making_a_plan_changes_nothing(start_registry: StartRegistry, tmp_path: Path) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", INDEX, "v1")
    with recorded_requests(source) as one, recorded_requests(target) as other:
        plan = await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
        await images.async_plan_copy(f"{source.url}/a:v1", f"oci:{tmp_path}/layout:v1")
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


async def test_a_plan_can_be_executed(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", INDEX, "v1")
    plan = await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    first = await images.async_apply_copy(plan)
    assert (first.bytes_moved, first.manifests_pushed) == (INDEX.size, 3)
    check_pushed_image(f"{target.url}/b", INDEX, "v1")
    again = await images.async_apply_copy(plan)
    assert (again.bytes_moved, again.blobs_moved, again.blobs_skipped) == (0, 0, 5)


async def test_an_old_plan_copies_only_missing_blobs(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", INDEX, "v1")
    plan = await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    push_image(f"{target.url}/b", AMD64, "other")
    result = await images.async_apply_copy(plan)
    assert (result.bytes_moved, result.blobs_skipped) == (INDEX.size - AMD64.size, 3)


async def test_a_plan_lists_mounted_and_skipped_blobs(start_registry: StartRegistry) -> None:
    registry = start_registry()
    push_image(f"{registry.url}/a", INDEX, "v1")
    async with AsyncRegistryClientV2(f"{registry.url}/b") as client:
        await client.blob_upload(BASE)
    plan = await images.async_plan_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    assert [plan.count(action) for action in ("move", "mount", "skip")] == [0, 4, 1]
    assert plan.bytes_to_move == 0
    result = await images.async_apply_copy(plan)
    assert (result.blobs_mounted, result.blobs_skipped, result.blobs_moved) == (4, 1, 0)


async def test_a_plan_does_not_show_a_password(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token")
    options: AsyncClientOptions = {"username": registry.username, "password": registry.password}
    push_image(f"{registry.url}/a", AMD64, "v1", **options)
    plan = await images.async_plan_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1", **options)
    assert registry.password not in f"{plan!r}{plan}"
    await images.async_apply_copy(plan)
    check_pushed_image(f"{registry.url}/b", AMD64, "v1", **options)
    with pytest.raises(NotFoundError):
        await images.async_plan_copy(f"{registry.url}/a:v2", f"{registry.url}/b:v1", **options)
