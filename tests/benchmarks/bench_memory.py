"""How much memory the transfer of a blob of 1 GiB adds to an idle client, sync and async.

    .venv/bin/python tests/benchmarks/bench_memory.py [MiB to transfer]

Debian's docker-registry sends and receives the blob over loopback. The client, in a fresh interpreter, records its peak after a
ping, transfers the blob, and records its peak again. Exits with 1 when a difference reaches BAR. The copied image has the blob
as its layer.
"""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.media_types import OCI_MANIFEST
from tests.benchmarks.transfer.content import MIB, digest_of_file, write_random
from tests.support.docker_registry import DockerRegistry, run_docker_registry

BAR = 24.0
REPO = "bench/blob"
TASKS = ("stream", "download", "upload", "copy")


def peak() -> float:
    """Return the highest memory of this process so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage starts from the peak of the parent there
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / MIB if sys.platform == "darwin" else used / 1024


def transfer(task: str, url: str, target: str, digest: str, path: Path) -> float:
    """Do a task with a sync client, and return the peak before it."""
    with RegistryClientV2(f"{url}/{REPO}") as client:
        client.ping()
        before = peak()
        match task:
            case "stream":
                with client.create_blob_read_stream(digest) as blob:
                    for _ in blob:
                        pass
            case "download":
                client.download_blob(digest, path)
            case "upload":
                client.blob_upload(path)
            case "copy":
                from docker_registry_sdk import images

                images.copy(f"{url}/{REPO}:latest", f"{target}/{REPO}:latest")
        return before


async def async_transfer(task: str, url: str, target: str, digest: str, path: Path) -> float:
    """Do a task with an async client, and return the peak before it."""
    async with AsyncRegistryClientV2(f"{url}/{REPO}") as client:
        await client.ping()
        before = peak()
        match task:
            case "stream":
                async with client.create_blob_read_stream(digest) as blob:
                    async for _ in blob:
                        pass
            case "download":
                await client.download_blob(digest, path)
            case "upload":
                await client.blob_upload(path)
            case "copy":
                from docker_registry_sdk import images

                await images.async_copy(f"{url}/{REPO}:latest", f"{target}/{REPO}:latest")
        return before


def push_image(registry: DockerRegistry, blob: Path) -> None:
    """Push the blob, and an image with it as its layer."""
    with RegistryClientV2(f"{registry.url}/{REPO}") as client:
        layer, config = client.blob_upload(blob), client.blob_upload(b"{}")
        described = [{"mediaType": "application/vnd.oci.empty.v1+json", "digest": config.digest, "size": config.size}]
        described.append({"mediaType": "application/octet-stream", "digest": layer.digest, "size": layer.size})
        manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described[0], "layers": described[1:]}
        client.put_manifest(json.dumps(manifest).encode(), "latest", media_type=OCI_MANIFEST)


def verify(task: str, target: DockerRegistry, digest: str, path: Path) -> None:
    """Check that the target has the blob, and remove it there."""
    if task == "download" and digest_of_file(path) != digest:
        raise SystemExit("the file that was downloaded is not the blob")
    if task in ("upload", "copy"):
        with RegistryClientV2(f"{target.url}/{REPO}") as client, client.create_blob_read_stream(digest) as blob:
            for _ in blob:
                pass
        shutil.rmtree(target.storage / "docker")


def main(size: int) -> int:
    """Print the table and return the exit status."""
    added: list[float] = []
    print(f"{size} MiB {'':<9} {'idle':>8} {'peak':>8} {'added':>8} {'speed':>12}   (bar {BAR:.0f} MiB added)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        blob, downloaded = folder / "blob", folder / "downloaded"
        digest = write_random(blob, size * MIB, seed=0)
        with run_docker_registry(folder / "source") as source, run_docker_registry(folder / "target") as target:
            push_image(source, blob)
            for task in TASKS:
                for kind in ("sync", "async"):
                    url, path = (target.url, blob) if task == "upload" else (source.url, downloaded)
                    command = [sys.executable, __file__, kind, task, url, target.url, digest, str(path)]
                    start = time.perf_counter()
                    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                    speed = size / (time.perf_counter() - start)
                    before, after = (float(word) for word in done.stdout.split())
                    verify(task, target, digest, path)
                    downloaded.unlink(missing_ok=True)
                    added.append(after - before)
                    print(f"{task:<8} {kind:<8} {before:8.1f} {after:8.1f} {after - before:8.1f} {speed:6.0f} MiB/s", flush=True)
    return int(max(added) >= BAR)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sync" | "async" as kind, task, url, target, digest, path]:
            where = (task, url, target, digest, Path(path))
            before = transfer(*where) if kind == "sync" else asyncio.run(async_transfer(*where))
            print(before, peak())
        case options:
            sys.exit(main(int(options[0]) if options else 1024))
