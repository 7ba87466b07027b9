"""The files in a layer and their changes; layers that are not a tar, or a malicious one."""

import io
import lzma
import random
import tarfile

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docker_registry_sdk.testing import MemoryStorage
from docker_registry_sdk.testing.v1.layer_files import list_files
from docker_registry_sdk.testing.v1.responses import V1Error
from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import BASE, OTHER, TOP, Mode, assert_error, push_image, tar

FILE = ["f", False, 3, 7, 420, 0, 0]
DELETED = ["f", True, 3, 7, 420, 0, 0]


def files(client: httpx.Client, layer: bytes) -> httpx.Response:
    image_id = random.Random(layer).randbytes(32).hex()
    if client.get(f"/v1/images/{image_id}/json").status_code == 404:
        push_image(client, image_id, layer)
    return client.get(f"/v1/images/{image_id}/files")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_files(client: httpx.Client, mode: Mode) -> None:
    layer = tar("./", "./etc/", "./etc/passwd", "plain", "./.wh.gone", "./.wh..wh.plnk/", "./a/.wh.b", ".wh.c", mode=mode)
    assert files(client, layer).json() == [
        ["/", "d", False, 0, 7, 420, 0, 0],
        ["/etc", "d", False, 0, 7, 420, 0, 0],
        ["/etc/passwd", *FILE],
        ["plain", *FILE],
        ["/gone", *DELETED],
        ["/a/.wh.b", *FILE],
        [".wh.c", *FILE],
    ]


def test_file_types(client: httpx.Client) -> None:
    content = io.BytesIO()
    kinds = b"0\x001234567SZ"
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for kind in kinds:
            info = tarfile.TarInfo("name")
            info.type = bytes([kind])
            if kind != ord("S"):
                archive.addfile(info)
    assert "".join(entry[1] for entry in files(client, content.getvalue()).json()) == "fflscbdituu"[:9] + "u"


def test_file_name_that_is_not_utf8(client: httpx.Client) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", encoding="latin-1", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("\xff" * 200))
    assert files(client, content.getvalue()).json()[0][0] == "\udcff" * 200


@pytest.mark.parametrize(
    "layer",
    [
        b"x",
        b"no tar" * 1000,
        b"\x1f\x8b",
        tar("a", mode="w:gz")[:40],
        b"BZh9xxxx",
        b"\xfd7zXZ\0xx",
        b"]\0\0" + b"x" * 100,
        tar("a")[:700],
    ],
    ids=len,
)
def test_layer_that_is_not_a_tar(client: httpx.Client, layer: bytes) -> None:
    assert_error(files(client, layer), 400, "Layer format not supported")


def test_empty_tar(client: httpx.Client) -> None:
    assert files(client, tar()).json() == []
    assert_error(files(client, b""), 400)


def header(kind: bytes, size: int, name: str = "name") -> bytes:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = size
    return info.tobuf(format=tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "layer",
    [
        header(b"0", -512) * 2,
        header(b"x", 2**40),
        header(b"L", 2**40),
        header(b"x", -1024),
        header(b"x", 512) * 5000,
        header(b"x", 512) + b"27 GNU.sparse.major=1\n21 GNU.sparse.minor=0\n".ljust(512, b"\0") + header(b"0", 512) + b"9" * 512,
    ],
)
def test_malicious_tar(client: httpx.Client, layer: bytes) -> None:
    assert files(client, layer).status_code in (200, 400)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_tar(data: st.DataObject) -> None:
    layer = bytearray(tar("./a", "./" + "long" * 60, "./.wh.b", "./dir/"))
    for _ in range(data.draw(st.integers(1, 8))):
        layer[data.draw(st.integers(0, len(layer) - 1))] = data.draw(st.integers(0, 255))
    storage = MemoryStorage()
    writer = storage.create()
    writer.append([bytes(layer)])
    writer.commit("v1:layer")
    reader = storage.open("v1:layer")
    assert reader is not None
    try:
        assert isinstance(list_files(reader), list)
    except V1Error as error:
        assert error.status == 400


def test_decompression_bomb(client: httpx.Client) -> None:
    """30 kB decompress to one tar header of 200 MiB."""
    zeros = b"\0" * (200 * 1024 * 1024)
    assert_error(files(client, lzma.compress(header(b"x", len(zeros)) + zeros, preset=0)), 400)


def test_diff(client: httpx.Client) -> None:
    push_image(client, BASE, tar("./kept", "./changed", "./gone", "./.wh.back"))
    push_image(client, TOP, tar("./changed", "./.wh.gone", "./new", "./back"), BASE)
    first = client.get(f"/v1/images/{TOP}/diff")
    assert (first.status_code, first.content, first.headers["content-type"]) == (200, b"", "application/json")
    assert client.get(f"/v1/images/{TOP}/diff").json() == {
        "changed": {"/changed": FILE},
        "created": {"/new": FILE, "/back": FILE},
        "deleted": {"/gone": DELETED},
    }
    client.get(f"/v1/images/{BASE}/diff")
    assert set(client.get(f"/v1/images/{BASE}/diff").json()["created"]) == {"/kept", "/changed", "/gone", "/back"}


def test_diff_of_a_layer_that_is_not_a_tar(client: httpx.Client, serve_v1: ServeV1) -> None:
    push_image(client, BASE, b"no tar")
    for image_id in (BASE, OTHER):
        for _ in range(3):
            response = client.get(f"/v1/images/{image_id}/diff")
            assert (response.status_code, response.content) == (200, b"")
    with httpx.Client(base_url=serve_v1(diff=False).url) as other:
        assert_error(other.get(f"/v1/images/{BASE}/diff"), 400, "Diff queue is disabled")
