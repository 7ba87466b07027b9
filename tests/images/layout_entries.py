"""Add entries to a layout, also in a process of its own: this module imports little, so that such a process starts quickly."""

from __future__ import annotations

from typing import Any

from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.images.layout import Layout
from docker_registry_sdk.images.layout_writer import LayoutWriter
from docker_registry_sdk.images.manifest_contents import StoredManifest

ENTRIES = 20


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
