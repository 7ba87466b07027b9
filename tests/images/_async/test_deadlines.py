"""The deadline of a call bounds all its requests together, and the copy of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, DeadlineExceededError, images
from docker_registry_sdk.testing.faults import Fault, Slow
from tests.images.built_images import build_image, build_index, store_image
from tests.images.conftest import StartRegistry

pytestmark = pytest.mark.anyio

IMAGE = build_image([b"x" * 1_000_000, b"a small layer"])
SLOW_MANIFESTS = Fault(Slow(bytes_per_second=50), operation="get_manifest", times=None)
SLOW_BLOBS = Fault(Slow(bytes_per_second=100_000), operation="create_blob_read_stream", times=None)


@pytest.mark.parametrize("fault", [SLOW_MANIFESTS, SLOW_BLOBS], ids=["manifests", "blobs"])
@pytest.mark.parametrize("function", ["copy", "pull"])
async def test_a_copy_from_a_slow_registry_ends_at_the_deadline(
    start_registry: StartRegistry, tmp_path: Path, fault: Fault, function: str
) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", IMAGE, "v1")
    source.faults.add(fault)
    if function == "copy":
        with pytest.raises(DeadlineExceededError, match=r"0\.5"):
            await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", deadline=0.5)
    else:
        with pytest.raises(DeadlineExceededError, match=r"0\.5"):
            await images.async_pull(f"{source.url}/a:v1", tmp_path, deadline=0.5)


async def test_a_push_to_a_slow_registry_ends_at_the_deadline(start_registry: StartRegistry, tmp_path: Path) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", IMAGE, "v1")
    await images.async_pull(f"{source.url}/a:v1", tmp_path)
    target.faults.add(Fault(Slow(bytes_per_second=50, of="request"), operation="put_manifest", times=None))
    with pytest.raises(DeadlineExceededError, match=r"0\.5"):
        await images.async_push(tmp_path, f"{target.url}/b:v1", deadline=0.5)


async def test_the_deadline_bounds_all_requests_together(start_registry: StartRegistry) -> None:
    """The manifests of nested indexes are requested one after the other. Each takes about a quarter of the deadline."""
    source, target = start_registry(), start_registry()
    nested = build_image([b"x"])
    for _ in range(7):
        nested = build_index({}, without_platform=[nested])
    store_image(source, "a", nested, "v1")
    source.faults.add(Fault(Slow(bytes_per_second=200), operation="get_manifest", times=None))
    for _ in range(10):  # on a busy machine, the first request may take the whole time
        source.requests.clear()
        with pytest.raises(DeadlineExceededError):
            await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", deadline=4)
        if len(source.requests) > 1:
            break
    assert len(source.requests) > 1


async def test_a_plan_keeps_no_deadline_and_its_execution_has_its_own(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", IMAGE, "v1")
    plan = await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", deadline=60)
    source.faults.add(SLOW_BLOBS)
    with pytest.raises(DeadlineExceededError, match=r"0\.5"):
        await images.async_apply_copy(plan, deadline=0.5)
    source.faults.clear()
    assert (await images.async_apply_copy(plan)).digest == IMAGE.root


async def test_the_deadline_of_a_given_client_bounds_the_copy(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", IMAGE, "v1")
    source.faults.add(SLOW_BLOBS)
    async with AsyncRegistryClientV2(f"{source.url}/a", deadline=0.5) as client:
        with pytest.raises(DeadlineExceededError, match=r"0\.5"):
            await images.async_copy(client.ref("v1"), f"{target.url}/b:v1")


async def test_a_copy_between_layouts_ends_at_the_deadline(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", IMAGE, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path / "one")
    with pytest.raises(DeadlineExceededError, match="COPY oci:"):
        await images.async_copy(f"oci:{tmp_path}/one", f"oci:{tmp_path}/two", deadline=1e-6)
    assert not (tmp_path / "two" / "index.json").exists()
    with pytest.raises(ValueError, match="above 0"):
        await images.async_copy(f"oci:{tmp_path}/one", f"oci:{tmp_path}/two", deadline=0)


async def test_reading_a_config_ends_at_the_deadline(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", IMAGE, "v1")
    registry.faults.add(SLOW_MANIFESTS)
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        with pytest.raises(DeadlineExceededError, match=r"0\.5"):
            await images.async_get_config(client.ref("v1"), deadline=0.5)
