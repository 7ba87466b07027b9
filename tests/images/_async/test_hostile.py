"""Hostile images: contradictory manifests, wrong sizes and digests, endless lists, and malicious tar files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import DigestMismatchError, ImageError, NotFoundError, ParseError, RegistryError
from docker_registry_sdk.images import Layout
from docker_registry_sdk.images._async.planner import AsyncPlanner
from docker_registry_sdk.media_types import OCI_CONFIG
from tests.core.wire.loopback import Handler, run_loopback
from tests.images.built_images import (
    OCI_LAYER,
    BuiltImage,
    build_image,
    build_index,
    build_manifest,
    check_pushed_image,
    descriptor_of,
    store_image,
)
from tests.images.conftest import StartRegistry
from tests.support.images import OCI_INDEX, OCI_MANIFEST, descriptor, digest_of

pytestmark = pytest.mark.anyio

NAME = "org.opencontainers.image.ref.name"
VICTIM = build_image([b"the victim's layer", b"another one"])
LAYER = b"the victim's layer"


def write_layout(folder: Path, made: BuiltImage, tag: str | None = None, **entry: Any) -> Path:
    """Write a layout with an image, which may be malformed."""
    for digest, content in {**made.blobs, **{digest: raw for digest, (_, raw) in made.manifests.items()}}.items():
        algorithm, _, encoded = digest.partition(":")
        (folder / "blobs" / algorithm).mkdir(parents=True, exist_ok=True)
        (folder / "blobs" / algorithm / encoded).write_bytes(content)
    annotations = {"annotations": {NAME: tag}} if tag is not None else {}
    entries = [{**descriptor_of(made), **annotations, **entry}]
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    return folder


def build_image_manifest(*layers: dict[str, Any], blobs: tuple[bytes, ...] = (), **more: Any) -> BuiltImage:
    """Return an image manifest with these descriptors as layers."""
    config = b"{}"
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(OCI_CONFIG, config), "layers": list(layers)}
    return build_manifest({**document, **more}, OCI_MANIFEST, blobs=[config, *blobs])


def build_raw_index(*entries: dict[str, Any], parts: tuple[BuiltImage, ...] = (), **more: Any) -> BuiltImage:
    """Return an index with these descriptors."""
    return build_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries), **more}, OCI_INDEX, parts)


@pytest.mark.parametrize("depth", [0, 1, 4])
@pytest.mark.parametrize(
    "extra",
    [
        {"manifests": []},
        {"Manifests": [descriptor_of(VICTIM)]},
        {"Layers": []},
        {"CONFIG": {}},
        {"fsLayers": []},
        {"MANIFESTS": "x"},
    ],
    ids=str,
)
async def test_a_manifest_with_the_fields_of_two_types_is_refused_at_any_depth(
    start_registry: StartRegistry, tmp_path: Path, extra: dict[str, Any], depth: int
) -> None:
    """Readers written in Go ignore the case of field names."""
    made = build_image_manifest(descriptor(OCI_LAYER, LAYER), blobs=(LAYER,), **extra)
    for _ in range(depth):
        made = build_raw_index(descriptor_of(made), parts=(made,))
    registry = start_registry()
    with pytest.raises(ParseError, match="as either kind"):
        await images.async_push(write_layout(tmp_path / "layout", made), f"{registry.url}/a:v1")
    assert not any(record.method in ("POST", "PUT") for record in registry.requests)


async def test_an_index_with_the_fields_of_an_image_manifest_is_refused(start_registry: StartRegistry, tmp_path: Path) -> None:
    extras: list[dict[str, Any]] = [{"layers": []}, {"Layers": []}, {"config": {}}, {"Manifests": []}]
    for number, extra in enumerate(extras):
        made = build_raw_index(descriptor_of(VICTIM), parts=(VICTIM,), **extra)
        with pytest.raises(ParseError, match="as either kind"):
            await images.async_push(write_layout(tmp_path / str(number), made), f"{start_registry().url}/a:v1")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("lie", [{"mediaType": "application/vnd.example.odd+json"}, {"size": 3}, {"mediaType": OCI_INDEX}])
async def test_contradictory_descriptors_of_one_child_are_refused(
    start_registry: StartRegistry, tmp_path: Path, lie: dict[str, Any], first: bool
) -> None:
    """Under a wrong media type a manifest would be copied without its layers."""
    entries = [{**descriptor_of(VICTIM), **lie}, descriptor_of(VICTIM)]
    made = build_raw_index(*(entries if first else reversed(entries)), parts=(VICTIM,))
    for number, outer in enumerate((made, build_raw_index(descriptor_of(VICTIM), descriptor_of(made), parts=(VICTIM, made)))):
        registry = start_registry()
        with pytest.raises(RegistryError):
            await images.async_push(write_layout(tmp_path / str(number), outer), f"{registry.url}/a:v1")
        assert not any(record.method in ("POST", "PUT") for record in registry.requests)


async def test_a_child_listed_many_times_is_copied_once(start_registry: StartRegistry, tmp_path: Path) -> None:
    made = build_raw_index(*[descriptor_of(VICTIM)] * 20_000, parts=(VICTIM,))
    for _ in range(5):
        made = build_raw_index(*[descriptor_of(made)] * 2000, parts=(made,))
    result = await images.async_copy(f"oci:{write_layout(tmp_path / 'layout', made)}", f"oci:{tmp_path}/copy")
    assert (result.blobs_moved, result.manifests_pushed) == (3, 7)


async def test_each_index_of_a_level_may_list_the_next_one(tmp_path: Path) -> None:
    """The levels are few, but the chain of indexes is longer than Python may call functions."""
    chain = [build_raw_index()]
    for number in range(1200):
        chain.append(build_raw_index(descriptor_of(chain[-1]), annotations={"n": str(number)}))
    made = build_raw_index(*map(descriptor_of, reversed(chain)), parts=tuple(chain))
    plan = await images.async_plan_copy(f"oci:{write_layout(tmp_path / 'layout', made)}", f"oci:{tmp_path}/copy")
    assert [one.digest for one in plan.manifests] == [one.root for one in (*chain, made)]


def record_reads(monkeypatch: pytest.MonkeyPatch) -> list[Digest]:
    """Return a list of the manifests that are read from layouts from now on."""
    reads: list[Digest] = []
    read = Layout.read_manifest_bytes

    def record(layout: Layout, digest: Digest) -> bytes:
        reads.append(digest)
        return read(layout, digest)

    monkeypatch.setattr(Layout, "read_manifest_bytes", record)
    return reads


async def test_the_total_size_of_manifests_is_limited_while_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One index may list 2000 manifests of 4 MiB."""
    reads = record_reads(monkeypatch)
    parts = [build_raw_index(annotations={"n": f"{number}" + " " * 2000}) for number in range(500)]
    made = build_raw_index(*map(descriptor_of, parts), parts=tuple(parts))
    layout = write_layout(tmp_path / "layout", build_raw_index(descriptor_of(made), parts=(made,)))
    limit = len(made.manifests[made.root][1]) + 50_000
    monkeypatch.setattr(AsyncPlanner.__module__ + ".MAX_MANIFESTS_BYTES", limit)
    with pytest.raises(ImageError, match="have more than"):
        await images.async_copy(f"oci:{layout}", f"oci:{tmp_path}/copy")
    assert len(reads) < 50


