"""Copies between repositories: complete, byte for byte, and with as few requests as possible."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistries, AsyncRegistryClientV2, images
from docker_registry_sdk.errors import (
    DigestMismatchError,
    ForbiddenError,
    ImageError,
    ImmutableTagError,
    InvalidReferenceError,
    NotFoundError,
    UnexpectedContentTypeError,
)
from docker_registry_sdk.images import Progress
from docker_registry_sdk.reference import parse_repo_and_ref
from docker_registry_sdk.testing import RegistrySettings, V1Settings
from docker_registry_sdk.testing.faults import ContentType, Fault, HtmlError, NoDigest, SetHeader, Status, WrongBytes
from docker_registry_sdk.types import AsyncClientOptions
from tests.images.built_images import (
    AMD64,
    ARM64,
    BASE_LAYER,
    INDEX,
    OCI_LAYER,
    build_image,
    build_index,
    build_manifest,
    check_pushed_image,
    push_image,
    store_image,
)
from tests.images.conftest import StartRegistry
from tests.support.images import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, descriptor, digest_of, make_image
from tests.support.request_log import recorded_requests

pytestmark = pytest.mark.anyio

LENIENT = RegistrySettings(sparse_images=True)


async def test_an_index_is_copied_whole(registry_url: str, repo_name: str) -> None:
    push_image(f"{registry_url}/{repo_name}", INDEX, "v1")
    result = await images.async_copy(f"{registry_url}/{repo_name}:v1", f"{registry_url}/{repo_name}/copy:v2")
    check_pushed_image(f"{registry_url}/{repo_name}/copy", INDEX, "v2")
    assert (result.digest, result.media_type) == (INDEX.root, OCI_INDEX)
    assert (result.blobs_mounted, result.blobs_moved, result.bytes_moved, result.manifests_pushed) == (5, 0, 0, 3)


async def test_an_image_is_copied_to_another_registry(registry_url: str, repo_name: str, start_registry: StartRegistry) -> None:
    push_image(f"{registry_url}/{repo_name}", INDEX, "v1")
    target = start_registry()
    result = await images.async_copy(f"{registry_url}/{repo_name}:v1", f"{target.url}/{repo_name}:v1")
    check_pushed_image(f"{target.url}/{repo_name}", INDEX, "v1")
    assert (result.blobs_moved, result.blobs_mounted, result.bytes_moved) == (5, 0, INDEX.size)
    back = await images.async_copy(f"{target.url}/{repo_name}:v1", f"{registry_url}/{repo_name}/back:v1")
    check_pushed_image(f"{registry_url}/{repo_name}/back", INDEX, "v1")
    assert back.bytes_moved == INDEX.size


@pytest.mark.parametrize("form", ["oci", "docker"])
async def test_oci_and_docker_images_keep_their_bytes(
    registry_url: str, repo_name: str, start_registry: StartRegistry, form: str
) -> None:
    image = make_image()
    raw, media_type = (image.oci, OCI_MANIFEST) if form == "oci" else (image.docker, DOCKER_MANIFEST)
    async with AsyncRegistryClientV2(f"{registry_url}/{repo_name}") as client:
        for content in (image.config, image.layer):
            await client.blob_upload(content)
        await client.put_manifest(raw, "v1", media_type=media_type)
    target = start_registry()
    result = await images.async_copy(f"{registry_url}/{repo_name}:v1", f"{target.url}/{repo_name}:v1")
    async with AsyncRegistryClientV2(f"{target.url}/{repo_name}") as client:
        found = await client.get_manifest("v1")
    assert (found.raw, found.media_type, found.digest) == (raw, media_type, result.digest)


async def test_a_repeated_copy_sends_only_manifest_requests(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", INDEX, "v1")
    await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    with recorded_requests(source) as asked_source, recorded_requests(target) as asked:
        result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert (result.bytes_moved, result.manifests_pushed, result.digest) == (0, 0, INDEX.root)
    assert asked_source == ["GET manifests 200"]
    assert asked == ["HEAD manifests 200"] * 3


async def test_the_requests_of_a_copy_are_bounded(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", INDEX, "v1")
    with recorded_requests(source) as asked_source, recorded_requests(target) as asked:
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert sorted(asked_source) == ["GET blobs 200"] * 5 + ["GET manifests 200"] * 3
    assert sorted(asked) == (
        ["HEAD blobs 404"] * 10 + ["HEAD manifests 404"] * 4 + ["POST blobs 202"] * 5 + ["PUT blobs 201"] * 5
        + ["PUT manifests 201"] * 3
    )  # fmt: skip
    assert asked[-1] == "PUT manifests 201"
    paths = [record.path for record in target.requests if record.method == "PUT" and "/manifests/" in record.path]
    assert paths[-1] == "/v2/b/manifests/v1"


async def test_a_copy_requests_one_token(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token")
    options: AsyncClientOptions = {"username": registry.username, "password": registry.password}
    store_image(registry, "a", INDEX, "v1")
    async with AsyncRegistries(credentials=(registry.username, registry.password)) as registries:
        with recorded_requests(registry) as asked:
            result = await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1", registries=registries)
    assert result.blobs_mounted == 5
    assert asked.count("GET token 200") == 1
    check_pushed_image(f"{registry.url}/b", INDEX, "v1", **options)


async def test_a_partly_copied_image_is_completed(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", INDEX, "v1")
    store_image(target, "b", AMD64, None)
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert (result.blobs_moved, result.blobs_skipped, result.manifests_pushed) == (2, 1, 2)
    check_pushed_image(f"{target.url}/b", INDEX, "v1")


async def test_a_deleted_child_of_an_index_is_copied_again(
    registry_url: str, repo_name: str, start_registry: StartRegistry
) -> None:
    """Garbage collection of a registry may delete manifests without tags, although an index lists them."""
    source = start_registry()
    store_image(source, "a", INDEX, "v1")
    push_image(f"{registry_url}/{repo_name}", INDEX, "v1")
    async with AsyncRegistryClientV2(f"{registry_url}/{repo_name}") as client:
        await client.delete_manifest(ARM64.root)
    result = await images.async_copy(f"{source.url}/a:v1", f"{registry_url}/{repo_name}:v1")
    assert result.manifests_pushed == 1
    check_pushed_image(f"{registry_url}/{repo_name}", INDEX, "v1")


async def test_moving_a_tag_copies_no_blob(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", INDEX, "v1")
    with recorded_requests(registry) as asked:
        result = await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/a:v2")
    assert result.manifests_pushed == 1
    assert sorted(set(asked)) == ["GET manifests 200", "HEAD manifests 200", "HEAD manifests 404", "PUT manifests 201"]
    check_pushed_image(f"{registry.url}/a", INDEX, "v2")


async def test_a_tag_is_not_written_again_although_the_registry_sends_no_digest(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", AMD64, "v1")
    target.faults.add(Fault(NoDigest(), times=None))
    first = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    again = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    # The digest is computed from the manifest, which is fetched after HEAD.
    assert (first.manifests_pushed, again.manifests_pushed, again.bytes_moved) == (1, 0, 0)
    check_pushed_image(f"{target.url}/b", AMD64, "v1")


@pytest.mark.parametrize("status", [401, 403, 405])
async def test_everything_is_copied_if_the_registry_refuses_head_requests(start_registry: StartRegistry, status: int) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", AMD64, "v1")
    target.faults.add(Fault(Status(status), method="HEAD", path=".*/manifests/.*", times=None))
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.blobs_moved == 3
    check_pushed_image(f"{target.url}/b", AMD64, "v1")


@pytest.mark.parametrize("platform", ["linux/arm64", "linux/aarch64"])
async def test_the_tag_of_a_copied_platform_names_its_manifest(start_registry: StartRegistry, platform: str) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", build_index({"linux/amd64": AMD64, "linux/arm64": ARM64}), "v1")
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", platform=platform)
    assert (result.digest, result.manifests_pushed, result.bytes_moved) == (ARM64.root, 1, ARM64.size)
    check_pushed_image(f"{target.url}/b", ARM64, "v1")


async def test_a_missing_platform_is_an_error(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", INDEX, "v1")
    store_image(registry, "a", AMD64, "single")
    for tag, platforms in (("v1", "its platforms are linux/amd64, linux/arm64/v8"), ("single", "its platform is linux/amd64")):
        with pytest.raises(ImageError, match=f"does not exist for linux/s390x: {platforms}"):
            await images.async_copy(f"{registry.url}/a:{tag}", f"{registry.url}/b:v1", platform="linux/s390x")
    result = await images.async_copy(f"{registry.url}/a:single", f"{registry.url}/b:v1", platform="linux/amd64")
    assert result.digest == AMD64.root


async def test_a_web_page_is_not_accepted_as_manifest(start_registry: StartRegistry) -> None:
    source = start_registry()
    store_image(source, "a", AMD64, "v1")
    source.faults.add(Fault(HtmlError(200), operation="get_manifest"))
    with pytest.raises(UnexpectedContentTypeError):
        await images.async_copy(f"{source.url}/a:v1", f"{start_registry().url}/b:v1")


async def test_non_distributable_layers_are_left_out(start_registry: StartRegistry) -> None:
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    external = {
        **descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar", BASE_LAYER),
        "urls": ["https://example.invalid/layer"],
    }
    image = build_image([b"own"])
    config = next(content for digest, content in image.blobs.items() if content != b"own")
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": [external, descriptor(OCI_LAYER, b"own")],
    }
    windows = build_manifest(document, OCI_MANIFEST, blobs=[config, b"own"])
    store_image(source, "a", windows, "v1")
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.blobs_moved == 2
    check_pushed_image(f"{target.url}/b", windows, "v1")
    async with AsyncRegistryClientV2(f"{source.url}/a") as client:
        await client.blob_upload(BASE_LAYER)  # a registry may have the layer nevertheless
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/c:v1", use_urls=True)
    assert result.blobs_moved == 3


async def test_a_refused_mount_falls_back_to_copying_the_bytes(start_registry: StartRegistry) -> None:
    registry = start_registry()
    registry.faults.add(Fault(Status(400), method="POST", when=lambda call: "mount" in call.query, times=None))
    store_image(registry, "a", AMD64, "v1")
    result = await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    assert (result.blobs_mounted, result.blobs_moved, result.bytes_moved) == (0, 3, AMD64.size)
    check_pushed_image(f"{registry.url}/b", AMD64, "v1")


async def test_the_client_of_a_bound_reference_stays_open(start_registry: StartRegistry) -> None:
    source, target = start_registry(auth="basic"), start_registry(auth="basic")
    options: AsyncClientOptions = {"username": source.username, "password": source.password}
    store_image(source, "a", AMD64, "v1")
    async with (
        AsyncRegistryClientV2(f"{source.url}/a", **options) as one,
        AsyncRegistryClientV2(f"{target.url}/b", username=target.username, password=target.password) as other,
    ):
        await images.async_copy(one.ref("v1"), other.ref("v2"))
        await images.async_copy(one.ref(AMD64.root), other.ref("v3"))
        await images.async_copy(other.ref("v3"), other.repository("c").ref(AMD64.root))
    check_pushed_image(f"{target.url}/b", AMD64, "v3", username=target.username, password=target.password)


async def test_a_parsed_reference_with_tag_and_digest_is_accepted(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    store_image(registry, "a", ARM64, "v2")
    await images.async_copy(parse_repo_and_ref(f"{registry.url}/a:v2@{AMD64.root}"), f"{registry.url}/b:v3@{AMD64.root}")
    check_pushed_image(f"{registry.url}/b", AMD64, "v3")
    await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/c@{AMD64.root}")
    with recorded_requests(registry) as asked, pytest.raises(ImageError, match="but the target has the digest"):
        await images.async_copy(f"{registry.url}/a:v2", f"{registry.url}/b:v3@{AMD64.root}")
    assert not any(one.startswith(("POST", "PUT")) for one in asked)


async def test_arguments_that_are_not_locations_of_images_are_refused(start_registry: StartRegistry) -> None:
    registry = start_registry()
    for odd in ("a/UPPER", "oci:", "oci:path:", "docker-archive:"):
        with pytest.raises(InvalidReferenceError):
            await images.async_copy(odd, f"{registry.url}/b:v1")
    for wrong in (7, ("a", "b"), (object(), "v1"), ("a", "b", "c")):
        with pytest.raises(TypeError, match="pass an image as text"):
            await images.async_copy(wrong, f"{registry.url}/b:v1")  # type: ignore[arg-type]
    with pytest.raises(ImageError, match="can only be read"):
        await images.async_copy(f"{registry.url}/a:v1", "docker-archive:here")
    with pytest.raises(NotFoundError):
        await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    with pytest.raises(ImageError, match="not an OCI image layout"):
        await images.async_copy("oci:/nowhere/at/all", f"{registry.url}/b:v1")


async def test_a_manifest_is_copied_with_its_own_media_type(start_registry: StartRegistry, tmp_path: Path) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", AMD64, "v1")
    source.faults.add(Fault(ContentType(DOCKER_MANIFEST), operation="get_manifest", times=None))
    for place in (tmp_path / "layout", f"{target.url}/b:v1"):
        assert (await images.async_copy(f"{source.url}/a:v1", place)).media_type == OCI_MANIFEST
    check_pushed_image(f"{target.url}/b", AMD64, "v1")
    await images.async_copy(tmp_path / "layout", f"{target.url}/c:v1")
    check_pushed_image(f"{target.url}/c", AMD64, "v1")


async def test_two_logins_are_used_for_two_registries(start_registry: StartRegistry) -> None:
    one, other = start_registry(auth="token", password="first"), start_registry(auth="basic", password="second")
    store_image(one, "a", AMD64, "v1")
    logins = {each.host: (each.username, each.password) for each in (one, other)}
    async with AsyncRegistries(credentials=logins) as registries:
        await images.async_copy(f"{one.url}/a:v1", f"{other.url}/b:v1", registries=registries)
        await images.async_copy(f"{one.url}/a:v1", registries.ref(f"{other.url}/b:v2"))
    for tag in ("v1", "v2"):
        check_pushed_image(f"{other.url}/b", AMD64, tag, username=other.username, password=other.password)


async def test_the_error_says_that_a_registry_supports_only_v1(start_registry: StartRegistry) -> None:
    old = start_registry(apis=["v1"], v1=V1Settings())
    with pytest.raises(ImageError, match="does not support API v2"):
        await images.async_copy(f"{old.url}/a:v1", f"{start_registry().url}/b:v1")


async def test_bytes_with_another_digest_are_not_copied(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", AMD64, "v1")
    source.faults.add(Fault(WrongBytes(), operation="create_blob_read_stream", times=None))
    with pytest.raises(DigestMismatchError):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    async with AsyncRegistryClientV2(f"{target.url}/b") as client:
        with pytest.raises(NotFoundError):
            await client.head_manifest("v1")


async def test_the_progress_callback_is_called_for_every_blob_and_manifest(start_registry: StartRegistry) -> None:
    registry = start_registry()
    big = build_image([b"x" * (3 * 1024 * 1024), b"small"])
    store_image(registry, "a", big, "v1")
    told: list[Progress] = []
    await images.async_copy(f"{registry.url}/a:v1", f"{start_registry().url}/b:v1", on_progress=told.append)
    for digest, content in big.blobs.items():
        steps = [one for one in told if one.digest == digest]
        assert {one.phase for one in steps} == {"move"}
        assert {one.total for one in steps} == {len(content)}
        assert (steps[0].bytes, steps[-1].bytes) == (0, len(content))
        assert [one.bytes for one in steps] == sorted(one.bytes for one in steps)
    assert {one.overall_total for one in told} == {big.size}
    overall = [one.overall_bytes or 0 for one in told]
    assert (overall[-1], overall) == (big.size, sorted(overall))
    # The callback is called after each MiB: for a layer of 3 MiB at least once before its end.
    assert len([one for one in told if one.total is not None and one.total >= 3 * 1024 * 1024]) >= 3
    assert (told[-1].phase, told[-1].digest) == ("manifest", big.root)
    told.clear()
    await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/c:v1", on_progress=told.append)
    assert [one.phase for one in told] == ["mount"] * 3 + ["manifest"]
    assert (told[-1].overall_bytes, told[-1].overall_total) == (big.size, big.size)


@pytest.mark.parametrize("status", [401, 403, 405])
@pytest.mark.parametrize("operations", ["blobs", "all"])
async def test_a_refused_head_is_no_reason_not_to_push(start_registry: StartRegistry, status: int, operations: str) -> None:
    """Registries refuse HEAD in repositories that do not exist yet, but accept the upload (pulp_container#2199, skopeo#2484)."""
    source, target = start_registry(), start_registry()
    store_image(source, "a", AMD64, "v1")
    target.faults.add(Fault(Status(status), operation="head_blob", times=None))
    if operations == "all":
        target.faults.add(Fault(Status(status), operation="head_manifest", times=None))
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.blobs_moved == len(AMD64.blobs)
    check_pushed_image(f"{target.url}/b", AMD64, "v1")
    async with AsyncRegistryClientV2(f"{target.url}/c") as client:
        assert (await client.blob_upload(b"small")).size == 5
        assert (await client.blob_upload(b"small", digest=digest_of(b"small"), from_repo="b")).size == 5


@pytest.mark.parametrize(
    ("status", "code"), [(400, "TAG_INVALID: immutable"), (403, "tag already exists"), (409, "CONFLICT"), (412, "PRECONDITION")]
)
async def test_a_tag_that_may_not_be_moved_is_named(start_registry: StartRegistry, status: int, code: str) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    store_image(registry, "a", ARM64, "v2")
    await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    registry.faults.add(Fault(Status(status, code=code), operation="put_manifest", path=".*/manifests/v1", times=None))
    with recorded_requests(registry) as asked:
        again = await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    assert again.manifests_pushed == 0
    assert not any(one.startswith("PUT") for one in asked)
    with pytest.raises(ImmutableTagError, match=f"tag v1 of .*/b exists .* {AMD64.root}, .* moved: .*{status} .*{code}"):
        await images.async_copy(f"{registry.url}/a:v2", f"{registry.url}/b:v1")
    check_pushed_image(f"{registry.url}/b", AMD64, "v1")


@pytest.mark.parametrize("status", [401, 403, 405])
async def test_a_tag_that_may_not_be_moved_is_compared_although_head_is_refused(
    start_registry: StartRegistry, status: int
) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    store_image(registry, "a", ARM64, "v2")
    store_image(registry, "b", AMD64, "v1")
    registry.faults.add(Fault(Status(status), operation="head_manifest", times=None))
    refused = Fault(Status(400, code="TAG_IMMUTABLE"), operation="put_manifest", path=".*/b/manifests/v1", times=None)
    registry.faults.add(refused)
    assert (await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")).digest == AMD64.root
    with pytest.raises(ImmutableTagError, match=f"tag v1 of .*/b exists with the digest {AMD64.root}"):
        await images.async_copy(f"{registry.url}/a:v2", f"{registry.url}/b:v1")


async def test_another_refusal_of_a_tag_stays_the_error_of_the_registry(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", ARM64, "v1")
    store_image(registry, "b", AMD64, "v1")
    registry.faults.add(Fault(Status(403), operation="put_manifest", path=".*/manifests/v1", times=None))
    for target in ("b", "c"):
        with pytest.raises(ForbiddenError):
            await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/{target}:v1")


@pytest.mark.parametrize("stated", [None, "sha256:ABC", "sha512:" + "0" * 128])
async def test_a_tag_whose_digest_is_not_stated_is_compared_by_content(start_registry: StartRegistry, stated: str | None) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    store_image(registry, "b", AMD64, "v1")
    registry.faults.add(Fault(SetHeader("docker-content-digest", stated), operation="head_manifest", times=None))
    registry.faults.add(Fault(Status(400), operation="put_manifest", times=None))
    assert (await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")).manifests_pushed == 0
