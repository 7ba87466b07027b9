"""Signatures and other artifacts go with the image that they are about, when that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing.faults import Fault, Status
from tests.images.built_images import BuiltImage, build_image, build_index, check_pushed_image, descriptor_of, push_image
from tests.images.calls import Calls, recorded_requests
from tests.images.conftest import StartRegistry

pytestmark = pytest.mark.anyio

AMD64 = build_image([b"1"], "linux/amd64")
ARM64 = build_image([b"2"], "linux/arm64/v8")
INDEX = build_index({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})
SIGNATURE = build_image(
    [b"of the index"], subject=descriptor_of(INDEX), artifactType="application/x-signature", annotations={"a": "b"}
)
LICENCE = build_image([b"of one platform"], subject=descriptor_of(ARM64), artifactType="application/x-licence")
WITNESS = build_image([b"of the signature"], subject=descriptor_of(SIGNATURE), artifactType="application/x-witness")
ABOUT = (SIGNATURE, LICENCE, WITNESS)


def store_all(url: str) -> None:
    push_image(url, INDEX, "v1")
    for made in ABOUT:
        push_image(url, made, None)


def subjects(url: str) -> dict[str, set[str]]:
    """Return what a registry lists as referrers of each, by whichever way."""
    with RegistryClientV2(url) as client:
        every = (INDEX, AMD64, ARM64, *ABOUT)
        return {made.root: {one.digest for one in client.iter_referrers(made.root)} for made in every}


EXPECTED = {
    INDEX.root: {SIGNATURE.root},
    AMD64.root: set(),
    ARM64.root: {LICENCE.root},
    SIGNATURE.root: {WITNESS.root},
    LICENCE.root: set(),
    WITNESS.root: set(),
}


@pytest.mark.parametrize("source_keeps", [True, False])
async def test_they_are_copied_with_all_that_is_about_them(
    calls: Calls, start_registry: StartRegistry, registry_url: str, repo_name: str, source_keeps: bool
) -> None:
    """Debian's docker-registry keeps no referrers: there the list is under the fallback tag."""
    source = start_registry()
    store_all(f"{source.url}/a")
    start = f"{source.url}/a"
    if not source_keeps:
        await calls("copy", f"{start}:v1", f"{registry_url}/{repo_name}/first:v1", referrers=True)
        start = f"{registry_url}/{repo_name}/first"
    result = await calls("copy", f"{start}:v1", f"{registry_url}/{repo_name}:v1", referrers=True)
    assert result.digest == INDEX.root
    check_pushed_image(f"{registry_url}/{repo_name}", INDEX, "v1")
    for made in ABOUT:
        check(f"{registry_url}/{repo_name}", made)
    assert subjects(f"{registry_url}/{repo_name}") == EXPECTED
    again = await calls("copy", f"{start}:v1", f"{registry_url}/{repo_name}:v1", referrers=True)
    assert (again.bytes_moved, again.manifests_pushed) == (0, 0)


async def test_they_stay_where_they_are_when_nobody_asks(calls: Calls, start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_all(f"{source.url}/a")
    with recorded_requests(source) as asked:
        await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert not any("referrers" in one for one in asked)
    assert subjects(f"{target.url}/b")[INDEX.root] == set()


async def test_one_that_came_later_is_brought_too(calls: Calls, start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", INDEX, "v1")
    await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    push_image(f"{source.url}/a", LICENCE, None)
    result = await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    assert result.manifests_pushed == 1
    assert subjects(f"{target.url}/b")[ARM64.root] == {LICENCE.root}


async def test_the_tag_comes_after_all_that_is_about_the_image(calls: Calls, start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_all(f"{source.url}/a")
    target.faults.add(Fault(Status(403), method="PUT", path=f".*/manifests/{WITNESS.root}", times=None))
    with pytest.raises(Exception, match="403"):
        await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    with RegistryClientV2(f"{target.url}/b") as client:
        assert "v1" not in client.list_tags().body.tags


async def test_they_go_through_a_layout(calls: Calls, start_registry: StartRegistry, tmp_path: Path) -> None:
    source, target = start_registry(), start_registry()
    store_all(f"{source.url}/a")
    await calls("pull", f"{source.url}/a:v1", tmp_path, referrers=True)
    await calls("push", tmp_path, f"{target.url}/b:v1", referrers=True)
    check_pushed_image(f"{target.url}/b", INDEX, "v1")
    assert subjects(f"{target.url}/b") == EXPECTED
    await calls("push", tmp_path, f"{target.url}/c:v1")
    assert subjects(f"{target.url}/c")[INDEX.root] == set()


async def test_an_artifact_that_is_copied_alone_is_listed(
    registry_url: str, repo_name: str, calls: Calls, start_registry: StartRegistry
) -> None:
    source = start_registry()
    store_all(f"{source.url}/a")
    await calls("copy", f"{source.url}/a@{SIGNATURE.root}", f"{registry_url}/{repo_name}:signature")
    assert subjects(f"{registry_url}/{repo_name}")[INDEX.root] == {SIGNATURE.root}


def check(url: str, made: BuiltImage) -> None:
    """Check that an artifact is there, byte for byte."""
    with RegistryClientV2(url) as client:
        for digest, (_, raw) in made.manifests.items():
            assert client.get_manifest(digest).raw == raw
        for digest in made.blobs:
            client.head_blob(digest)