async def test_a_referrer_that_the_index_of_a_layout_lists_many_times_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    referrer = build_raw_index(subject=descriptor_of(VICTIM))
    folder = write_layout(tmp_path / "layout", referrer)
    write_layout(folder, VICTIM, "v1")
    document = json.loads((folder / "index.json").read_text())
    document["manifests"] += [descriptor_of(referrer)] * 1000
    (folder / "index.json").write_text(json.dumps(document))
    reads = record_reads(monkeypatch)
    result = await images.async_copy(f"oci:{folder}:v1", f"oci:{tmp_path}/copy:v1", referrers=True)
    assert result.manifests_pushed == 2
    assert len(reads) < 10


@pytest.mark.parametrize("size", [-1, 0, 5, 2**40, 2**63, 2**70, 10**1000])
@pytest.mark.parametrize("to", ["registry", "layout"])
async def test_a_wrong_size_of_a_blob_is_refused(start_registry: StartRegistry, tmp_path: Path, size: int, to: str) -> None:
    made = build_image_manifest({**descriptor(OCI_LAYER, LAYER), "size": size}, blobs=(LAYER,))
    registry = start_registry()
    dst = f"{registry.url}/a:v1" if to == "registry" else f"oci:{tmp_path}/copy:v1"
    with pytest.raises(RegistryError):
        await images.async_copy(f"oci:{write_layout(tmp_path / 'layout', made)}", dst)
    assert not (tmp_path / "copy" / "index.json").exists()
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        with pytest.raises(NotFoundError):
            await client.head_manifest("v1")


