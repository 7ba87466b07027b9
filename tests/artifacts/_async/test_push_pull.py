"""Artifacts pushed to and pulled from registries of every kind."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistries, AsyncRegistryClientV2, Progress, artifacts
from docker_registry_sdk.artifacts.manifest import ArtifactBlob
from docker_registry_sdk.errors import (
    ArtifactError,
    BadRequestError,
    DeadlineExceededError,
    DigestMismatchError,
    ForbiddenError,
    InvalidDigestError,
    NotFoundError,
    UnsafeTitleError,
)
from docker_registry_sdk.media_types import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.reference import parse_repo
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow, Status, WrongBytes
from docker_registry_sdk.v2.models import Descriptor
from tests.support.images import DOCKER_MANIFEST, descriptor, digest_of, index_of
from tests.support.referrers_registries import IMAGE, SUBJECT, ReferrersRegistry, disable_referrers_api

pytestmark = pytest.mark.anyio

REPORT = "application/vnd.example.report.v1"
TITLE = "org.opencontainers.image.title"


@pytest.fixture
async def isolated_client(embedded_registry: EmbeddedRegistry) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of a registry for this test only."""
    async with AsyncRegistryClientV2(f"{embedded_registry.url}/a/b", max_retries=0) as connected:
        yield connected


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with files to push."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "report.txt").write_bytes(b"all is well\n")
    (folder / "data.bin").write_bytes(os.urandom(300_000))
    (folder / "empty").write_bytes(b"")
    return folder


async def push_layers(client: AsyncRegistryClientV2, ref: str, layers: list[dict[str, Any]], **fields: Any) -> str:
    """Push a manifest with any layers, whose blobs exist, and return its digest."""
    await client.blob_upload(b"{}")
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": REPORT,
        "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": layers,
    }
    document = {name: value for name, value in (document | fields).items() if value is not None}
    return (await client.put_manifest(json.dumps(document).encode(), ref, media_type=OCI_MANIFEST)).digest


def layer(content: bytes, title: str | None, **fields: Any) -> dict[str, Any]:
    annotations = {} if title is None else {"annotations": {TITLE: title}}
    return descriptor("application/octet-stream", content) | annotations | fields


@pytest.mark.parametrize("status", [401, 403, 405])
async def test_a_refused_head_is_no_reason_not_to_push(
    isolated_client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry, status: int
) -> None:
    subject = await artifacts.async_push(isolated_client.ref("v1"), [], artifact_type=REPORT)
    embedded_registry.faults.add(Fault(Status(status), operation=("head_manifest", "head_blob"), times=None))
    pushed = await artifacts.async_push(isolated_client, [ArtifactBlob(b"a")], artifact_type=REPORT, subject="v1")
    assert [one.digest for one in await isolated_client.list_referrers(subject)] == [pushed.digest]
    embedded_registry.faults.add(Fault(Status(403, code="DENIED"), operation="get_manifest", times=None))
    with pytest.raises(ForbiddenError, match=r"GET .*DENIED"):
        await artifacts.async_push(isolated_client, [], artifact_type=REPORT, subject="v1")


async def test_pulled_files_are_equal_to_the_pushed_files(
    repository_client: AsyncRegistryClientV2, source: Path, tmp_path: Path
) -> None:
    names = ["report.txt", "data.bin", "empty"]
    pushed = await artifacts.async_push(repository_client.ref("report"), [source / name for name in names], artifact_type=REPORT)
    assert (pushed.media_type, pushed.artifact_type) == (OCI_MANIFEST, REPORT)
    for ref in ("report", pushed.digest):
        target = tmp_path / ref.replace(":", "-") / "new"
        assert await artifacts.async_pull(repository_client.ref(ref), target) == [target / name for name in names]
        assert sorted(each.name for each in target.iterdir()) == sorted(names)
        for name in names:
            assert (target / name).read_bytes() == (source / name).read_bytes()


async def test_the_manifest_follows_the_guidelines_of_the_image_spec(
    repository_client: AsyncRegistryClientV2, source: Path
) -> None:
    pushed = await artifacts.async_push(
        repository_client.ref("v1-report"),
        [source / "report.txt", ArtifactBlob(b"[]", "application/json", title="a/b.json")],
        artifact_type=REPORT,
    )
    found = await repository_client.get_manifest("v1-report")
    assert (found.digest, len(found.raw)) == (pushed.digest, pushed.size)
    assert json.loads(found.raw) == {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": REPORT,
        "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [
            layer(b"all is well\n", "report.txt"),
            descriptor("application/json", b"[]") | {"annotations": {TITLE: "a/b.json"}},
        ],
    }


