"""The requests in the log of an embedded registry, to count them."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlsplit

from docker_registry_sdk.testing import EmbeddedRegistry


class Requests:
    """The requests in the log of a registry, in short form.

    Args:
        registry: The registry.
    """

    def __init__(self, registry: EmbeddedRegistry) -> None:
        self._registry = registry

    def take(self, at_least: int = 0) -> list[str]:
        """Return method, kind and status of each request since the last call, and clear the log.

        Args:
            at_least: The number of requests to wait for: a response may arrive shortly before it is logged.
        """
        ends = time.monotonic() + 5
        while len(self._registry.requests) < at_least and time.monotonic() < ends:
            time.sleep(0.005)
        found = [f"{record.method} {kind_of(record.path)} {record.status}" for record in self._registry.requests]
        self._registry.requests.clear()
        return found

    def scopes(self) -> list[str]:
        """Return the scopes that token requests named."""
        return [
            value
            for record in self._registry.requests
            if kind_of(record.path) == "token"
            for key, value in parse_qsl(urlsplit(record.path).query)
            if key == "scope"
        ]


def kind_of(path: str) -> str:
    known = ("token", "manifests", "blobs", "tags", "_catalog")
    return next((kind for kind in known if f"/{kind}" in path.partition("?")[0]), "ping")