@pytest.mark.parametrize("size", [-1, 0, 5, 2**70])
async def test_a_wrong_size_of_a_manifest_is_refused(start_registry: StartRegistry, tmp_path: Path, size: int) -> None:
    with pytest.raises(RegistryError):
        await images.async_push(write_layout(tmp_path / "one", VICTIM, size=size), f"{start_registry().url}/a:v1")
    made = build_raw_index({**descriptor_of(VICTIM), "size": size}, parts=(VICTIM,))
    with pytest.raises(RegistryError):
        await images.async_push(write_layout(tmp_path / "two", made), f"{start_registry().url}/a:v1")


async def test_a_blob_of_two_sizes_in_two_manifests_is_refused(start_registry: StartRegistry, tmp_path: Path) -> None:
    liar = build_image_manifest({**descriptor(OCI_LAYER, LAYER), "size": 7}, blobs=(LAYER,))
    for number, parts in enumerate(((VICTIM, liar), (liar, VICTIM))):
        made = build_raw_index(*map(descriptor_of, parts), parts=parts)
        with pytest.raises(RegistryError):
            await images.async_push(write_layout(tmp_path / str(number), made), f"{start_registry().url}/a:v1")


@pytest.mark.parametrize("size", [3, 10**9])
async def test_a_wrong_size_does_not_delete_an_existing_blob(start_registry: StartRegistry, tmp_path: Path, size: int) -> None:
    """Another image lists a layer of the layout with a wrong size."""
    registry = start_registry()
    store_image(registry, "a", VICTIM, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path / "mine")
    liar = build_image_manifest({**descriptor(OCI_LAYER, LAYER), "size": size}, blobs=(LAYER,))
    with pytest.raises(DigestMismatchError):
        await images.async_copy(f"oci:{write_layout(tmp_path / 'theirs', liar)}", f"oci:{tmp_path}/mine:v2")
    await images.async_push(tmp_path / "mine", f"{registry.url}/b:v1", tag="v1")
    check_pushed_image(f"{registry.url}/b", VICTIM, "v1")


