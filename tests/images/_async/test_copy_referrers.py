"""Copies with `referrers=True`, which include signatures and other referrers of the image."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistries, AsyncRegistryClientV2, Digest, RegistryClientV2, images
from docker_registry_sdk.client.fallback import fallback_tag
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status
from tests.images.built_images import (
    BuiltImage,
    build_image,
    build_index,
    check_pushed_image,
    descriptor_of,
    push_image,
    store_image,
)
from tests.images.conftest import StartRegistry
from tests.support.request_log import recorded_requests

pytestmark = pytest.mark.anyio

AMD64 = build_image([b"1"], "linux/amd64")
ARM64 = build_image([b"2"], "linux/arm64/v8")
INDEX = build_index({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})
SIGNATURE = build_image(
    [b"of the index"], subject=descriptor_of(INDEX), artifactType="application/x-signature", annotations={"a": "b"}
)
LICENCE = build_image([b"of one platform"], subject=descriptor_of(ARM64), artifactType="application/x-licence")
WITNESS = build_image([b"of the signature"], subject=descriptor_of(SIGNATURE), artifactType="application/x-witness")
REFERRERS = (SIGNATURE, LICENCE, WITNESS)


def push_all(url: str) -> None:
    push_image(url, INDEX, "v1")
    for made in REFERRERS:
        push_image(url, made, None)


def referrers_by_subject(url: str) -> dict[str, set[str]]:
    """Return the digests of the referrers of each manifest, from the referrers API or the fallback tag."""
    with RegistryClientV2(url) as client:
        every = (INDEX, AMD64, ARM64, *REFERRERS)
        return {made.root: {one.digest for one in client.iter_referrers(made.root)} for made in every}


EXPECTED = {
    INDEX.root: {SIGNATURE.root},
    AMD64.root: set(),
    ARM64.root: {LICENCE.root},
    SIGNATURE.root: {WITNESS.root},
    LICENCE.root: set(),
    WITNESS.root: set(),
}


@pytest.mark.parametrize("source_has_api", [True, False])
async def test_referrers_are_copied_with_their_own_referrers(
    start_registry: StartRegistry, registry_url: str, repo_name: str, source_has_api: bool, hasty_registries: AsyncRegistries
) -> None:
    """Debian's docker-registry has no referrers API: there the list is under the fallback tag."""
    source = start_registry()
    push_all(f"{source.url}/a")
    start = f"{source.url}/a"
    if not source_has_api:
        await images.async_copy(
            f"{start}:v1", f"{registry_url}/{repo_name}/first:v1", referrers=True, registries=hasty_registries
        )
        start = f"{registry_url}/{repo_name}/first"
    result = await images.async_copy(f"{start}:v1", f"{registry_url}/{repo_name}:v1", referrers=True, registries=hasty_registries)
    assert result.digest == INDEX.root
    check_pushed_image(f"{registry_url}/{repo_name}", INDEX, "v1")
    for made in REFERRERS:
        check_artifact(f"{registry_url}/{repo_name}", made)
    assert referrers_by_subject(f"{registry_url}/{repo_name}") == EXPECTED
    again = await images.async_copy(f"{start}:v1", f"{registry_url}/{repo_name}:v1", referrers=True, registries=hasty_registries)
    assert (again.bytes_moved, again.manifests_pushed) == (0, 0)


async def test_referrers_are_not_copied_by_default(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    push_all(f"{source.url}/a")
    with recorded_requests(source) as asked:
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert not any("referrers" in one for one in asked)
    assert referrers_by_subject(f"{target.url}/b")[INDEX.root] == set()


async def test_a_referrer_pushed_after_the_first_copy_is_copied(
    start_registry: StartRegistry, hasty_registries: AsyncRegistries
) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", INDEX, "v1")
    await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True, registries=hasty_registries)
    store_image(source, "a", LICENCE, None)
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True, registries=hasty_registries)
    assert result.manifests_pushed == 1
    assert referrers_by_subject(f"{target.url}/b")[ARM64.root] == {LICENCE.root}


