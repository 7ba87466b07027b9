"""Artifacts whose file names lead out of the target folder, and target folders with symbolic links."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, artifacts
from docker_registry_sdk.errors import DigestMismatchError, InvalidDigestError, ParseError, RegistryError, UnsafeTitleError
from docker_registry_sdk.media_types import OCI_MANIFEST
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.support.images import descriptor, digest_of

pytestmark = pytest.mark.anyio

GOOD = b"good"
OTHER = digest_of(b"other")
TITLE = "org.opencontainers.image.title"


def layer(title: str, content: bytes = GOOD, **fields: Any) -> dict[str, Any]:
    return descriptor("application/octet-stream", content) | {"annotations": {TITLE: title}} | fields


def serve(registry: Loopback, *layers: dict[str, Any], blob: bytes = GOOD) -> None:
    """Let the registry answer with one artifact, and with the same blob for every digest."""
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": list(layers),
    }

    def answer(handler: Handler) -> None:
        if "/blobs/" in handler.path:
            handler.reply(200, blob, Content_Type="application/octet-stream")
        else:
            handler.reply(200, json.dumps(document).encode(), Content_Type=OCI_MANIFEST)

    registry.answer = answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder to pull into; the folder beside it must stay unchanged."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


async def pull_files(client: AsyncRegistryClientV2, folder: Path) -> list[Path]:
    return await artifacts.async_pull(client.ref("v1"), folder)


def contents_of(folder: Path) -> dict[str, bytes | None]:
    """Return the contents of all files in and beside the folder by path; None for a folder."""
    return {
        str(each.relative_to(folder.parent)): each.read_bytes() if each.is_file() else None
        for each in sorted(folder.parent.rglob("*"))
    }


@pytest.mark.parametrize(
    "title",
    [
        "../outside/secret", "/tmp/evil", "a/../../outside/new", "..", "C:\\evil", "..\\outside\\new", "a\0b", "\x1b[2J", "",
        "NUL", "a" * 5000,
    ],
)  # fmt: skip
async def test_titles_that_lead_out_of_the_folder_write_nothing(registry: Loopback, folder: Path, title: str) -> None:
    serve(registry, layer("good"), layer(title))
    before = contents_of(folder)
    async with client_of(registry) as client:
        with pytest.raises(UnsafeTitleError) as caught:
            await pull_files(client, folder)
    assert caught.value.title == title
    assert str(caught.value).isprintable()
    assert contents_of(folder) == before
    assert len(registry.seen) <= 2  # the manifest, and the question for credentials


def link_file(folder: Path) -> None:
    (folder / "a").symlink_to(folder.parent / "outside" / "secret")


def link_to_the_same_bytes(folder: Path) -> None:
    (folder.parent / "outside" / "secret").write_bytes(GOOD)
    link_file(folder)


def link_to_nothing(folder: Path) -> None:
    (folder / "a").symlink_to(folder.parent / "outside" / "new")


def link_in_the_folder(folder: Path) -> None:
    (folder / "b").write_bytes(b"b")
    (folder / "a").symlink_to("b")


def link_part(folder: Path) -> None:
    (folder / "a.part").symlink_to(folder.parent / "outside" / "secret")


def hard_link_part(folder: Path) -> None:
    os.link(folder.parent / "outside" / "secret", folder / "a.part")


def hard_link(folder: Path) -> None:
    os.link(folder.parent / "outside" / "secret", folder / "a")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "a")


def pipe_part(folder: Path) -> None:
    os.mkfifo(folder / "a.part")


def same_size(folder: Path) -> None:
    (folder / "a").write_bytes(b"doog")


def folder_there(folder: Path) -> None:
    (folder / "a").mkdir()


@pytest.mark.parametrize(
    "plant",
    [
        link_file, link_to_the_same_bytes, link_to_nothing, link_in_the_folder, link_part, hard_link_part, hard_link, pipe,
        pipe_part, same_size, folder_there,
    ],
)  # fmt: skip
async def test_a_link_in_the_place_of_a_file_is_not_followed(
    registry: Loopback, folder: Path, plant: Callable[[Path], None]
) -> None:
    plant(folder)
    serve(registry, layer("good"), layer("a"))
    before = contents_of(folder)
    async with client_of(registry) as client:
        with pytest.raises(UnsafeTitleError) as caught:
            await pull_files(client, folder)
    assert caught.value.title == "a"
    assert contents_of(folder) == before


@pytest.mark.parametrize("target", ["../outside", "/tmp", ".", "inside", "missing"])
@pytest.mark.parametrize("title", ["link/a", "link/deep/a", "real/link/a"])
async def test_links_in_the_place_of_folders_are_not_followed(registry: Loopback, folder: Path, target: str, title: str) -> None:
    (folder / "inside").mkdir()
    (folder / "real").mkdir()
    (folder / Path(title).parts[0] / "link" if title.startswith("real") else folder / "link").symlink_to(target)
    serve(registry, layer("good"), layer(title))
    before = contents_of(folder)
    async with client_of(registry) as client:
        with pytest.raises(UnsafeTitleError, match="which is a link or a file"):
            await pull_files(client, folder)
    assert contents_of(folder) == before


async def test_a_file_in_the_place_of_a_folder_stays(registry: Loopback, folder: Path) -> None:
    (folder / "link").write_bytes(b"a file")
    serve(registry, layer("link/a"))
    async with client_of(registry) as client:
        with pytest.raises(UnsafeTitleError):
            await pull_files(client, folder)
    assert (folder / "link").read_bytes() == b"a file"


async def test_the_folder_itself_may_be_a_link(registry: Loopback, folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    serve(registry, layer("a/b"))
    async with client_of(registry) as client:
        assert await pull_files(client, folder.parent / "link") == [folder.parent / "link" / "a" / "b"]
    assert (folder / "a" / "b").read_bytes() == GOOD


async def test_an_endless_blob_is_cut(registry: Loopback, folder: Path) -> None:
    serve(registry, layer("a"), blob=GOOD * 1_000_000)
    async with client_of(registry) as client:
        with pytest.raises(RegistryError):
            await pull_files(client, folder)
    assert contents_of(folder.parent / "folder") == {"folder": None, "outside": None, "outside/secret": b"secret"}


@pytest.mark.parametrize("digest", ["sha256:abc", "blake3:" + "0" * 64, "sha256:../../outside/secret", "../a", ""])
async def test_invalid_digests_are_not_requested(registry: Loopback, folder: Path, digest: str) -> None:
    serve(registry, layer("good"), layer("a", digest=digest))
    async with client_of(registry) as client:
        # A malformed digest is found when the manifest is parsed, and an algorithm that cannot be computed before the download.
        with pytest.raises(InvalidDigestError if digest.startswith("blake3:") else ParseError):
            await pull_files(client, folder)
    assert list(folder.iterdir()) == []


async def test_a_negative_size_is_refused(registry: Loopback, folder: Path) -> None:
    serve(registry, layer("good"), layer("a", size=-1))
    async with client_of(registry) as client:
        with pytest.raises(ParseError):
            await pull_files(client, folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("data", ["!", "AAAA", "Z29vZA=="])
async def test_data_is_written_only_if_it_has_the_digest(registry: Loopback, folder: Path, data: str) -> None:
    for title, digest in (("right", digest_of(GOOD)), ("wrong", digest_of(b"x"))):
        serve(registry, layer(title, data=data, digest=digest))
        async with client_of(registry) as client:
            with nullcontext() if title == "right" else pytest.raises(DigestMismatchError):
                await pull_files(client, folder)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("right", GOOD)]
