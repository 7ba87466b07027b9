"""Artifacts: files that are pushed to a repository as the layers of a manifest, and pulled into a folder.

    from docker_registry_sdk import Registries, artifacts

    artifacts.push("ghcr.io/owner/app:report", ["report.txt"], artifact_type="application/vnd.example.report.v1")
    artifacts.pull("ghcr.io/owner/app:report", "folder")

An artifact with a subject, such as the SBOM of an image, is found by the digest of the subject:

    with Registries() as registries:
        app = registries.repository("ghcr.io/owner/app")
        artifacts.push(app, ["sbom.spdx.json"], artifact_type="application/spdx+json", subject="1.0")
        for sbom in app.list_referrers(app.resolve("1.0"), artifact_type="application/spdx+json"):
            artifacts.pull(app.ref(sbom), "folder")

The names of this package are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from ._async.push_pull import async_pull as async_pull
    from ._async.push_pull import async_push as async_push
    from ._sync.push_pull import pull as pull
    from ._sync.push_pull import push as push
    from .manifest import ArtifactBlob as ArtifactBlob
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
