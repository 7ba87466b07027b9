"""Failed copies: no upload session or temporary file is left, and the next copy resumes."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.errors import ForbiddenError, NotFoundError
from docker_registry_sdk.images import Progress
from docker_registry_sdk.testing.faults import Fault, RequestInfo, Status
from tests.images.built_images import BuiltImage, build_image, build_index, check_pushed_image, store_image
from tests.images.conftest import StartRegistry
from tests.support.request_log import open_uploads

pytestmark = pytest.mark.anyio

MEBIBYTE = 1024 * 1024
IMAGE = build_image([bytes([number]) * (200_000 + number) for number in range(12)])
BIG = build_image([bytes([number]) * (4 * MEBIBYTE) for number in range(4)])


def closes_upload_of(made: BuiltImage, number: int) -> Callable[[RequestInfo], bool]:
    """Return a function that returns whether a call closes the upload of a certain layer."""
    digest = list(made.blobs)[number]
    return lambda call: call.query.get("digest") == digest


async def test_a_failed_layer_ends_the_copy_and_the_next_copy_resumes(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", IMAGE, "v1")
    target.faults.add(Fault(Status(403), when=closes_upload_of(IMAGE, 5), times=None))
    with pytest.raises(ForbiddenError):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert open_uploads(target) == []
    async with AsyncRegistryClientV2(f"{target.url}/b") as client:
        with pytest.raises(NotFoundError):
            await client.head_manifest("v1")
        there = [digest for digest in IMAGE.blobs if await has_blob(client, digest)]
    assert 0 < len(there) < len(IMAGE.blobs)
    target.faults.clear()
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.blobs_skipped == len(there)
    assert result.bytes_moved == sum(len(content) for digest, content in IMAGE.blobs.items() if digest not in there)
    check_pushed_image(f"{target.url}/b", IMAGE, "v1")


async def test_a_failed_manifest_leaves_the_tag_unchanged(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    parts = {"linux/amd64": build_image([b"1"]), "linux/arm64": build_image([b"2"], "linux/arm64")}
    made = build_index(parts)
    store_image(source, "a", made, "v1")
    store_image(target, "b", IMAGE, "v1")
    path = f"/v2/b/manifests/{re.escape(parts['linux/arm64'].root)}"
    target.faults.add(Fault(Status(403), method="PUT", path=path, times=None))
    with pytest.raises(ForbiddenError):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    check_pushed_image(f"{target.url}/b", IMAGE, "v1")
    target.faults.clear()
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.manifests_pushed <= 2 and result.blobs_moved == 0
    check_pushed_image(f"{target.url}/b", made, "v1")


async def test_an_exception_of_the_progress_callback_ends_the_copy(start_registry: StartRegistry, tmp_path: Path) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", BIG, "v1")

    def stop(progress: Progress) -> None:
        if progress.bytes >= 2 * MEBIBYTE:
            raise LookupError("enough")

    for dst in (f"{target.url}/b:v1", f"oci:{tmp_path}/layout:v1"):
        with pytest.raises(LookupError, match="enough"):
            await images.async_copy(f"{source.url}/a:v1", dst, on_progress=stop)
    assert open_uploads(target) == []
    assert not (tmp_path / "layout" / "index.json").exists()
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []
    await images.async_copy(f"{source.url}/a:v1", f"oci:{tmp_path}/layout:v1")
    assert [path.name for path in tmp_path.rglob("*.part")] == []


async def test_a_full_disk_leaves_no_temporary_file(
    start_registry: StartRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = start_registry()
    store_image(source, "a", BIG, "v1")
    await images.async_pull(f"{source.url}/a:v1", tmp_path / "one")
    written = []

    def write(descriptor: int, content: bytes) -> int:
        written.append(len(content))
        if sum(written) > 6 * MEBIBYTE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, content)

    real = os.write
    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match=r"No space left.*\.part"):
        await images.async_copy(f"oci:{tmp_path}/one", f"oci:{tmp_path}/two")
    assert [path.name for path in (tmp_path / "two").rglob("*.tmp")] == []
    monkeypatch.undo()
    result = await images.async_copy(f"oci:{tmp_path}/one", f"oci:{tmp_path}/two")
    assert result.digest == BIG.root


async def test_the_error_names_a_layer_missing_in_the_source(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", IMAGE, "v1")
    missing = list(IMAGE.blobs)[3]
    async with AsyncRegistryClientV2(f"{source.url}/a") as client:
        await client.delete_blob(missing)
    with pytest.raises(NotFoundError, match=missing):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert open_uploads(target) == []


async def has_blob(client: AsyncRegistryClientV2, digest: str) -> bool:
    """Return whether a repository has a blob."""
    try:
        await client.head_blob(digest)
    except NotFoundError:
        return False
    return True
