"""Add and read entries of a layout. A process of its own imports this module, which imports little, so that it starts quickly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.images.layout import Layout
from docker_registry_sdk.images.layout_writer import LayoutWriter
from docker_registry_sdk.images.manifest_contents import StoredManifest

ENTRIES = 20
TAG_ANNOTATION = "org.opencontainers.image.ref.name"


def add_entries(path: str, start: Any, number: int) -> None:
    """Wait for the other workers, then add 20 entries.

    Args:
        path: The folder of the layout.
        start: A barrier for all workers.
        number: The number of this worker.
    """
    start.wait(30)
    for count in range(ENTRIES):
        raw = f"{number} {count}".encode()
        LayoutWriter(Layout(path)).add_entry(StoredManifest(digest=digest_of(raw), media_type="x", raw=raw), f"{number}-{count}")


def index_entries(folder: Path) -> list[tuple[str | None, str]]:
    """Return the tag and digest of each entry of a layout's index."""
    manifests = json.loads((folder / "index.json").read_text())["manifests"]
    return [((one.get("annotations") or {}).get(TAG_ANNOTATION), one["digest"]) for one in manifests]
