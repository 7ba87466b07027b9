"""Types for annotations: every type that a signature of the public modules names.

    from docker_registry_sdk.types import BlobStream, OnProgress

    def show(stream: BlobStream, on_progress: OnProgress | None) -> None: ...

The names of this module are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from ._core.auth.report import AuthReport as AuthReport
    from ._core.blobs._async.blob_file import AsyncBlobFile as AsyncBlobFile
    from ._core.blobs._async.verified_stream import AsyncBlobStream as AsyncBlobStream
    from ._core.blobs._sync.blob_file import BlobFile as BlobFile
    from ._core.blobs._sync.verified_stream import BlobStream as BlobStream
    from ._core.blobs.progress import OnProgress as OnProgress
    from ._core.blobs.progress import Phase as Phase
    from ._core.blobs.upload_session import OnSession as OnSession
    from ._core.blobs.upload_source import AsyncBlobSource as AsyncBlobSource
    from ._core.blobs.upload_source import AsyncReplayableSource as AsyncReplayableSource
    from ._core.blobs.upload_source import AsyncUploadSource as AsyncUploadSource
    from ._core.blobs.upload_source import BlobSource as BlobSource
    from ._core.blobs.upload_source import ReplayableSource as ReplayableSource
    from ._core.blobs.upload_source import UploadSource as UploadSource
    from .client.manifests import Manifest as Manifest
    from .client.manifests import PutManifestResponse as PutManifestResponse
    from .client.schema1 import Signature as Signature
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
