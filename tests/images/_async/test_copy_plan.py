"""Plans of copies: made without a change, printed, and executed later."""

from __future__ import annotations

import base64
import json
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from docker_registry_sdk import AsyncRegistries, AsyncRegistryClientV2, images
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.images import CopyPlan, Layout
from docker_registry_sdk.types import AsyncClientOptions
from tests.images.built_images import build_image, build_index, check_pushed_image, descriptor_of, store_image
from tests.images.conftest import StartRegistry
from tests.support.request_log import recorded_requests

pytestmark = pytest.mark.anyio

BASE = b"base" * 1000
AMD64 = build_image([BASE, b"for amd64"], "linux/amd64")
ARM64 = build_image([BASE, b"for arm64"], "linux/arm64/v8")
INDEX = build_index({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})


async def test_making_a_plan_changes_nothing(start_registry: StartRegistry, tmp_path: Path) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", INDEX, "v1")
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
    assert lines[0] == f"{source.url}/a:v1 -> {target.url}/b:v1"
    assert lines[1].strip() == f"{INDEX.root} {INDEX.media_type}"
    assert sum(line.split()[0] == "move" for line in lines[2:]) == 5
    assert sum(line.split()[0] == "push" for line in lines[2:]) == 3
    assert lines[-1].strip() == f"{INDEX.size:,} bytes to move"


