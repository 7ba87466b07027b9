"""Copy images between registries, OCI image layouts and Docker archives, byte for byte.

    from docker_registry_sdk import images

    images.copy("ghcr.io/owner/app:1.2", "registry.example.com/app:1.2")
    images.copy("alpine:3.20", Path("folder"), platform="linux/arm64")  # an OCI image layout
    images.get_config("alpine:3.20", platform="linux/arm64").config.env

The names of this package are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from .._core.blobs.progress import Progress as Progress
    from ..client.platforms import parse_platform as parse_platform
    from ..v2.models import Platform as Platform
    from ._async.config import async_get_config as async_get_config
    from ._async.copy import async_apply_copy as async_apply_copy
    from ._async.copy import async_copy as async_copy
    from ._async.copy import async_plan_copy as async_plan_copy
    from ._async.copy import async_pull as async_pull
    from ._async.copy import async_push as async_push
    from ._sync.config import get_config as get_config
    from ._sync.copy import apply_copy as apply_copy
    from ._sync.copy import copy as copy
    from ._sync.copy import plan_copy as plan_copy
    from ._sync.copy import pull as pull
    from ._sync.copy import push as push
    from .copy_plan import CopyPlan as CopyPlan
    from .copy_plan import CopyResult as CopyResult
    from .docker_archive import DockerArchive as DockerArchive
    from .layout import Layout as Layout
    from .planned import MissingReferrer as MissingReferrer
    from .planned import PlannedBlob as PlannedBlob
    from .planned import PlannedManifest as PlannedManifest
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