async def test_the_tag_is_written_after_all_referrers(start_registry: StartRegistry, hasty_registries: AsyncRegistries) -> None:
    source, target = start_registry(), start_registry()
    push_all(f"{source.url}/a")
    target.faults.add(Fault(Status(403), method="PUT", path=f".*/manifests/{WITNESS.root}", times=None))
    with pytest.raises(Exception, match="403"):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True, registries=hasty_registries)
    async with AsyncRegistryClientV2(f"{target.url}/b") as client:
        assert "v1" not in await client.list_tags()


async def test_referrers_are_copied_through_a_layout(
    start_registry: StartRegistry, tmp_path: Path, hasty_registries: AsyncRegistries
) -> None:
    source, target = start_registry(), start_registry()
    push_all(f"{source.url}/a")
    await images.async_pull(f"{source.url}/a:v1", tmp_path, referrers=True, registries=hasty_registries)
    await images.async_push(tmp_path, f"{target.url}/b:v1", referrers=True, registries=hasty_registries)
    check_pushed_image(f"{target.url}/b", INDEX, "v1")
    assert referrers_by_subject(f"{target.url}/b") == EXPECTED
    await images.async_push(tmp_path, f"{target.url}/c:v1")
    assert referrers_by_subject(f"{target.url}/c")[INDEX.root] == set()


async def test_an_artifact_copied_alone_is_listed_as_referrer(
    registry_url: str, repo_name: str, start_registry: StartRegistry
) -> None:
    source = start_registry()
    push_all(f"{source.url}/a")
    await images.async_copy(f"{source.url}/a@{SIGNATURE.root}", f"{registry_url}/{repo_name}:signature")
    assert referrers_by_subject(f"{registry_url}/{repo_name}")[INDEX.root] == {SIGNATURE.root}


def check_artifact(url: str, made: BuiltImage) -> None:
    """Check that a repository has an artifact, byte for byte."""
    with RegistryClientV2(url) as client:
        for digest, (_, raw) in made.manifests.items():
            assert client.get_manifest(digest).raw == raw
        for digest in made.blobs:
            client.head_blob(digest)


async def test_referrers_in_an_index_are_pushed_one_after_the_other(
    start_registry: StartRegistry, registry_without_referrers: EmbeddedRegistry
) -> None:
    """Concurrent pushes would overwrite each other's list under the fallback tag, and each lost entry costs a wait."""
    subject = build_image([b"subject"])
    signatures = [
        build_image([b"%d" % number], subject=descriptor_of(subject), artifactType="application/x-signature")
        for number in range(6)
    ]
    index = build_index({"linux/amd64": subject}, without_platform=signatures)
    source, target = start_registry(), registry_without_referrers
    store_image(source, "a", index, "v1")
    with recorded_requests(target):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    tag = fallback_tag(subject.root)
    requests = [record for record in target.requests.snapshot() if record.path.endswith(f"/manifests/{tag}")]
    # For each signature: read the list, write the changed list, and read it again.
    assert [record.method for record in requests] == ["GET", "PUT", "GET"] * len(signatures)
    with RegistryClientV2(f"{target.url}/b") as client:
        assert {one.digest for one in client.iter_referrers(subject.root)} == {one.root for one in signatures}


SIG = build_image([b"signature of cosign"])
ATT = build_image([b"attestation of cosign"])
SBOM = build_image([b"one SBOM of both platforms"])
SIG_OF_SBOM = build_image([b"signature of the SBOM"])


def cosign_tag(of: BuiltImage, kind: str) -> str:
    return f"{fallback_tag(of.root)}.{kind}"


COSIGN = {
    cosign_tag(INDEX, "sig"): SIG,
    cosign_tag(ARM64, "att"): ATT,
    cosign_tag(AMD64, "sbom"): SBOM,
    cosign_tag(ARM64, "sbom"): SBOM,
    cosign_tag(SBOM, "sig"): SIG_OF_SBOM,
}


