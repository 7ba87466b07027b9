"""Images: copied between registries, layouts and archives, byte for byte.

    from docker_registry_sdk.images import copy

    copy("ghcr.io/owner/app:1.2", "registry.example.com/app:1.2")
    copy("alpine:3.20", "oci:images:alpine", platform="linux/arm64")

Its names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._core.blobs.progress import Progress as Progress
    from ..artifacts._async.files import async_pull_artifact as async_pull_artifact
    from ..artifacts._async.files import async_push_artifact as async_push_artifact
    from ..artifacts._sync.files import pull_artifact as pull_artifact
    from ..artifacts._sync.files import push_artifact as push_artifact
    from ..artifacts.manifest import ArtifactBlob as ArtifactBlob
    from ..v2.models import Platform as Platform
    from ._async.convenience import async_get_config as async_get_config
    from ._async.convenience import async_pull as async_pull
    from ._async.convenience import async_push as async_push
    from ._async.copying import async_apply_copy as async_apply_copy
    from ._async.copying import async_copy as async_copy
    from ._async.copying import async_plan_copy as async_plan_copy
    from ._async.referrers import async_delete_manifest as async_delete_manifest
    from ._async.referrers import async_push_manifest as async_push_manifest
    from ._sync.convenience import get_config as get_config
    from ._sync.convenience import pull as pull
    from ._sync.convenience import push as push
    from ._sync.copying import apply_copy as apply_copy
    from ._sync.copying import copy as copy
    from ._sync.copying import plan_copy as plan_copy
    from ._sync.referrers import delete_manifest as delete_manifest
    from ._sync.referrers import push_manifest as push_manifest
    from .archive import DockerArchive as DockerArchive
    from .layout import Layout as Layout
    from .plan import CopyPlan as CopyPlan
    from .plan import CopyResult as CopyResult
    from .plan import PlannedBlob as PlannedBlob
    from .plan import PlannedManifest as PlannedManifest
    from .platforms import parse_platform as parse_platform

_MODULES = {
    "ArtifactBlob": "..artifacts.manifest",
    "CopyPlan": ".plan",
    "CopyResult": ".plan",
    "DockerArchive": ".archive",
    "Layout": ".layout",
    "PlannedBlob": ".plan",
    "PlannedManifest": ".plan",
    "Platform": "..v2.models",
    "Progress": ".._core.blobs.progress",
    "apply_copy": "._sync.copying",
    "async_apply_copy": "._async.copying",
    "async_copy": "._async.copying",
    "async_delete_manifest": "._async.referrers",
    "async_get_config": "._async.convenience",
    "async_plan_copy": "._async.copying",
    "async_pull": "._async.convenience",
    "async_pull_artifact": "..artifacts._async.files",
    "async_push": "._async.convenience",
    "async_push_artifact": "..artifacts._async.files",
    "async_push_manifest": "._async.referrers",
    "copy": "._sync.copying",
    "delete_manifest": "._sync.referrers",
    "get_config": "._sync.convenience",
    "parse_platform": ".platforms",
    "plan_copy": "._sync.copying",
    "pull": "._sync.convenience",
    "pull_artifact": "..artifacts._sync.files",
    "push": "._sync.convenience",
    "push_artifact": "..artifacts._sync.files",
    "push_manifest": "._sync.referrers",
}

__all__ = [
    "ArtifactBlob",
    "CopyPlan",
    "CopyResult",
    "DockerArchive",
    "Layout",
    "PlannedBlob",
    "PlannedManifest",
    "Platform",
    "Progress",
    "apply_copy",
    "async_apply_copy",
    "async_copy",
    "async_delete_manifest",
    "async_get_config",
    "async_plan_copy",
    "async_pull",
    "async_pull_artifact",
    "async_push",
    "async_push_artifact",
    "async_push_manifest",
    "copy",
    "delete_manifest",
    "get_config",
    "parse_platform",
    "plan_copy",
    "pull",
    "pull_artifact",
    "push",
    "push_artifact",
    "push_manifest",
]

# Hidden from type checkers, which know the names from above, so that they see a misspelt one.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
