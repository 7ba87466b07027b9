"""Artifacts: files pushed to a repository with a manifest of their own, and pulled into a folder.

    from docker_registry_sdk import RegistryClientV2, artifacts

    with RegistryClientV2("ghcr.io/owner/app") as client:
        artifacts.push(client, "report", [Path("report.txt")], artifact_type="application/vnd.example.report.v1")
        artifacts.pull(client, "report", "folder")

The names of this package are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._async.push_pull import async_pull as async_pull
    from ._async.push_pull import async_push as async_push
    from ._sync.push_pull import pull as pull
    from ._sync.push_pull import push as push
    from .manifest import ArtifactBlob as ArtifactBlob

_MODULES = {
    "ArtifactBlob": ".manifest",
    "async_pull": "._async.push_pull",
    "async_push": "._async.push_pull",
    "pull": "._sync.push_pull",
    "push": "._sync.push_pull",
}

__all__ = ["ArtifactBlob", "async_pull", "async_push", "pull", "push"]

# Hidden from type checkers, so that they report misspelt names.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
