"""The storages: content and records, restarts, and failed writes."""

import errno
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from docker_registry_sdk.testing import DirectoryStorage, EmbeddedRegistry, MemoryStorage, RegistryStorage
from docker_registry_sdk.testing.storage.base import link_blob
from docker_registry_sdk.testing.storage.records import ManifestRecord, RepositoryRecord
from docker_registry_sdk.testing.storage.serialization import (
    repository_from_json,
    repository_to_json,
    v1_image_from_json,
    v1_repository_from_json,
)
from tests.testing.helpers import OCI_INDEX, UNKNOWN, digest_of, index, push_blob, push_image, put_manifest, start_upload

CONTENT = b"some content"


@pytest.fixture
def storage(storage_path: Path | None) -> RegistryStorage:
    return MemoryStorage() if storage_path is None else DirectoryStorage(storage_path)


def write_content(storage: RegistryStorage, content: bytes) -> str:
    writer = storage.create()
    writer.append([content])
    writer.sync()
    writer.commit(digest_of(content))
    writer.abort()
    return digest_of(content)


def read_content(storage: RegistryStorage, digest: str) -> bytes | None:
    reader = storage.open(digest)
    if reader is None:
        return None
    try:
        return bytes(reader.read(0, reader.size))
    finally:
        reader.close()


def test_content(storage: RegistryStorage) -> None:
    assert read_content(storage, digest_of(CONTENT)) is None
    digest = write_content(storage, CONTENT)
    assert read_content(storage, digest) == CONTENT
    assert write_content(storage, CONTENT) == digest
    assert read_content(storage, digest) == CONTENT
    storage.discard(digest)
    storage.discard(digest)
    assert read_content(storage, digest) is None


@pytest.mark.parametrize("system", ["linux", "win32"])
def test_a_file_that_cannot_be_deleted_stays_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    """Windows does not delete an open file; elsewhere, the error has another cause."""
    storage = DirectoryStorage(tmp_path)
    digest = write_content(storage, CONTENT)

    def fail(path: str, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("os.unlink", fail)
        patched.setattr("sys.platform", system)
        with nullcontext() if system == "win32" else pytest.raises(PermissionError):
            storage.discard(digest)
    assert read_content(storage, digest) == CONTENT


def test_truncate_and_read_parts(storage: RegistryStorage) -> None:
    writer = storage.create()
    writer.append([b"abc", b"", b"def"])
    writer.truncate(4)
    writer.append([b"XYZ"])
    assert (writer.size, bytes(writer.read(1, 3)), bytes(writer.read(0, 99))) == (7, b"bcd", b"abcdXYZ")
    writer.sync()
    writer.commit(digest_of(b"abcdXYZ"))
    reader = storage.open(digest_of(b"abcdXYZ"))
    assert reader is not None
    assert (reader.size, bytes(reader.read(2, 3)), bytes(reader.read(6, 9)), bytes(reader.read(7, 1))) == (7, b"cdX", b"Z", b"")
    reader.close()


def test_abort(storage: RegistryStorage, storage_path: Path | None) -> None:
    writer = storage.create()
    writer.append([CONTENT])
    writer.abort()
    writer.abort()
    assert read_content(storage, digest_of(CONTENT)) is None
    assert storage_path is None or not list((storage_path / "uploads").iterdir())


def test_records(storage: RegistryStorage) -> None:
    assert (storage.load("a/b"), storage.names()) == (None, [])
    repository = (
        RepositoryRecord()
        .with_blob(UNKNOWN)
        .with_manifest(UNKNOWN, ManifestRecord(media_type="x/y", size=1, content=UNKNOWN), tags=["v1"])
    )
    for name in ("b", "a/b", "a"):
        storage.save(name, repository)
    assert storage.load("a/b") == repository
    assert storage.names() == ["a", "a/b", "b"]


def test_concurrent_link_blob(storage: RegistryStorage) -> None:
    digests = [digest_of(bytes([number])) for number in range(100)]
    barrier = threading.Barrier(8)

    def link(part: int) -> None:
        barrier.wait()
        for digest in digests[part::8]:
            link_blob(storage, "repo", digest)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(link, range(8)))
    assert storage.load("repo") == RepositoryRecord(blobs=frozenset(digests))


def test_serialization() -> None:
    manifests = {
        UNKNOWN: ManifestRecord(media_type="x/y", size=5, content=UNKNOWN, subject="sha512:1"),
        "sha256:1": ManifestRecord(media_type="z/z", size=0, content="sha256:3"),
    }
    repository = RepositoryRecord(
        blobs=frozenset({"sha256:2", UNKNOWN}), manifests=manifests, tags={"Latest": UNKNOWN, "latest": "sha256:1"}
    )
    assert repository_from_json(repository_to_json(repository)) == repository


def changed(record: Any, path: list[Any], value: object) -> bytes:
    """Return a copy of a JSON document in which one field has another value."""
    document = json.loads(json.dumps(record))
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return json.dumps(document).encode()


MANIFEST = {"mediaType": "x/y", "size": 1, "content": UNKNOWN, "subject": None}
REPOSITORY = {"blobs": [UNKNOWN], "manifests": {UNKNOWN: MANIFEST}, "tags": {"v1": UNKNOWN}}
V1_REPOSITORY = {"name": "a", "tags": {"t": "1"}, "tagFacts": {"t": {"os": "x"}}, "facts": {}, "images": "[]", "private": False}
V1_IMAGE = {"json": "{}", "ancestry": ["a"], "layer": None, "checksum": None, "complete": True}


