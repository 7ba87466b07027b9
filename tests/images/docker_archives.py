"""Make Docker archives in the format of Docker before 25."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.images import digest_of

LAYERS = [b"the base" * 1000, b"on top"]
CONFIG = json.dumps(
    {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [digest_of(one) for one in LAYERS]}}
).encode()
FILES = {"config.json": CONFIG, "1/layer.tar": LAYERS[0], "2/layer.tar": LAYERS[1]}
ENTRY = {"Config": "config.json", "RepoTags": ["alpine:3.20"], "Layers": ["1/layer.tar", "2/layer.tar"]}


def docker_files(*entries: dict[str, Any], **more: bytes) -> dict[str, bytes]:
    """Return the files of an archive in the format of Docker before 25."""
    return {**FILES, **more, "manifest.json": json.dumps(entries or [ENTRY]).encode()}


def write_tar(path: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write a tar file. Bytes are the content of a file; a string is the target of a symbolic link."""
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return path
