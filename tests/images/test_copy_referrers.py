"""Signatures and other artifacts go with the image that they are about, when that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status
from tests.images.calls import Calls, Made, counted, fetch, made_image, made_index, named, store

pytestmark = pytest.mark.anyio

Serve = Callable[..., EmbeddedRegistry]
AMD64 = made_image([b"1"], "linux/amd64")
ARM64 = made_image([b"2"], "linux/arm64/v8")
INDEX = made_index({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})
SIGNATURE = made_image([b"of the index"], subject=named(INDEX), artifactType="application/x-signature", annotations={"a": "b"})
LICENCE = made_image([b"of one platform"], subject=named(ARM64), artifactType="application/x-licence")
WITNESS = made_image([b"of the signature"], subject=named(SIGNATURE), artifactType="application/x-witness")
ABOUT = (SIGNATURE, LICENCE, WITNESS)


def store_all(url: str) -> None:
    store(url, INDEX, "v1")
    for made in ABOUT:
        store(url, made, None)


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
    calls: Calls, serve: Serve, server: str, repo: str, source_keeps: bool
) -> None:
    """Debian's docker-registry keeps no referrers: there the list is under the fallback tag."""
    source = serve()
    store_all(f"{source.url}/a")
    start = f"{source.url}/a"
    if not source_keeps:
        await calls("copy", f"{start}:v1", f"{server}/{repo}/first:v1", referrers=True)
        start = f"{server}/{repo}/first"
    result = await calls("copy", f"{start}:v1", f"{server}/{repo}:v1", referrers=True)
    assert result.digest == INDEX.root
    fetch(f"{server}/{repo}", INDEX, "v1")
    for made in ABOUT:
        check(f"{server}/{repo}", made)
    assert subjects(f"{server}/{repo}") == EXPECTED
    again = await calls("copy", f"{start}:v1", f"{server}/{repo}:v1", referrers=True)
    assert (again.bytes_moved, again.manifests_pushed) == (0, 0)


async def test_they_stay_where_they_are_when_nobody_asks(calls: Calls, serve: Serve) -> None:
    source, target = serve(), serve()
    store_all(f"{source.url}/a")
    with counted(source) as asked:
        await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert not any("referrers" in one for one in asked)
    assert subjects(f"{target.url}/b")[INDEX.root] == set()


async def test_one_that_came_later_is_brought_too(calls: Calls, serve: Serve) -> None:
    source, target = serve(), serve()
    store(f"{source.url}/a", INDEX, "v1")
    await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    store(f"{source.url}/a", LICENCE, None)
    result = await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    assert result.manifests_pushed == 1
    assert subjects(f"{target.url}/b")[ARM64.root] == {LICENCE.root}


async def test_the_tag_comes_after_all_that_is_about_the_image(calls: Calls, serve: Serve) -> None:
    source, target = serve(), serve()
    store_all(f"{source.url}/a")
    target.faults.add(Fault(Status(403), method="PUT", path=f".*/manifests/{WITNESS.root}", times=None))
    with pytest.raises(Exception, match="403"):
        await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    with RegistryClientV2(f"{target.url}/b") as client:
        assert "v1" not in client.list_tags().body.tags


async def test_they_go_through_a_layout(calls: Calls, serve: Serve, tmp_path: Path) -> None:
    source, target = serve(), serve()
    store_all(f"{source.url}/a")
    await calls("pull", f"{source.url}/a:v1", tmp_path, referrers=True)
    await calls("push", tmp_path, f"{target.url}/b:v1", referrers=True)
    fetch(f"{target.url}/b", INDEX, "v1")
    assert subjects(f"{target.url}/b") == EXPECTED
    await calls("push", tmp_path, f"{target.url}/c:v1")
    assert subjects(f"{target.url}/c")[INDEX.root] == set()


async def test_an_artifact_that_is_copied_alone_is_listed(server: str, repo: str, calls: Calls, serve: Serve) -> None:
    source = serve()
    store_all(f"{source.url}/a")
    await calls("copy", f"{source.url}/a@{SIGNATURE.root}", f"{server}/{repo}:signature")
    assert subjects(f"{server}/{repo}")[INDEX.root] == {SIGNATURE.root}


def check(url: str, made: Made) -> None:
    """Check that an artifact is there, byte for byte."""
    with RegistryClientV2(url) as client:
        for digest, (_, raw) in made.manifests.items():
            assert client.get_manifest(digest).raw == raw
        for digest in made.blobs:
            client.head_blob(digest)