@pytest.mark.parametrize("through_layout", [False, True])
async def test_the_tags_of_cosign_are_copied(
    registry_url: str,
    repo_name: str,
    start_registry: StartRegistry,
    tmp_path: Path,
    hasty_registries: AsyncRegistries,
    through_layout: bool,
) -> None:
    """Without these tags, `cosign verify` fails at the target."""
    source, target = start_registry(), f"{registry_url}/{repo_name}"
    store_image(source, "a", INDEX, "v1")
    store_image(source, "a", build_image([b"other"]), "other")
    for tag, made in COSIGN.items():
        store_image(source, "a", made, tag)
    start = f"{source.url}/a:v1"
    if through_layout:
        await images.async_pull(start, tmp_path, referrers=True)
        async with AsyncRegistryClientV2(target) as client:
            await images.async_push(tmp_path, client.ref("v1"), referrers=True)  # the signatures do not count as images
    else:
        await images.async_copy(start, f"{target}:v1", referrers=True, registries=hasty_registries)
    check_pushed_image(target, INDEX, "v1")
    for tag, made in COSIGN.items():
        check_pushed_image(target, made, tag)
    async with AsyncRegistryClientV2(target) as client:
        assert set(await client.list_tags()) == {"v1", *COSIGN}
    plan = await images.async_plan_copy(start, f"{target}:v1", referrers=True, registries=hasty_registries)
    assert plan.count("push") == 0
    assert images.CopyPlan.from_dict(plan.to_dict()) == plan


async def test_a_moved_or_new_tag_of_cosign_is_copied(start_registry: StartRegistry, hasty_registries: AsyncRegistries) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", ARM64, "v1")
    store_image(source, "a", SIG, cosign_tag(ARM64, "sig"))
    await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True, registries=hasty_registries)
    store_image(source, "a", ATT, cosign_tag(ARM64, "sig"))  # cosign replaces the manifest when a signature is added
    store_image(source, "a", SIG, cosign_tag(ARM64, "att"))
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True, registries=hasty_registries)
    assert result.manifests_pushed == 2
    check_pushed_image(f"{target.url}/b", ATT, cosign_tag(ARM64, "sig"))
    check_pushed_image(f"{target.url}/b", SIG, cosign_tag(ARM64, "att"))


async def test_a_listed_referrer_that_was_deleted_is_reported(
    start_registry: StartRegistry, hasty_registries: AsyncRegistries, tmp_path: Path
) -> None:
    source, target = start_registry(), start_registry()
    push_all(f"{source.url}/a")
    gone = Fault(Status(404, code="MANIFEST_UNKNOWN"), operation="get_manifest", path=f".*/{SIGNATURE.root}", times=None)
    source.faults.add(gone)
    for place in (f"{target.url}/b:v1", f"oci:{tmp_path}:v1"):
        result = await images.async_copy(f"{source.url}/a:v1", place, referrers=True, registries=hasty_registries)
        named_by = f"the list of referrers of {INDEX.root}"
        assert result.missing_referrers == (images.MissingReferrer(digest=Digest(SIGNATURE.root), named_by=named_by),)
        assert result.to_dict()["missing_referrers"] == [{"digest": SIGNATURE.root, "named_by": named_by}]
        plan = await images.async_plan_copy(f"{source.url}/a:v1", place, referrers=True, registries=hasty_registries)
        assert re.search(f"{SIGNATURE.root[:19]} .* named by the list of referrers of {INDEX.root}", str(plan))
        assert images.CopyPlan.from_dict(plan.to_dict()) == plan
    assert referrers_by_subject(f"{target.url}/b") == {**EXPECTED, INDEX.root: set(), SIGNATURE.root: set()}


async def test_a_deleted_child_of_an_index_is_an_error(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    push_all(f"{source.url}/a")
    source.faults.add(Fault(Status(404), operation="get_manifest", path=f".*/{ARM64.root}", times=None))
    with pytest.raises(NotFoundError, match=ARM64.root):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