WRONG_REPOSITORY: list[tuple[list[Any], Any]] = [
    (["blobs"], "text"),
    (["blobs", 0], 1),
    (["tags"], []),
    (["tags", "v1"], None),
    (["manifests"], []),
    (["manifests", UNKNOWN], "text"),
    (["manifests", UNKNOWN, "mediaType"], 1),
    (["manifests", UNKNOWN, "size"], "1"),
    (["manifests", UNKNOWN, "size"], True),
    (["manifests", UNKNOWN, "content"], None),
    (["manifests", UNKNOWN, "subject"], 1),
]
WRONG_V1_REPOSITORY: list[tuple[list[Any], Any]] = [
    (["name"], None),
    (["tags"], []),
    (["tags", "t"], 1),
    (["tagFacts"], []),
    (["tagFacts", "t"], None),
    (["tagFacts", "t", "os"], []),
    (["facts"], "text"),
    (["images"], []),
    (["private"], 0),
]
WRONG_V1_IMAGE: list[tuple[list[Any], Any]] = [
    (["json"], {}),
    (["ancestry"], "text"),
    (["ancestry", 0], 1),
    (["layer"], 1),
    (["checksum"], []),
    (["complete"], None),
]


@pytest.mark.parametrize(
    ("parse", "record", "path", "value"),
    [
        *[(repository_from_json, REPOSITORY, *wrong) for wrong in WRONG_REPOSITORY],
        *[(v1_repository_from_json, V1_REPOSITORY, *wrong) for wrong in WRONG_V1_REPOSITORY],
        *[(v1_image_from_json, V1_IMAGE, *wrong) for wrong in WRONG_V1_IMAGE],
    ],
)
def test_field_of_the_wrong_type(parse: Callable[[bytes], object], record: Any, path: list[Any], value: object) -> None:
    parse(json.dumps(record).encode())
    with pytest.raises(ValueError, match="a field of the record is missing or has the wrong type"):
        parse(changed(record, path, value))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"blobs": 1}', b'{"blobs": [], "manifests": [], "tags": {}}'])
def test_malformed_record(tmp_path: Path, content: bytes) -> None:
    record = tmp_path / "repositories" / "a" / "_repository.json"
    DirectoryStorage(tmp_path).close()
    record.parent.mkdir(parents=True)
    record.write_bytes(content)
    with pytest.raises(ValueError, match=r"_repository\.json is not a valid record of a repository"):
        DirectoryStorage(tmp_path)


def test_failed_append(storage: RegistryStorage) -> None:
    """If an append fails, as on a full disk, the bytes appended before are kept, and nothing of the failed append."""
    writer = storage.create()
    writer.append([CONTENT])
    with pytest.raises(TypeError):
        writer.append([b"half", "not bytes"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    assert writer.size == len(CONTENT)
    writer.append([b"!"])
    writer.sync()
    writer.commit(digest_of(CONTENT + b"!"))
    assert read_content(storage, digest_of(CONTENT + b"!")) == CONTENT + b"!"


def test_restart(tmp_path: Path) -> None:
    def state(client: httpx.Client) -> list[bytes]:
        paths = ["_catalog", "a/b/tags/list", "a/b/manifests/v1", f"a/b/blobs/{blob}", f"a/b/referrers/{UNKNOWN}"]
        return [client.get(f"/v2/{path}").raise_for_status().content for path in paths]

    with EmbeddedRegistry(storage=tmp_path) as registry, httpx.Client(base_url=registry.url) as client:
        push_image(client, "a/b", "v1")
        blob = push_blob(client, "a/b", CONTENT * 100_000, "sha512")
        put_manifest(client, "a/b", "V1", index(subject={"mediaType": "x/y", "digest": UNKNOWN, "size": 1}), OCI_INDEX)
        upload = start_upload(client, "a/b")
        client.patch(upload, content=b"unfinished")
        before = state(client)
    assert list((tmp_path / "uploads").iterdir()) == []
    (tmp_path / "uploads" / "upload-left-by-a-crash").write_bytes(b"x")
    with EmbeddedRegistry(storage=str(tmp_path)) as registry, httpx.Client(base_url=registry.url) as client:
        assert state(client) == before
        assert client.get(upload).status_code == 404
    assert list((tmp_path / "uploads").iterdir()) == []


def test_memory_survives_a_stop() -> None:
    registry = EmbeddedRegistry(storage=MemoryStorage())
    with registry, httpx.Client(base_url=registry.url) as client:
        digest = push_blob(client, "repo", CONTENT)
    with registry, httpx.Client(base_url=registry.url) as client:
        assert client.get(f"/v2/repo/blobs/{digest}").content == CONTENT


def test_content_is_stored_once(tmp_path: Path) -> None:
    with EmbeddedRegistry(storage=tmp_path) as registry, httpx.Client(base_url=registry.url) as client:
        for name in ("a", "b"):
            digest = push_blob(client, name, CONTENT)
        client.post("/v2/c/blobs/uploads/", params={"mount": digest})
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [CONTENT]
    record = json.loads((tmp_path / "repositories" / "c" / "_repository.json").read_bytes())
    assert record["blobs"] == [digest]
