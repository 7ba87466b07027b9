"""The memory use of a registry in a separate process, for a large blob."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

MEBIBYTE = 1024 * 1024
BLOCK = bytes(range(256)) * 4096
BLOCKS = 200

PROGRAM = """
import pathlib, re, sys
from docker_registry_sdk.testing import EmbeddedRegistry

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) // 1024

with EmbeddedRegistry(storage=sys.argv[1] if len(sys.argv) > 1 else None) as registry:
    print(registry.url, flush=True)
    sys.stdin.readline()
    print(peak(), flush=True)
    sys.stdin.readline()
    print(peak(), flush=True)
"""


def blocks() -> Iterator[bytes]:
    for _ in range(BLOCKS):
        yield BLOCK


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory use from /proc")
def test_a_large_blob(storage_path: Path | None) -> None:
    """With a storage in a directory, the memory does not depend on the size of the blob; in memory, there is one copy."""
    hasher = hashlib.sha256()
    for block in blocks():
        hasher.update(block)
    digest = f"sha256:{hasher.hexdigest()}"
    command = [sys.executable, "-c", PROGRAM, *([] if storage_path is None else [str(storage_path)])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        with httpx.Client(base_url=process.stdout.readline().strip(), timeout=60) as client:
            client.get("/v2/")
            print(file=process.stdin, flush=True)
            before = int(process.stdout.readline())
            location = client.post("/v2/repo/blobs/uploads/").headers["location"]
            assert client.patch(location, content=blocks()).status_code == 202
            assert client.put(location, params={"digest": digest}).status_code == 201
            with client.stream("GET", f"/v2/repo/blobs/{digest}") as response:
                assert sum(len(piece) for piece in response.iter_raw()) == BLOCKS * MEBIBYTE
            print(file=process.stdin, flush=True)
            after = int(process.stdout.readline())
    assert after - before < (BLOCKS * 1.2 if storage_path is None else 0) + 20
