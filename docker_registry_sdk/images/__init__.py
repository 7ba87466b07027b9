"""Copy images between registries, OCI image layouts and Docker archives, byte for byte.

    from docker_registry_sdk.images import copy

    copy("ghcr.io/owner/app:1.2", "registry.example.com/app:1.2")
    copy("alpine:3.20", "oci:images:alpine", platform="linux/arm64")

The names of this package are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._core.blobs.progress import Progress as Progress
    from ..v2.models import Platform as Platform
    from ._async.copy import async_apply_copy as async_apply_copy
    from ._async.copy import async_copy as async_copy
    from ._async.copy import async_plan_copy as async_plan_copy
    from ._async.pull_push import async_get_config as async_get_config
    from ._async.pull_push import async_pull as async_pull
    from ._async.pull_push import async_push as async_push
    from ._async.referrers import async_delete_manifest as async_delete_manifest
    from ._async.referrers import async_push_manifest as async_push_manifest
    from ._sync.copy import apply_copy as apply_copy
    from ._sync.copy import copy as copy
    from ._sync.copy import plan_copy as plan_copy
    from ._sync.pull_push import get_config as get_config
    from ._sync.pull_push import pull as pull
    from ._sync.pull_push import push as push
    from ._sync.referrers import delete_manifest as delete_manifest
    from ._sync.referrers import push_manifest as push_manifest
    from .copy_plan import CopyPlan as CopyPlan
    from .copy_plan import CopyResult as CopyResult
    from .copy_plan import PlannedBlob as PlannedBlob
    from .copy_plan import PlannedManifest as PlannedManifest
    from .docker_archive import DockerArchive as DockerArchive
    from .layout import Layout as Layout
    from .platforms import parse_platform as parse_platform

_MODULES = {
    "CopyPlan": ".copy_plan",
    "CopyResult": ".copy_plan",
    "DockerArchive": ".docker_archive",
    "Layout": ".layout",
    "PlannedBlob": ".copy_plan",
    "PlannedManifest": ".copy_plan",
    "Platform": "..v2.models",
    "Progress": ".._core.blobs.progress",
    "apply_copy": "._sync.copy",
    "async_apply_copy": "._async.copy",
    "async_copy": "._async.copy",
    "async_delete_manifest": "._async.referrers",
    "async_get_config": "._async.pull_push",
    "async_plan_copy": "._async.copy",
    "async_pull": "._async.pull_push",
    "async_push": "._async.pull_push",
    "async_push_manifest": "._async.referrers",
    "copy": "._sync.copy",
    "delete_manifest": "._sync.referrers",
    "get_config": "._sync.pull_push",
    "parse_platform": ".platforms",
    "plan_copy": "._sync.copy",
    "pull": "._sync.pull_push",
    "push": "._sync.pull_push",
    "push_manifest": "._sync.referrers",
}

__all__ = [
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
    "async_push",
    "async_push_manifest",
    "copy",
    "delete_manifest",
    "get_config",
    "parse_platform",
    "plan_copy",
    "pull",
    "push",
    "push_manifest",
]

# Hidden from type checkers, so that they report misspelt names.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
