"""The order of pushes: each manifest after its subject and after the manifests that it lists, the tag last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistries, images
from docker_registry_sdk._core.blobs.upload_source import AsyncReplayableSource
from docker_registry_sdk._core.folders import FolderEntry
from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import BadRequestError
from docker_registry_sdk.images._async.execute import async_execute
from docker_registry_sdk.images._async.interfaces import AsyncImageSource
from docker_registry_sdk.images._async.open_copy import AsyncOpenCopy
from docker_registry_sdk.images._async.planner import AsyncPlanner
from docker_registry_sdk.images.copy_plan import CopyPlan, CopyResult
from docker_registry_sdk.images.manifest_contents import BlobDescriptor, StoredManifest
from docker_registry_sdk.images.planned import PlannedManifest
from docker_registry_sdk.images.progress import BlobProgress
from docker_registry_sdk.media_types import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.reference import Repo, parse_repo_and_ref
from docker_registry_sdk.testing import RequestRecord
from docker_registry_sdk.testing.faults import Fault
from docker_registry_sdk.testing.profiles.manifest_effects import RejectManifest, find_missing_subject
from docker_registry_sdk.v2.models import Descriptor
from tests.images.built_images import build_image, build_index, check_pushed_image, descriptor_of, store_image
from tests.images.conftest import StartRegistry
from tests.support.images import descriptor, digest_of

pytestmark = pytest.mark.anyio

SUBJECT = build_image([b"subject"])
ATTESTATION = build_image([b"attestation"], "unknown/unknown", subject=descriptor_of(SUBJECT), artifactType="application/x-a")
SIGNATURE = build_image([b"signature"], subject=descriptor_of(SUBJECT), artifactType="application/x-s")
SIGNED_SIGNATURE = build_image([b"witness"], subject=descriptor_of(SIGNATURE), artifactType="application/x-w")
STRICT = Fault(RejectManifest(find_missing_subject, "MANIFEST_BLOB_UNKNOWN"), operation="put_manifest", times=None)


@pytest.mark.parametrize("attestation_first", [False, True])
async def test_children_of_an_index_are_pushed_after_their_subject(
    start_registry: StartRegistry, attestation_first: bool
) -> None:
    """BuildKit's attestations may have the image beside them as subject (moby/buildkit#7007)."""
    parts = [ATTESTATION, SUBJECT] if attestation_first else [SUBJECT, ATTESTATION]
    index = build_index({}, without_platform=parts)
    source, target = start_registry(), start_registry()
    store_image(source, "a", index, "v1")
    target.faults.add(STRICT)
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.manifests_pushed == 3
    check_pushed_image(f"{target.url}/b", index, "v1")


@pytest.mark.parametrize("place", ["registry", "layout"])
async def test_referrers_are_pushed_after_their_subject_and_before_the_tag(
    start_registry: StartRegistry, hasty_registries: AsyncRegistries, tmp_path_factory: pytest.TempPathFactory, place: str
) -> None:
    """GitLab refuses a manifest whose subject does not exist."""
    source, target = start_registry(), start_registry()
    for made, tag in ((SUBJECT, "v1"), (SIGNATURE, None), (SIGNED_SIGNATURE, None)):
        store_image(source, "a", made, tag)
    start = f"{source.url}/a:v1"
    if place == "layout":
        start = f"oci:{tmp_path_factory.mktemp('layout')}:v1"
        await images.async_copy(f"{source.url}/a:v1", start, referrers=True)
    target.faults.add(STRICT)
    target.requests.clear()
    result = await images.async_copy(start, f"{target.url}/b:v1", referrers=True, registries=hasty_registries)
    assert result.manifests_pushed == 3
    pushed = [one.path.rpartition("/")[2] for one in target.requests.snapshot() if is_manifest_put(one)]
    assert pushed == [SUBJECT.root, SIGNATURE.root, SIGNED_SIGNATURE.root, "v1"]