async def test_equal_files_give_the_same_digest(repository_client: AsyncRegistryClientV2, source: Path) -> None:
    def options(*names: str) -> dict[str, Any]:
        return {"annotations": {name: f"ö {name}" for name in names}, "config": ArtifactBlob(b"{}", "application/x+json")}

    first = await artifacts.async_push(
        repository_client.ref("one"), [source / "report.txt"], artifact_type=REPORT, **options("a", "b")
    )
    second = await artifacts.async_push(repository_client, [source / "report.txt"], artifact_type=REPORT, **options("b", "a"))
    assert first == second
    assert json.loads((await repository_client.get_manifest("one")).raw)["annotations"] == {"a": "ö a", "b": "ö b"}


async def test_an_artifact_may_have_no_files(repository_client: AsyncRegistryClientV2, tmp_path: Path) -> None:
    pushed = await artifacts.async_push(repository_client, [], artifact_type=REPORT)
    found = json.loads((await repository_client.get_manifest(pushed.digest)).raw)
    assert found["layers"] == [found["config"]] == [descriptor("application/vnd.oci.empty.v1+json", b"{}")]
    assert await artifacts.async_pull(repository_client.ref(pushed.digest), tmp_path / "target") == []


async def test_an_image_and_an_artifact_without_files_are_refused(
    repository_client: AsyncRegistryClientV2, tmp_path: Path
) -> None:
    await repository_client.blob_upload(b"layer")
    await repository_client.blob_upload(b'{"os":"linux"}')
    image = {"config": descriptor(OCI_CONFIG, b'{"os":"linux"}'), "artifactType": None}
    no_title = [layer(b"layer", None)]
    for number, (layers, fields) in enumerate([(no_title, image), (no_title, {}), ([], image)]):
        await push_layers(repository_client, f"no-files-{number}", layers, **fields)
        with pytest.raises(ArtifactError, match="not an artifact with files"):
            await artifacts.async_pull(repository_client.ref(f"no-files-{number}"), tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_blob_without_title_is_not_pulled(repository_client: AsyncRegistryClientV2, tmp_path: Path) -> None:
    await artifacts.async_push(
        repository_client.ref("titled"), [ArtifactBlob(b"no file"), ArtifactBlob(b"a file", title="a")], artifact_type=REPORT
    )
    assert await artifacts.async_pull(repository_client.ref("titled"), tmp_path / "target") == [tmp_path / "target" / "a"]
    assert (tmp_path / "target" / "a").read_bytes() == b"a file"


async def test_an_artifact_with_a_subject_is_listed_as_referrer(repository_client: AsyncRegistryClientV2, source: Path) -> None:
    pushed = await artifacts.async_push(
        repository_client, [source / "report.txt"], artifact_type=REPORT, subject=SUBJECT, annotations={"a": "b"}
    )
    (one,) = [each async for each in repository_client.iter_referrers(SUBJECT, artifact_type=REPORT)]
    assert (one.digest, one.size, one.annotations) == (pushed.digest, pushed.size, {"a": "b"})
    about = json.loads((await repository_client.get_manifest(pushed.digest)).raw)["subject"]
    assert about == {
        "mediaType": OCI_MANIFEST,
        "digest": SUBJECT,
        "size": len((await repository_client.get_manifest(SUBJECT)).raw),
    }
    one_more = Descriptor(media_type=OCI_MANIFEST, digest=SUBJECT, size=about["size"])
    await artifacts.async_push(
        repository_client, [source / "report.txt"], artifact_type=REPORT, subject=one_more, annotations={"a": "b"}
    )
    assert len([each async for each in repository_client.iter_referrers(SUBJECT)]) == 1


async def test_the_subject_may_be_a_tag(isolated_client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry) -> None:
    for blob in (IMAGE.config, IMAGE.layer):
        await isolated_client.blob_upload(blob)
    await isolated_client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
    embedded_registry.requests.clear()
    pushed = await artifacts.async_push(isolated_client, [], artifact_type=REPORT, subject="v1")
    asked = [record.method for record in embedded_registry.requests.snapshot() if "/manifests/v1" in record.path]
    assert asked == ["HEAD"]
    about = json.loads((await isolated_client.get_manifest(pushed.digest)).raw)["subject"]
    assert about == {"mediaType": OCI_MANIFEST, "digest": SUBJECT, "size": len(IMAGE.oci)}


async def test_places_of_artifacts(embedded_registry: EmbeddedRegistry, source: Path, tmp_path: Path) -> None:
    name = f"{embedded_registry.url}/places"
    files = [str(source / "report.txt")]
    async with AsyncRegistries() as registries:
        pushed = await artifacts.async_push(f"{name}:one", files, artifact_type=REPORT)
        repository = registries.repository(name)
        # Without a tag, the artifact is pushed by its digest only, so that the repository gets no tag `latest`.
        places: tuple[Any, ...] = (name, parse_repo(name), repository)
        for place in places:
            assert await artifacts.async_push(place, files, artifact_type=REPORT, registries=registries) == pushed
        assert [tag async for tag in repository.iter_tags()] == ["one"]
        assert await artifacts.async_push(f"{name}@{pushed.digest}", files, artifact_type=REPORT) == pushed
        with pytest.raises(DigestMismatchError):
            await artifacts.async_push(f"{name}@{SUBJECT}", files, artifact_type=REPORT)
        with pytest.raises(NotFoundError):
            await artifacts.async_pull(name, tmp_path / "latest")
        await artifacts.async_push(registries.ref(name), files, artifact_type=REPORT)
        to_pull: tuple[Any, ...] = (f"{name}:one", name, f"{name}@{pushed.digest}", repository.ref("one"))
        for number, place in enumerate(to_pull):
            folder = tmp_path / str(number)
            assert await artifacts.async_pull(place, folder, registries=registries) == [folder / "report.txt"]
        wrong: Any
        for wrong in (repository, parse_repo(name), 7):
            with pytest.raises(TypeError):
                await artifacts.async_pull(wrong, tmp_path)
        for wrong in ("oci:folder", tmp_path):
            with pytest.raises(ArtifactError, match="not in a registry"):
                await artifacts.async_push(wrong, files, artifact_type=REPORT)
        with pytest.raises(TypeError, match="pass a list of files"):
            await artifacts.async_push(name, files[0], artifact_type=REPORT)


async def test_a_missing_subject_is_an_error_unless_its_descriptor_is_given(
    repository_client: AsyncRegistryClientV2, referrers_registry: ReferrersRegistry
) -> None:
    unknown = digest_of(b"nothing")
    with pytest.raises(NotFoundError):
        await artifacts.async_push(repository_client, [], artifact_type=REPORT, subject=unknown)
    with pytest.raises(InvalidDigestError):
        await artifacts.async_push(repository_client, [], artifact_type=REPORT, subject="sha256:v1")
    with pytest.raises(NotFoundError):
        await artifacts.async_push(repository_client, [], artifact_type=REPORT, subject="no-such-tag")
    subject = Descriptor(media_type=OCI_MANIFEST, digest=unknown, size=7)
    if referrers_registry.requires_subject:
        with pytest.raises(BadRequestError, match=unknown):
            await artifacts.async_push(repository_client, [], artifact_type=REPORT, subject=subject)
        return
    pushed = await artifacts.async_push(repository_client, [], artifact_type=REPORT, subject=subject)
    assert [each.digest async for each in repository_client.iter_referrers(unknown)] == [pushed.digest]


async def test_existing_blobs_and_files_are_not_transferred_again(
    embedded_registry: EmbeddedRegistry, isolated_client: AsyncRegistryClientV2, source: Path, tmp_path: Path
) -> None:
    files = [source / "report.txt", source / "data.bin"]
    await artifacts.async_push(isolated_client.ref("v1"), files, artifact_type=REPORT)
    await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target")
    (tmp_path / "target" / "report.txt").unlink()
    embedded_registry.requests.clear()
    events: list[Progress] = []
    await artifacts.async_push(isolated_client.ref("v1"), files, artifact_type=REPORT, on_progress=events.append)
    await isolated_client.list_tags()  # its response is logged after all requests before it
    assert [one.method for one in embedded_registry.requests][:-1] == ["HEAD", "HEAD", "HEAD", "PUT"]
    assert (events[-1].phase, events[-1].bytes) == ("manifest", events[-1].total)
    embedded_registry.requests.clear()
    events.clear()
    await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target", on_progress=events.append)
    read = [one.path for one in embedded_registry.requests if "/blobs/" in one.path]
    assert [path.rpartition("/")[2] for path in read] == [digest_of(b"all is well\n")]
    assert {event.digest for event in events if event.phase == "skip"} == {digest_of((source / "data.bin").read_bytes())}
    assert {event.digest for event in events if event.phase == "download"} == {digest_of(b"all is well\n")}


async def test_an_interrupted_pull_is_resumed(
    embedded_registry: EmbeddedRegistry, isolated_client: AsyncRegistryClientV2, source: Path, tmp_path: Path
) -> None:
    await artifacts.async_push(isolated_client.ref("v1"), [source / "report.txt", source / "data.bin"], artifact_type=REPORT)
    blob = digest_of((source / "data.bin").read_bytes())
    embedded_registry.faults.add(Fault(Status(403), operation="create_blob_read_stream", path=rf".*/{blob}"))
    with pytest.raises(Exception, match="403"):
        await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target")
    assert not (tmp_path / "target" / "data.bin").exists()
    await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target")
    assert (tmp_path / "target" / "data.bin").read_bytes() == (source / "data.bin").read_bytes()


async def test_bytes_with_another_digest_leave_no_file(
    embedded_registry: EmbeddedRegistry, isolated_client: AsyncRegistryClientV2, source: Path, tmp_path: Path
) -> None:
    await artifacts.async_push(isolated_client.ref("v1"), [source / "data.bin"], artifact_type=REPORT)
    embedded_registry.faults.add(Fault(WrongBytes(), operation="create_blob_read_stream", times=None))
    with pytest.raises(DigestMismatchError):
        await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


async def test_a_file_longer_than_its_descriptor_is_refused(isolated_client: AsyncRegistryClientV2, tmp_path: Path) -> None:
    await isolated_client.blob_upload(b"longer")
    digest = await push_layers(isolated_client, "v1", [layer(b"longer", "a", size=3)])
    with pytest.raises(DigestMismatchError):
        await artifacts.async_pull(isolated_client.ref(digest), tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


async def test_a_folder_that_oras_packed_stays_packed(isolated_client: AsyncRegistryClientV2, tmp_path: Path) -> None:
    content = b"a tar.gz of a folder"
    await isolated_client.blob_upload(content)
    annotations = {TITLE: "folder", "io.deis.oras.content.unpack": "true", "io.deis.oras.content.digest": digest_of(b"")}
    await push_layers(isolated_client, "v1", [layer(content, None, annotations=annotations)])
    await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target")
    assert (tmp_path / "target" / "folder").read_bytes() == content


async def test_manifests_that_are_not_artifacts_are_refused(isolated_client: AsyncRegistryClientV2, tmp_path: Path) -> None:
    await isolated_client.put_manifest(index_of(OCI_INDEX, OCI_MANIFEST, {}), "index", media_type=OCI_INDEX)
    for blob in (IMAGE.config, IMAGE.layer):
        await isolated_client.blob_upload(blob)
    await isolated_client.put_manifest(IMAGE.docker, "docker", media_type=DOCKER_MANIFEST)
    for ref, hint in (("index", "by its digest"), ("docker", "not an artifact")):
        with pytest.raises(ArtifactError, match=hint):
            await artifacts.async_pull(isolated_client.ref(ref), tmp_path / "target")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("data", ["!", "e30", base64.b64encode(b"[]").decode(), base64.b64encode(b"a longer one").decode()])
async def test_data_that_contradicts_the_descriptor_is_ignored(
    isolated_client: AsyncRegistryClientV2, tmp_path: Path, data: str
) -> None:
    await push_layers(isolated_client, "v1", [layer(b"{}", "a", data=data)])
    await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target")
    assert (tmp_path / "target" / "a").read_bytes() == b"{}"


async def test_correct_data_in_a_descriptor_needs_no_blob(
    embedded_registry: EmbeddedRegistry, isolated_client: AsyncRegistryClientV2, tmp_path: Path
) -> None:
    await push_layers(isolated_client, "v1", [layer(b"{}", "a", data="e30=")])
    embedded_registry.faults.add(Fault(Status(404), operation="create_blob_read_stream", times=None))
    await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target")
    assert (tmp_path / "target" / "a").read_bytes() == b"{}"


async def test_unsafe_titles_are_not_pushed(
    embedded_registry: EmbeddedRegistry, isolated_client: AsyncRegistryClientV2, source: Path
) -> None:
    unsafe: list[list[Path | ArtifactBlob]] = [
        [ArtifactBlob(b"", title="../a")],
        [source / "report.txt", ArtifactBlob(b"", title="REPORT.TXT")],
        [Path("/")],
    ]
    for files in unsafe:
        with pytest.raises(UnsafeTitleError):
            await artifacts.async_push(isolated_client.ref("v1"), files, artifact_type=REPORT)
    with pytest.raises(ValueError, match="artifact_type"):
        await artifacts.async_push(isolated_client.ref("v1"), [], artifact_type="")
    assert len(embedded_registry.requests) == 0


async def test_a_missing_file_is_an_error(isolated_client: AsyncRegistryClientV2, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await artifacts.async_push(isolated_client.ref("v1"), [tmp_path / "missing"], artifact_type=REPORT)
    with pytest.raises(NotFoundError):
        await isolated_client.get_manifest("v1")


async def test_without_the_referrers_api_an_artifact_is_listed_under_the_fallback_tag(
    embedded_registry: EmbeddedRegistry, isolated_client: AsyncRegistryClientV2
) -> None:
    disable_referrers_api(embedded_registry)
    subject = await artifacts.async_push(isolated_client.ref("v1"), [], artifact_type=REPORT)
    pushed = await artifacts.async_push(isolated_client, [ArtifactBlob(b"a")], artifact_type=REPORT, subject=subject.digest)
    left = await isolated_client.get_manifest(subject.digest.replace(":", "-"))
    assert [each["digest"] for each in json.loads(left.raw)["manifests"]] == [pushed.digest]


async def test_a_push_and_a_pull_end_at_the_deadline(
    embedded_registry: EmbeddedRegistry, isolated_client: AsyncRegistryClientV2, source: Path, tmp_path: Path
) -> None:
    files = [source / "data.bin"]
    await artifacts.async_push(isolated_client.ref("v1"), files, artifact_type=REPORT)
    embedded_registry.faults.add(Fault(Slow(bytes_per_second=50), operation="create_blob_read_stream", times=None))
    embedded_registry.faults.add(Fault(Slow(bytes_per_second=50, of="request"), operation="put_manifest", times=None))
    with pytest.raises(DeadlineExceededError, match=r"0\.5"):
        await artifacts.async_push(isolated_client.ref("v1"), files, artifact_type=REPORT, deadline=0.5)
    with pytest.raises(DeadlineExceededError, match=r"0\.5"):
        await artifacts.async_pull(isolated_client.ref("v1"), tmp_path / "target", deadline=0.5)
    assert not (tmp_path / "target" / "data.bin").exists()


@pytest.mark.parametrize(
    "what", ["a folder", "a link to a folder", "a pipe", "a socket", "a blob", "the config", "a missing file"]
)
async def test_what_is_no_file_is_refused_before_anything_is_sent(
    isolated_client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry, source: Path, what: str
) -> None:
    (source / "link").symlink_to(source)
    files: list[Path | ArtifactBlob] = [source / "report.txt"]
    config = None
    if what == "the config":
        config = ArtifactBlob(source, "application/json")
    elif what == "a blob":
        files.append(ArtifactBlob(source, title="folder"))
    else:
        if what in ("a pipe", "a socket"):
            os.mknod(source / what, (stat.S_IFIFO if what == "a pipe" else stat.S_IFSOCK) | 0o600)
        paths = {"a folder": source, "a link to a folder": source / "link", "a missing file": source / "nothing"}
        files.append(paths.get(what, source / what))
    with pytest.raises(FileNotFoundError if what == "a missing file" else ArtifactError, match="source"):
        await artifacts.async_push(isolated_client.ref("v1"), files, artifact_type=REPORT, config=config)
    assert len(embedded_registry.requests) == 0
