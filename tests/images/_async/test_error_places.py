"""Errors name the manifest and the field: each field of a descriptor with each wrong value, in registries, layouts and archives.

Sources: https://github.com/google/go-containerregistry/issues/1725 (size of the config),
https://github.com/oras-project/oras-py/issues/194 (config with an empty digest)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from docker_registry_sdk import AsyncRegistries, artifacts, images
from docker_registry_sdk.errors import (
    DigestMismatchError,
    ImageError,
    InvalidDigestError,
    NotFoundError,
    ParseError,
    RegistryError,
)
from docker_registry_sdk.images import DockerArchive, Layout
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST, OCTET_STREAM
from tests.images.built_images import AMD64, ARM64, INDEX, BuiltImage, build_image, build_index, build_manifest, descriptor_of
from tests.images.docker_archives import write_tar
from tests.images.stored_images import KINDS, layout_files, stored_image, write_files
from tests.support.images import descriptor

pytestmark = pytest.mark.anyio

# The field, its wrong value (None removes the field), the class of the error, and the words about the value.
WRONG: list[tuple[str, Any, type[RegistryError], str]] = [
    ("size", -1, ParseError, "is negative: -1"),
    ("size", -(10**30), ParseError, "is negative: -1000"),
    ("size", 2**63, ParseError, "is larger than 9223372036854775807"),
    ("size", 10**30, ParseError, "is larger than 9223372036854775807"),
    ("size", 1.5, ParseError, "should be a whole number, not a number"),
    ("size", "12", ParseError, "should be a whole number, not text"),
    ("size", True, ParseError, "should be a whole number, not true or false"),
    ("size", None, ParseError, "is missing"),
    ("size", 1, DigestMismatchError, "not sha256:[0-9a-f]{64} and 1 "),
    ("size", 10**6, DigestMismatchError, "not sha256:[0-9a-f]{64} and 1000000 "),
    ("digest", "", ParseError, "digest '' has no colon"),
    ("digest", "sha256:", ParseError, "expected 64 hexadecimal digits"),
    ("digest", "sha256:" + "A" * 64, ParseError, "only the digits 0-9 and a-f"),
    ("digest", "../../etc/passwd", ParseError, "digest '../../etc/passwd' has no colon"),
    ("digest", 5, ParseError, "should be text, not a number"),
    ("digest", None, ParseError, "is missing"),
    ("digest", "md5:" + "0" * 32, InvalidDigestError, "the algorithm 'md5' is not supported"),
    ("mediaType", "a/b\nX: y", ParseError, r"is not a media type that a header can contain: 'a/b\\nX: y'"),
    ("mediaType", "a/b\r\n\r\n", ParseError, "is not a media type that a header can contain"),
    ("mediaType", "a/\x00", ParseError, "is not a media type that a header can contain"),
    ("mediaType", "a/\N{SNOWMAN}", ParseError, "is not a media type that a header can contain"),
    ("mediaType", "a/" + "b" * 20_000, ParseError, "has 20002 characters, more than 255"),
    ("mediaType", 7, ParseError, "should be text, not a number"),
    ("mediaType", None, ParseError, "is missing"),
]
PATHS: dict[str, tuple[BuiltImage, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "config": (AMD64, lambda document: document["config"]),
    "layers[1]": (AMD64, lambda document: document["layers"][1]),
    "manifests[1]": (INDEX, lambda document: document["manifests"][1]),
}


def with_wrong_field(path: str, name: str, value: Any) -> BuiltImage:
    """Return an image whose root manifest has a descriptor with a wrong value."""
    image, find = PATHS[path]
    media_type, raw = image.manifests[image.root]
    document = json.loads(raw)
    found = find(document)
    found[name] = value
    if value is None:
        del found[name]
    wrong = build_manifest(document, media_type)
    return evolve(wrong, manifests={**image.manifests, **wrong.manifests}, blobs=image.blobs)


def name_in(kind: str, image: BuiltImage, place: str, folder: Path) -> str:
    """Return the name of the root manifest in errors."""
    encoded = image.root.removeprefix("sha256:")
    if kind == "registry":
        return f"the manifest {image.root} in {place.removeprefix('http://').removesuffix(':v1')}"
    if kind == "layout":
        return f"the manifest {folder}/source/blobs/sha256/{encoded}"
    return f"the manifest blobs/sha256/{encoded} in {folder}/source.tar"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", KINDS)
async def test_an_error_names_the_manifest_and_the_field(
    kind: str, path: str, tmp_path: Path, hasty_registries: AsyncRegistries
) -> None:
    for number, (name, value, error, words) in enumerate(WRONG):
        image, folder = with_wrong_field(path, name, value), tmp_path / str(number)
        folder.mkdir()
        if (kind, path, error) in (
            ("layout", "manifests[1]", InvalidDigestError),
            ("archive", "manifests[1]", InvalidDigestError),
        ):
            continue  # such a file cannot exist, so that the only image that is there is copied
        with stored_image(kind, image, folder) as place, pytest.raises(RegistryError) as caught:
            await images.async_copy(place, Layout(folder / "target", "v1"), registries=hasty_registries)
        text, manifest = caught.value.problem, name_in(kind, image, place, folder)
        assert type(caught.value) is error, (name, value, text)
        assert re.search(words, text), text
        if isinstance(caught.value, ParseError):
            assert caught.value.document == manifest
            assert caught.value.field == f"{path}.{name}"
            assert text.startswith(f"{manifest} (")
        else:
            assert text.endswith(f"(named by {path} of {manifest})")
        if error is DigestMismatchError:
            assert caught.value.hint == "The manifest states a wrong size: build and push the image again."
        assert not (folder / "target" / "index.json").exists()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_size_that_differs_between_two_descriptors_names_both(
    kind: str, tmp_path: Path, hasty_registries: AsyncRegistries
) -> None:
    document = json.loads(AMD64.manifests[AMD64.root][1])
    document["layers"].append({**document["layers"][0], "size": 7})
    image = evolve(build_manifest(document, OCI_MANIFEST), blobs=AMD64.blobs)
    with (
        stored_image(kind, image, tmp_path) as place,
        pytest.raises(ImageError, match=r"bytes in one descriptor \(layers\[0\] of .*7 bytes in another \(layers\[2\] of "),
    ):
        await images.async_copy(place, Layout(tmp_path / "target", "v1"), registries=hasty_registries)


@pytest.mark.parametrize("missing", ["config", "layers[1]"])
@pytest.mark.parametrize("kind", KINDS)
async def test_an_error_names_what_names_a_missing_blob(
    kind: str, missing: str, tmp_path: Path, hasty_registries: AsyncRegistries
) -> None:
    document = json.loads(AMD64.manifests[AMD64.root][1])
    digest = PATHS[missing][1](document)["digest"]
    image = evolve(INDEX, blobs={one: content for one, content in INDEX.blobs.items() if one != digest})
    with (
        stored_image(kind, image, tmp_path) as place,
        pytest.raises(NotFoundError if kind == "registry" else ImageError) as caught,
    ):
        await images.async_copy(place, Layout(tmp_path / "target", "v1"), registries=hasty_registries)
    named = name_in(kind, evolve(AMD64), place, tmp_path)
    assert digest.removeprefix("sha256:") in caught.value.problem
    assert caught.value.problem.endswith(f"(named by {missing} of {named})")
    assert not (tmp_path / "target" / "index.json").exists()


async def test_an_error_names_the_index_that_names_a_missing_manifest(tmp_path: Path, hasty_registries: AsyncRegistries) -> None:
    outer = build_index({}, without_platform=[INDEX])
    image = evolve(outer, manifests={one: each for one, each in outer.manifests.items() if one != ARM64.root})
    target = Layout(tmp_path / "target", "v1")
    with stored_image("registry", image, tmp_path) as place:
        with pytest.raises(
            NotFoundError, match=rf"{ARM64.root}: 404 .*\(named by manifests\[1\] of the manifest {INDEX.root} in "
        ):
            await images.async_copy(place, target, registries=hasty_registries)
        copied = await images.async_copy(place, target, platform="linux/amd64", registries=hasty_registries)
    assert copied.digest == AMD64.root


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_a_malformed_manifest_is_named_by_its_file(kind: str, tmp_path: Path) -> None:
    child = build_manifest({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": "no list"}, OCI_MANIFEST)
    for number, wrong in enumerate((child, build_index({"linux/amd64": child, "linux/arm64": ARM64}))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with stored_image(kind, wrong, folder) as place, pytest.raises(ParseError, match="ImageManifest") as caught:
            await images.async_copy(place, Layout(folder / "target", "v1"))
        assert caught.value.document == name_in(kind, child, place, folder)
        assert caught.value.hint == "Create the layout or archive again, or copy to another folder."


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_a_manifest_with_other_bytes_is_named_by_its_file(kind: str, tmp_path: Path) -> None:
    other = evolve(INDEX, manifests={**INDEX.manifests, AMD64.root: (OCI_MANIFEST, ARM64.manifests[ARM64.root][1])})
    with stored_image(kind, other, tmp_path) as place, pytest.raises(DigestMismatchError) as caught:
        await images.async_copy(place, Layout(tmp_path / "target", "v1"))
    assert f"({name_in(kind, AMD64, place, tmp_path)})" in caught.value.problem
    assert caught.value.problem.endswith(f"(named by manifests[0] of {name_in(kind, INDEX, place, tmp_path)})")


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_the_index_of_a_layout_or_archive_is_named(kind: str, tmp_path: Path) -> None:
    files = layout_files(AMD64)
    for number, (name, value, error, words) in enumerate(one for one in WRONG if one[0] != "digest" and one[1] is not None):
        index, folder = json.loads(files["index.json"]), tmp_path / str(number)
        index["manifests"][0][name] = value
        index["manifests"].insert(0, descriptor_of(ARM64))
        folder.mkdir()
        changed = {**files, "index.json": json.dumps(index).encode()}
        place: Layout | DockerArchive = DockerArchive(folder / "image.tar", "v1")
        if kind == "layout":
            place = Layout(folder, "v1")
            write_files(folder, changed)
        else:
            write_tar(place.path, changed)
        with pytest.raises(error, match=words) as caught:
            await images.async_copy(place, Layout(tmp_path / "target", "v1"))
        if isinstance(caught.value, ParseError):
            assert caught.value.document == (f"{folder}/index.json" if kind == "layout" else f"{folder}/image.tar: index.json")
            assert caught.value.field == f"manifests[1].{name}"
        else:
            named = f"{folder}/index.json" if kind == "layout" else f"index.json in {folder}/image.tar"
            assert caught.value.problem.endswith(f"(named by {named})")
            assert caught.value.hint.startswith("The file index.json states a wrong size:")


async def test_a_referrer_that_no_request_can_carry_is_named(tmp_path: Path) -> None:
    document = {**json.loads(AMD64.manifests[AMD64.root][1]), "subject": descriptor_of(AMD64)}
    referrer = evolve(build_manifest(document, OCI_MANIFEST), blobs={})
    files = layout_files(evolve(AMD64, manifests={**AMD64.manifests, **referrer.manifests}))
    index = json.loads(files["index.json"])
    index["manifests"].append({**descriptor_of(referrer), "size": -1})
    write_files(tmp_path, {**files, "index.json": json.dumps(index).encode()})
    with pytest.raises(ParseError, match=r"manifests\[1\]\.size.* is negative") as caught:
        await images.async_copy(Layout(tmp_path, "v1"), Layout(tmp_path / "target", "v1"), referrers=True)
    assert caught.value.document == f"{tmp_path}/index.json"


@pytest.mark.parametrize("kind", KINDS)
async def test_get_config_names_the_manifest(kind: str, tmp_path: Path, hasty_registries: AsyncRegistries) -> None:
    image = with_wrong_field("config", "size", 1)
    with stored_image(kind, image, tmp_path) as place, pytest.raises(DigestMismatchError) as caught:
        await images.async_get_config(place, registries=hasty_registries)
    assert caught.value.problem.endswith(f"(named by config of {name_in(kind, image, place, tmp_path)})")


@pytest.mark.parametrize(("name", "value", "error", "words"), [one for one in WRONG if one[0] != "mediaType"][::3])
async def test_a_pull_of_an_artifact_names_the_manifest(
    name: str, value: Any, error: type[RegistryError], words: str, tmp_path: Path, hasty_registries: AsyncRegistries
) -> None:
    layer = {**descriptor(OCTET_STREAM, b"12345"), "annotations": {"org.opencontainers.image.title": "a.txt"}, name: value}
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "application/x",
        "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [{key: each for key, each in layer.items() if each is not None}],
    }
    image = build_manifest(document, OCI_MANIFEST, blobs=[b"{}", b"12345"])
    with stored_image("registry", image, tmp_path) as place, pytest.raises(error, match=words) as caught:
        await artifacts.async_pull(place, tmp_path / "files", registries=hasty_registries)
    assert image.root in caught.value.problem
    assert "layers[0]" in caught.value.problem or "the title 'a.txt'" in caught.value.problem


async def test_descriptors_that_contradict_each_other_name_the_second(tmp_path: Path, hasty_registries: AsyncRegistries) -> None:
    part = json.loads(INDEX.manifests[INDEX.root][1])["manifests"][0]
    inner = build_manifest(
        {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [part, {**part, "mediaType": OCTET_STREAM}]}, OCI_INDEX, [AMD64]
    )
    with (
        stored_image("layout", inner, tmp_path) as place,
        pytest.raises(ImageError, match=r"different media types or sizes .*\(named by manifests\[1\] of the manifest "),
    ):
        await images.async_copy(place, Layout(tmp_path / "target", "v1"), registries=hasty_registries)


async def test_a_blob_with_other_bytes_is_named(tmp_path: Path) -> None:
    image = build_image([b"layer"])
    digest = json.loads(image.manifests[image.root][1])["layers"][0]["digest"]
    with (
        stored_image("layout", evolve(image, blobs={**image.blobs, digest: b"other"}), tmp_path) as place,
        pytest.raises(DigestMismatchError) as caught,
    ):
        await images.async_copy(place, Layout(tmp_path / "target", "v1"))
    assert caught.value.problem.endswith(f"(named by layers[0] of {name_in('layout', image, place, tmp_path)})")
    assert caught.value.hint.startswith("Try again.")


@pytest.mark.parametrize("nested", [False, True])
async def test_a_missing_manifest_of_a_platform_is_named(nested: bool, tmp_path: Path, hasty_registries: AsyncRegistries) -> None:
    root = build_index({}, without_platform=[INDEX]) if nested else INDEX
    image = evolve(root, manifests={one: each for one, each in root.manifests.items() if one != ARM64.root})
    with stored_image("registry", image, tmp_path) as place:
        words = (
            rf"\(named by manifests\[1\] of the manifest {INDEX.root} in {place.removeprefix('http://').removesuffix(':v1')}\)$"
        )
        client = hasty_registries.ref(place)
        for call in (
            lambda: images.async_copy(client, Layout(tmp_path / "target", "v1"), platform="linux/arm64"),
            lambda: images.async_get_config(client, platform="linux/arm64"),
            lambda: client.repository.get_manifest("v1", platform="linux/arm64"),
        ):
            with pytest.raises(NotFoundError) as caught:
                await call()
            assert re.search(words, caught.value.problem)
        assert (await images.async_get_config(client, platform="linux/amd64")).architecture == "amd64"