async def test_copying_an_image_to_its_own_location_changes_nothing(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", VICTIM, "v1")
    registry.requests.clear()
    result = await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/a:v1")
    assert (result.bytes_moved, result.manifests_pushed) == (0, 0)
    assert {record.method for record in registry.requests} <= {"GET", "HEAD"}
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for dst in (f"oci:{tmp_path}:v1", f"oci:{tmp_path}/../{tmp_path.name}:v1"):
        result = await images.async_copy(f"oci:{tmp_path}:v1", dst)
        assert (result.bytes_moved, result.manifests_pushed) == (0, 0)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("tag", ["a b", "../../x", "a/b:c@d", "ü\u2028", "-", " ", "a\nb", "x" * 5000, "\ud800"])
async def test_a_layout_accepts_any_text_as_tag(start_registry: StartRegistry, tmp_path: Path, tag: str) -> None:
    registry = start_registry()
    store_image(registry, "a", VICTIM, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path / "layout", tag=tag)
    await images.async_push(tmp_path / "layout", f"{registry.url}/b:v1", tag=tag)
    check_pushed_image(f"{registry.url}/b", VICTIM, "v1")
    assert [path.name for path in tmp_path.iterdir()] == ["layout"]


async def test_unpaired_surrogates_in_an_index_are_kept(tmp_path: Path) -> None:
    folder = write_layout(tmp_path / "layout", VICTIM, "v1")
    document = json.loads((folder / "index.json").read_text()) | {"annotations": {"half": "\ud800"}}
    (folder / "index.json").write_text(json.dumps(document))
    await images.async_copy(f"oci:{folder}:v1", f"oci:{folder}:v2")
    assert json.loads((folder / "index.json").read_text())["annotations"] == {"half": "\ud800"}
    assert [one["annotations"][NAME] for one in json.loads((folder / "index.json").read_text())["manifests"]] == ["v1", "v2"]


async def test_sha512_digests_are_supported_everywhere(start_registry: StartRegistry, tmp_path: Path) -> None:
    def long(content: bytes) -> str:
        return f"sha512:{hashlib.sha512(content).hexdigest()}"

    made = build_image_manifest({**descriptor(OCI_LAYER, LAYER), "digest": long(LAYER)})
    raw = made.manifests[made.root][1]
    made = BuiltImage(long(raw), OCI_MANIFEST, {long(raw): (OCI_MANIFEST, raw)}, {**made.blobs, long(LAYER): LAYER})
    folder = write_layout(tmp_path / "layout", made, digest=long(raw))
    registry = start_registry()
    result = await images.async_push(folder, f"{registry.url}/a@{long(raw)}")
    assert result.digest == long(raw)
    await images.async_copy(f"{registry.url}/a@{long(raw)}", f"oci:{tmp_path}/back")
    wanted = {path.relative_to(folder): path.read_bytes() for path in (folder / "blobs").rglob("*") if path.is_file()}
    back = tmp_path / "back"
    assert {path.relative_to(back): path.read_bytes() for path in (back / "blobs").rglob("*") if path.is_file()} == wanted


async def test_errors_show_no_control_characters(tmp_path: Path) -> None:
    made = build_image_manifest({**descriptor("x\x1b]0;\x07\u202e", LAYER)}, blobs=(LAYER,))
    with pytest.raises(ParseError) as malformed:
        await images.async_plan_copy(f"oci:{write_layout(tmp_path / 'layout', made)}", f"oci:{tmp_path}/copy")
    assert str(malformed.value).isprintable()
    folder = write_layout(tmp_path / "odd", build_index({"linux\x1b[2J/amd64": VICTIM}))
    with pytest.raises(ImageError) as caught:
        await images.async_copy(f"oci:{folder}", f"oci:{tmp_path}/copy", platform="linux/arm64")
    assert str(caught.value).isprintable()


async def test_a_tag_that_moves_after_the_plan_does_not_change_it(start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", VICTIM, "v1")
    plan = await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    store_image(source, "a", build_image([b"other"]), "v1")
    store_image(target, "b", build_image([b"another"]), "v1")
    result = await images.async_apply_copy(plan)
    assert result.digest == VICTIM.root
    check_pushed_image(f"{target.url}/b", VICTIM, "v1")


def serve_image(made: BuiltImage, **sizes: int) -> Callable[[Handler], None]:
    """Return the handler of a registry with one image, whose HEAD responses state a wrong size of the blobs."""

    def answer(handler: Handler) -> None:
        name = handler.path.rpartition("/")[2].replace("%3A", ":")
        if "/manifests/" in handler.path:
            media_type, raw = made.manifests.get(name, made.manifests[made.root])
            handler.reply(200, raw, Content_Type=media_type)
        elif name in made.blobs and handler.command == "HEAD":
            handler.reply(200, Content_Length=str(sizes.get("head", len(made.blobs[name]))))
        elif name in made.blobs:
            handler.reply(200, made.blobs[name], Content_Type="application/octet-stream")
        else:
            handler.reply(404)

    return answer


@pytest.mark.parametrize("head", [0, 1, 10**12])
async def test_a_wrong_size_in_a_head_response_is_ignored(start_registry: StartRegistry, head: int) -> None:
    target = start_registry()
    with run_loopback(serve_image(VICTIM, head=head)) as source:
        result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.bytes_moved == VICTIM.size
    check_pushed_image(f"{target.url}/b", VICTIM, "v1")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'""'])
async def test_an_empty_manifest_is_refused(start_registry: StartRegistry, body: bytes) -> None:
    target = start_registry()
    answer = lambda handler: handler.reply(200, body, Content_Type=OCI_MANIFEST)  # noqa: E731
    with run_loopback(answer) as source, pytest.raises(ParseError):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert not any(record.method in ("POST", "PUT") for record in target.requests)


async def test_an_endless_list_of_referrers_is_refused(start_registry: StartRegistry) -> None:
    target = start_registry()
    pages = []

    def answer(handler: Handler) -> None:
        if "/referrers/" not in handler.path:
            serve_image(VICTIM)(handler)
            return
        pages.append(handler.path)
        entries = [{**descriptor_of(VICTIM), "digest": digest_of(f"{len(pages)} {number}".encode())} for number in range(1000)]
        body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
        link = f'</v2/a/referrers/{VICTIM.root}?page={len(pages)}>; rel="next"'
        handler.reply(200, body, Content_Type=OCI_INDEX, Link=link)

    with run_loopback(answer) as source, pytest.raises(ImageError, match="the limit for one copy"):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    assert len(pages) < 10