async def test_a_plan_can_be_executed(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", INDEX, "v1")
    plan = await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    first = await images.async_apply_copy(plan)
    assert (first.bytes_moved, first.manifests_pushed) == (INDEX.size, 3)
    check_pushed_image(f"{target.url}/b", INDEX, "v1")
    again = await images.async_apply_copy(plan)
    assert (again.bytes_moved, again.blobs_moved, again.blobs_skipped) == (0, 0, 5)


async def test_an_old_plan_copies_only_missing_blobs(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", INDEX, "v1")
    plan = await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    store_image(target, "b", AMD64, "other")
    result = await images.async_apply_copy(plan)
    assert (result.bytes_moved, result.blobs_skipped) == (INDEX.size - AMD64.size, 3)


async def test_a_plan_lists_mounted_and_skipped_blobs(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", INDEX, "v1")
    async with AsyncRegistryClientV2(f"{registry.url}/b") as client:
        await client.blob_upload(BASE)
    plan = await images.async_plan_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    assert [plan.count(action) for action in ("move", "mount", "skip")] == [0, 4, 1]
    assert plan.bytes_to_move == 0
    result = await images.async_apply_copy(plan)
    assert (result.blobs_mounted, result.blobs_skipped, result.blobs_moved) == (4, 1, 0)


async def test_a_plan_contains_no_password(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token", anonymous_pull=False)
    options: AsyncClientOptions = {"username": registry.username, "password": registry.password}
    store_image(registry, "a", AMD64, "v1")
    async with AsyncRegistryClientV2(f"{registry.url}/a", **options) as client:
        plan = await images.async_plan_copy(client.ref("v1"), client.repository("b").ref("v1"))
    assert registry.password not in f"{plan!r}{plan}{plan.to_dict()}"
    assert registry.password.encode() not in pickle.dumps(plan)
    async with AsyncRegistries(credentials=(registry.username, registry.password)) as registries:
        await images.async_apply_copy(plan, registries=registries)
        with pytest.raises(NotFoundError):
            await images.async_plan_copy(f"{registry.url}/a:v2", f"{registry.url}/b:v1", registries=registries)
    check_pushed_image(f"{registry.url}/b", AMD64, "v1", **options)


async def test_a_plan_is_stored_as_json_and_executed_later(start_registry: StartRegistry, tmp_path: Path) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", INDEX, "v1")
    targets = (f"{target.url}/b:v1", Layout(tmp_path / "with:colon", "v:1"))
    for place in targets:
        plan = await images.async_plan_copy(f"{source.url}/a:v1", place)
        loaded = CopyPlan.from_dict(json.loads(json.dumps(plan.to_dict())))
        assert loaded == plan
        result = await images.async_apply_copy(loaded)
        assert (result.digest, result.bytes_moved, result.manifests_pushed) == (INDEX.root, INDEX.size, 3)
        assert (await images.async_apply_copy(loaded)).blobs_skipped == 5
    check_pushed_image(f"{target.url}/b", INDEX, "v1")
    back = await images.async_plan_copy(targets[1], f"{target.url}/c@{INDEX.root}", platform=None)
    assert CopyPlan.from_dict(back.to_dict()) == back


async def test_plans_and_results_state_the_descriptor_of_the_image(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", INDEX, "v1")
    plan = await images.async_plan_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    result = await images.async_apply_copy(plan)
    expected = descriptor_of(INDEX)
    for found in (plan, result, plan.manifests[-1]):
        assert found.descriptor.to_dict() == expected
        assert (found.digest, found.size, found.media_type) == (expected["digest"], expected["size"], expected["mediaType"])
    sizes = {digest: len(content) for digest, content in INDEX.blobs.items()}
    assert {blob.digest: blob.size for blob in plan.blobs} == sizes
    assert json.loads(json.dumps(result.to_dict())) == {
        "digest": INDEX.root,
        "size": expected["size"],
        "media_type": INDEX.media_type,
        "bytes_moved": 0,
        "blobs_moved": 0,
        "blobs_mounted": 5,
        "blobs_skipped": 0,
        "manifests_pushed": 3,
        "missing_referrers": [],
    }


async def test_a_malformed_plan_is_refused(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    plan = (await images.async_plan_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")).to_dict()
    assert CopyPlan.from_dict(plan).digest == AMD64.root
    blob, manifest = plan["blobs"][0], plan["manifests"][0]
    other = base64.b64encode(b"{}").decode()
    malformed: list[Any] = [
        {},
        {**plan, "version": 2},
        {**plan, "version": True},
        {**plan, "digest": "sha256:x"},
        {**plan, "size": "1"},
        {**plan, "source": {}},
        {**plan, "source": {"ref": "a/UPPER"}},
        {**plan, "target": {"docker_archive": "x", "name": None}},
        {**plan, "blobs": "ab"},
        {**plan, "blobs": [{**blob, "action": "steal"}]},
        {**plan, "blobs": [7]},
        {**plan, "manifests": [{**manifest, "role": "x"}]},
        {**plan, "manifests": [{**manifest, "raw": other}]},
        {**plan, "manifests": [{**manifest, "raw": "*"}]},
        [],
    ]
    for wrong in malformed:
        with pytest.raises(ValueError, match=r"^the plan .*"):
            CopyPlan.from_dict(wrong)


async def test_a_field_of_a_plan_that_is_missing_or_unknown_is_named(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    made = await images.async_plan_copy(f"{registry.url}/a:v1", f"oci:{tmp_path}/layout:v1")
    missing = images.MissingReferrer(digest=made.digest, named_by="the list of referrers")
    plan = evolve(made, missing_referrers=(missing,)).to_dict()
    for path in ("", "source", "target", "blobs[0]", "manifests[0]", "missing_referrers[0]"):
        for name in object_at(plan, path):
            document = json.loads(json.dumps(plan))
            field = f"{path}.{name}".lstrip(".")
            content = object_at(document, path).pop(name)
            lacks = f"the plan lacks the field {field}" if path not in ("source", "target") else "the plan"
            with pytest.raises(ValueError, match=f"^{re.escape(lacks)}"):
                CopyPlan.from_dict(document)
            object_at(document, path).update({name: content, "new": 1})
            new = f"the plan has the unknown field {f'{path}.new'.lstrip('.')}"
            with pytest.raises(ValueError, match=f"^{re.escape(new)}"):
                CopyPlan.from_dict(document)
            del object_at(document, path)["new"]
            object_at(document, path)[name] = {"of": "another type"}
            with pytest.raises(ValueError, match=re.escape(field)):
                CopyPlan.from_dict(document)


def object_at(plan: dict[str, Any], path: str) -> dict[str, Any]:
    """Return an object within a plan: the plan itself, the object in a field, or the first one of the list in a field."""
    name, bracket, _ = path.partition("[")
    found: Any = plan[name] if name else plan
    entry: dict[str, Any] = found[0] if bracket else found
    return entry
