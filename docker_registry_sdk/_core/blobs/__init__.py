"""Upload, download and read blobs; each name is imported when it is first used, since many programs transfer no blob."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_exports import lazy_exports

if TYPE_CHECKING:
    from ._async.blob_file import AsyncBlobFile as AsyncBlobFile
    from ._async.blob_repository import AsyncBlobRepository as AsyncBlobRepository
    from ._async.download import async_download_blob as async_download_blob
    from ._async.replayable_source import AsyncRemoteBlob as AsyncRemoteBlob
    from ._async.upload import async_upload_blob as async_upload_blob
    from ._async.verified_stream import AsyncBlobStream as AsyncBlobStream
    from ._async.verified_stream import async_open_blob_stream as async_open_blob_stream
    from ._sync.blob_file import BlobFile as BlobFile
    from ._sync.blob_repository import BlobRepository as BlobRepository
    from ._sync.download import download_blob as download_blob
    from ._sync.replayable_source import RemoteBlob as RemoteBlob
    from ._sync.upload import upload_blob as upload_blob
    from ._sync.verified_stream import BlobStream as BlobStream
    from ._sync.verified_stream import open_blob_stream as open_blob_stream
    from .blob_spec import parse_blob_spec as parse_blob_spec
    from .progress import OnProgress as OnProgress
    from .upload_session import OnSession as OnSession
    from .upload_session import UploadOptions as UploadOptions
    from .upload_session import UploadSession as UploadSession
    from .upload_session import session_after_chunk as session_after_chunk
    from .upload_session import session_from_start as session_from_start
    from .upload_session import session_from_status as session_from_status
    from .upload_session import session_unless_mounted as session_unless_mounted
    from .upload_source import AsyncUploadSource as AsyncUploadSource
    from .upload_source import UploadSource as UploadSource
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
