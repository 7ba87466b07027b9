"""The content of the transfers: a blob of random bytes, and an image with layers of random bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import tarfile
from pathlib import Path

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.media_types import OCI_MANIFEST

MIB = 1024 * 1024
BLOB_SIZE = 400 * MIB
LAYERS = 8
LAYER_SIZE = 50 * MIB


def write_random(path: Path, size: int, seed: int) -> str:
    """Write random bytes, the same for a seed, and return their digest.

    Args:
        path: The file to write.
        size: The number of bytes, a multiple of 1 MiB.
        seed: The seed of the random generator.
    """
    source, hashed = random.Random(seed), hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(size // MIB):
            block = source.randbytes(MIB)
            hashed.update(block)
            file.write(block)
    return f"sha256:{hashed.hexdigest()}"


def push_image(client: RegistryClientV2, folder: Path) -> bytes:
    """Push an image with LAYERS layers of LAYER_SIZE bytes as `latest`, and return its manifest.

    The layers are gzip, so that no tool compresses them, and of random bytes, so that they keep their size.

    Args:
        client: A client of the repository.
        folder: The folder for the layers, which are removed again.
    """
    layers, diff_ids = [], []
    for number in range(LAYERS):
        content, plain, layer = folder / "content", folder / "layer.tar", folder / "layer.tar.gz"
        write_random(content, LAYER_SIZE, seed=number + 1)
        with tarfile.open(plain, "w") as tar:
            tar.add(content, "content", filter=_anonymous)
        with plain.open("rb") as file, layer.open("wb") as out, gzip.GzipFile("", "wb", 0, out, mtime=0) as packed:
            packed.write(file.read())
        diff_ids.append(digest_of_file(plain))
        pushed = client.blob_upload(layer)
        layers.append(_descriptor("application/vnd.oci.image.layer.v1.tar+gzip", pushed.digest, pushed.size))
        for path in (content, plain, layer):
            path.unlink()
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    pushed = client.blob_upload(json.dumps(config).encode())
    described = _descriptor("application/vnd.oci.image.config.v1+json", pushed.digest, pushed.size)
    manifest = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described, "layers": layers}).encode()
    client.put_manifest(manifest, "latest", media_type=OCI_MANIFEST)
    return manifest


def digest_of_file(path: Path) -> str:
    """Return the digest of a file.

    Args:
        path: The file.
    """
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": digest, "size": size}


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry
