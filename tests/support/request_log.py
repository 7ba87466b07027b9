"""Functions that read the request log of an embedded registry."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from docker_registry_sdk.testing import EmbeddedRegistry


@contextmanager
def recorded_requests(registry: EmbeddedRegistry) -> Iterator[list[str]]:
    """Yield a list that contains the requests of the block, as `METHOD kind status`, after the block has ended.

    Args:
        registry: The registry that receives the requests.
    """
    registry.requests.clear()
    found: list[str] = []
    yield found
    for record in registry.requests.snapshot():
        kinds = ("manifests", "blobs", "referrers", "tags", "token")
        kind = next((kind for kind in kinds if f"/{kind}" in record.path.partition("?")[0]), "ping")
        found.append(f"{record.method} {kind} {record.status}")


def open_uploads(registry: EmbeddedRegistry) -> list[str]:
    """Return the upload sessions that are neither closed nor cancelled within 10 seconds.

    A client may receive a response without a body, such as that to a cancellation, before the response is logged.
    """
    for _ in range(1000):
        if not (found := _unclosed_uploads(registry)):
            break
        time.sleep(0.01)
    return found


def _unclosed_uploads(registry: EmbeddedRegistry) -> list[str]:
    begun: set[str] = set()
    ended: set[str] = set()
    for record in registry.requests.snapshot():
        if record.method == "POST" and record.status == 202:
            location = next(value for name, value in record.response_headers if name == "location")
            begun.add(location.partition("?")[0].rpartition("/")[2])
        if "/uploads/" in record.path and record.method in ("PUT", "DELETE") and (record.status or 500) < 300:
            ended.add(record.path.partition("?")[0].rpartition("/")[2])
    return sorted(begun - ended)