async def test_a_subject_that_exists_is_pushed_only_under_the_tag(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", SUBJECT, "v1")
    store_image(target, "b", SUBJECT, None)
    store_image(source, "a", SIGNATURE, None)
    target.faults.add(STRICT)
    target.requests.clear()
    await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    pushed = [one.path.rpartition("/")[2] for one in target.requests.snapshot() if is_manifest_put(one)]
    assert pushed == [SIGNATURE.root, "v1"]


async def test_a_subject_outside_the_copy_is_the_error_of_the_registry(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", SIGNATURE, "signature")
    target.faults.add(STRICT)
    with pytest.raises(BadRequestError, match=SUBJECT.root):
        await images.async_copy(f"{source.url}/a:signature", f"{target.url}/b:v1")


def is_manifest_put(record: RequestRecord) -> bool:
    return record.method == "PUT" and "/manifests/" in record.path


async def test_any_graph_of_subjects_and_indexes_is_pushed_in_order() -> None:
    for seed in range(80):
        random = Random(seed)
        graph = MemoryImage(random)
        target = StrictTarget(exists=random.sample(list(graph.manifests), random.choice([0, 0, 1, 2])), graph=graph)
        copied = await copy_graph(graph, target)
        wanted = graph.reachable()
        assert set(target.manifests) >= wanted, seed
        assert target.tag == graph.root, seed
        assert target.written[-1] == "tag", seed
        assert copied.manifests_pushed == len(wanted - target.existed | {graph.root}), seed


async def copy_graph(graph: MemoryImage, target: StrictTarget) -> CopyResult:
    root = graph.manifests[graph.root]
    blobs, manifests = await AsyncPlanner(graph, target, True, False).run(root)
    ref = parse_repo_and_ref("registry.example.com/a:v1")
    plan = CopyPlan(
        source=ref,
        target=ref,
        digest=root.digest,
        size=len(root.raw),
        media_type=root.media_type,
        blobs=blobs,
        manifests=manifests,
    )
    return await async_execute(CopyPlan.from_dict(plan.to_dict()), AsyncOpenCopy(graph, target, ref, ref, None), None)


class MemoryImage:
    """A source of a copy with up to 7 manifests, of which each may be an index of others and may have another as its subject."""

    repo: Repo | None = None

    def close(self) -> None:
        """Do nothing."""

    def __init__(self, random: Random) -> None:
        self.manifests: dict[Digest, StoredManifest] = {}
        self.subjects: dict[Digest, Digest | None] = {}
        self.children: dict[Digest, list[Digest]] = {}
        for number in range(random.randint(2, 7)):
            known = list(self.manifests)
            subject = random.choice(known) if known and random.random() < 0.6 else None
            children = random.sample(known, random.randint(1, len(known))) if known and random.random() < 0.5 else []
            self._add(number, subject, children)
        self.root = random.choice(list(self.manifests))

    def _add(self, number: int, subject: Digest | None, children: list[Digest]) -> None:
        document: dict[str, Any] = {"schemaVersion": 2, "annotations": {"number": str(number)}}
        if subject is not None:
            document["subject"] = self._describe(subject)
        if children:
            document |= {"mediaType": OCI_INDEX, "manifests": [self._describe(one) for one in children]}
        else:
            document |= {"mediaType": OCI_MANIFEST, "config": descriptor(OCI_CONFIG, b"{}"), "layers": []}
        raw = json.dumps(document).encode()
        digest = Digest(digest_of(raw))
        self.manifests[digest] = StoredManifest(digest=digest, media_type=document["mediaType"], raw=raw)
        self.subjects[digest], self.children[digest] = subject, children

    def _describe(self, digest: Digest) -> dict[str, Any]:
        return descriptor(self.manifests[digest].media_type, self.manifests[digest].raw)

    def reachable(self) -> set[Digest]:
        """Return the root with its children and referrers, their children and referrers, and so on."""
        found: set[Digest] = set()
        pending = [self.root]
        while pending:
            digest = pending.pop()
            if digest not in found:
                found.add(digest)
                pending += self.children[digest]
                pending += [one for one, subject in self.subjects.items() if subject == digest]
        return found

    async def read_root(self) -> StoredManifest:
        return self.manifests[self.root]

    async def read_manifest(self, descriptor: Descriptor) -> StoredManifest:
        return self.manifests[descriptor.digest]

    async def find_manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        raise NotImplementedError

    async def find_referrers(self, digest: Digest) -> Sequence[Descriptor]:
        found = [one for one, subject in self.subjects.items() if subject == digest]
        return [Descriptor.from_dict(self._describe(one)) for one in found]

    async def find_tagged(self, tag: str) -> StoredManifest | None:
        return None

    def open_blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        raise NotImplementedError

    async def save_blob(self, target: FolderEntry, progress: BlobProgress, use_urls: bool) -> None:
        raise NotImplementedError


class StrictTarget:
    """A target of a copy that has all blobs, and accepts a manifest only after its subject and its children.

    Args:
        exists: The manifests that the target has at the start. Their subjects and children may be missing.
        graph: The image that is copied.
    """

    is_complete = True

    def __init__(self, exists: Sequence[Digest], graph: MemoryImage) -> None:
        self.existed = set(exists)
        self.manifests = set(exists)
        self.tag: Digest | None = None
        self.written: list[str] = []
        self._graph = graph

    async def prepare(self) -> None:
        pass

    async def has_reference(self, digest: Digest) -> bool:
        return False

    async def has_tag(self, tag: str, digest: Digest) -> bool:
        return False

    async def has_manifest(self, digest: Digest) -> bool:
        return digest in self.manifests

    async def has_blob(self, blob: BlobDescriptor, is_config: bool) -> bool:
        return True

    def can_mount_from(self, repo: Repo | None) -> bool:
        return False

    async def write_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        raise NotImplementedError

    async def write_manifest(self, manifest: PlannedManifest) -> None:
        subject = self._graph.subjects[manifest.digest]
        if subject in self._graph.reachable():  # other subjects are not copied
            assert subject in self.manifests
        assert self.manifests.issuperset(self._graph.children[manifest.digest])
        self.manifests.add(manifest.digest)
        self.written.append("tag" if manifest.role == "root" else manifest.digest)
        if manifest.role == "root":
            self.tag = manifest.digest
