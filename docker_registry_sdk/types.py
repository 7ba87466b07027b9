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
    from ._core.blobs.raw_base import WriteableBuffer as WriteableBuffer
    from ._core.blobs.upload_session import OnSession as OnSession
    from ._core.blobs.upload_source import AsyncBlobSource as AsyncBlobSource
    from ._core.blobs.upload_source import AsyncReplayableSource as AsyncReplayableSource
    from ._core.blobs.upload_source import AsyncUploadSource as AsyncUploadSource
    from ._core.blobs.upload_source import BlobSource as BlobSource
    from ._core.blobs.upload_source import ReplayableSource as ReplayableSource
    from ._core.blobs.upload_source import UploadSource as UploadSource
    from ._core.concurrency.opening import AsyncOpening as AsyncOpening
    from ._core.transport._async.caller_transport import AsyncClose as AsyncClose
    from ._core.transport._async.caller_transport import AsyncTransport as AsyncTransport
    from ._core.transport._async.caller_transport import AsyncTransportRequest as AsyncTransportRequest
    from ._core.transport._async.caller_transport import AsyncTransportResponse as AsyncTransportResponse
    from ._core.transport._sync.caller_transport import Close as Close
    from ._core.transport._sync.caller_transport import Transport as Transport
    from ._core.transport._sync.caller_transport import TransportHeaders as TransportHeaders
    from ._core.transport._sync.caller_transport import TransportRequest as TransportRequest
    from ._core.transport._sync.caller_transport import TransportResponse as TransportResponse
    from ._core.transport.options import AsyncClientOptions as AsyncClientOptions
    from ._core.transport.options import ClientOptions as ClientOptions
    from ._core.transport.settings import FilePath as FilePath
    from ._core.wire._async.chunks import AsyncChunks as AsyncChunks
    from ._core.wire._async.exchange import AsyncClient as AsyncClient
    from ._core.wire._async.exchange import AsyncHTTPClient as AsyncHTTPClient
    from ._core.wire._async.exchange import AsyncSenderOwner as AsyncSenderOwner
    from ._core.wire._sync.chunks import Chunks as Chunks
    from ._core.wire._sync.exchange import Client as Client
    from ._core.wire._sync.exchange import HTTPClient as HTTPClient
    from ._core.wire._sync.exchange import SenderOwner as SenderOwner
    from ._core.wire.bodies import AsyncRawBody as AsyncRawBody
    from ._core.wire.bodies import RawBody as RawBody
    from ._core.wire.bodies import Readable as Readable
    from ._core.wire.http_types import ReceivedResponse as ReceivedResponse
    from ._core.wire.request import Request as Request
    from .artifacts._async.places import AsyncArtifactPlace as AsyncArtifactPlace
    from .artifacts._sync.places import ArtifactPlace as ArtifactPlace
    from .client._async.listing import AsyncListing as AsyncListing
    from .client._sync.listing import Listing as Listing
    from .client.manifest_results import PutManifestResponse as PutManifestResponse
    from .client.manifest_types import Manifest as Manifest
    from .client.schema1 import Signature as Signature
    from .credentials.given import AsyncGivenCredentials as AsyncGivenCredentials
    from .credentials.given import CredentialOrPair as CredentialOrPair
    from .credentials.given import GivenCredentials as GivenCredentials
    from .digest import DigestLike as DigestLike
    from .digest import HasDigest as HasDigest
    from .digest import RefLike as RefLike
    from .images.location import AsyncPlace as AsyncPlace
    from .images.location import AsyncTargetPlace as AsyncTargetPlace
    from .images.location import Place as Place
    from .images.location import TargetPlace as TargetPlace
    from .images.planned import BlobAction as BlobAction
    from .legacy_v1._async.layers import AsyncLayerStream as AsyncLayerStream
    from .legacy_v1._sync.layers import LayerStream as LayerStream
    from .reference import Scheme as Scheme
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
