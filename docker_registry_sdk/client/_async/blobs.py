"""The calls of API v2 for blobs, whole or by parts."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager

from ..._core.blobs._async.downloading import async_download_blob
from ..._core.blobs._async.reading import AsyncBlobStream, async_open_blob_stream
from ..._core.blobs._async.seeking import AsyncBlobFile
from ..._core.blobs._async.writing import async_upload_blob
from ..._core.blobs.progress import OnProgress
from ..._core.blobs.session import OnSession, UploadSession, started
from ..._core.blobs.sources import AsyncUploadSource
from ..._core.blobs.upload_options import UploadOptions
from ..._core.blobs.wanted import parse_wanted
from ..._core.wire import Timeout
from ...digest import Digest
from ...errors import ParseError
from ...v2.api import delete_blob, head_blob, start_blob_upload
from ...v2.models import Descriptor
from .uploads import AsyncUploadCalls

_OCTETS = "application/octet-stream"


class AsyncBlobCalls(AsyncUploadCalls):
    """Blobs."""

    def create_blob_read_stream(
        self, digest: str | Descriptor, *, use_urls: bool = False, timeout: Timeout | None = None
    ) -> AbstractAsyncContextManager[AsyncBlobStream]:
        """Open a blob for reading: a context manager of a stream whose bytes are checked as they pass.

        After a drop it goes on from the byte where it broke off, until that happens time after time.

        Args:
            digest: The blob's digest, or its descriptor, whose size is checked, too.
            use_urls: Where the registry has no such blob, try the `urls` of its descriptor, without credentials.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            InvalidDigestError: The digest is none.
            NotFoundError: There is no such blob.
            DigestMismatchError: While reading, before the last bytes: the blob is not the one that was asked for.
            TransportError: While reading: the body broke off, time after time.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        return async_open_blob_stream(self._pipeline, self._name, digest, use_urls, timeout)

    async def download_blob(
        self,
        digest: str | Descriptor,
        path: str | os.PathLike[str],
        *,
        use_urls: bool = False,
        on_progress: OnProgress | None = None,
        timeout: Timeout | None = None,
    ) -> Descriptor:
        """Download a blob to a file, which is there whole and checked, or not at all.

        It is written to `<path>.part` first. After a drop it goes on from where it broke off. When that happens time after
        time, or the call is broken off, the `.part` stays, and the next call goes on from there.

        Args:
            digest: The blob's digest, or its descriptor, whose size is checked, too.
            path: The file. It must not be there yet, unless it is the blob already: then nothing is downloaded.
            use_urls: Where the registry has no such blob, try the `urls` of its descriptor, without credentials.
            on_progress: Called at most once for each MiB, and at the end; what it raises ends the download.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Returns:
            The descriptor that was given, or one with the blob's size.

        Raises:
            InvalidDigestError: The digest is none.
            FileExistsError: Something else is at the path; nothing was sent.
            OSError: The file cannot be written, its folder is missing, or another download to it is under way.
            NotFoundError: There is no such blob.
            DigestMismatchError: The blob is not the one that was asked for; nothing is left of it.
            TransportError: The body broke off, time after time.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        return await async_download_blob(self._pipeline, self._name, digest, path, use_urls, on_progress, timeout)

    async def open_blob(self, digest: str | Descriptor, *, timeout: Timeout | None = None) -> AsyncBlobFile:
        """Open a blob as a file that can be read anywhere, as `tarfile` and `zipfile` do, without pulling it whole.

        Its parts cannot be checked against the digest: what has to be right is downloaded, or read as a stream.

        Args:
            digest: The blob's digest, or its descriptor, whose size is believed; without it the registry is asked.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            InvalidDigestError: The digest is none.
            NotFoundError: There is no such blob; with a descriptor, while reading.
            ParseError: The registry does not say how large it is.
            RegistryError: While reading: the registry does not give parts of blobs.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        wanted = parse_wanted(digest)
        size = wanted.size if wanted.size is not None else (await self.head_blob(wanted.digest, timeout=timeout)).size
        return AsyncBlobFile(self._pipeline, self._name, wanted, size, timeout)

    async def head_blob(self, digest: str, *, timeout: Timeout | None = None) -> Descriptor:
        """Ask whether a blob is there, and for its size.

        Args:
            digest: The blob's digest.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: There is no such blob.
            ParseError: The registry does not say how large it is.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        wanted = Digest(digest)
        answer = await head_blob.asyncio(self._pipeline, self._name, wanted, timeout=timeout)
        if answer.content_length is None:
            raise ParseError(model="HeadBlobOk", field="Content-Length", problem="is missing from the headers")
        return Descriptor(media_type=answer.media_type or _OCTETS, digest=wanted, size=answer.content_length)

    async def delete_blob(self, digest: str, *, timeout: Timeout | None = None) -> None:
        """Delete a blob from the repository.

        Args:
            digest: The blob's digest.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: There is no such blob.
            MethodNotAllowedError: The registry does not delete blobs.

        Source: OCI Distribution Spec, Deleting Blobs (end-10).
        """
        await delete_blob.asyncio(self._pipeline, self._name, Digest(digest), timeout=timeout)

    async def blob_upload(
        self,
        source: AsyncUploadSource,
        *,
        digest: str | None = None,
        size: int | None = None,
        chunk_size: int | None = None,
        from_repo: str | None = None,
        session: UploadSession | None = None,
        on_session: OnSession | None = None,
        on_progress: OnProgress | None = None,
        timeout: Timeout | None = None,
    ) -> Descriptor:
        """Upload a blob whole, unless it is there already; after a drop it goes on from what has arrived.

        The bytes are checked as they pass, before the upload is closed. What can be read again (bytes, a path, a file that can
        seek, an `AsyncRereadable`) can start over where the registry has lost an upload; of other sources a few MiB are kept, or
        a chunk.

        Args:
            source: Bytes, a path, a binary file, an iterable of bytes, or what gives `blocks(offset)`.
            digest: Its digest; None to compute it on the way.
            size: Its size in bytes, where it is known and cannot be found from the source.
            chunk_size: The bytes of a chunk; None for all in one, unless the registry wants chunks.
            from_repo: A repository of this registry, by its name there, that may have the blob: it is asked for a mount first.
            session: What `on_session` was given for the same source before, by whichever process: the upload goes on from there.
            on_session: Called with the session after each step. Whoever asks for it takes the session over: when the upload fails
                or is called off, it stays open on the registry, to be gone on with. Without it, it is cancelled.
            on_progress: Called while it runs, at most once a MiB.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Returns:
            The blob's digest and size, as a descriptor.

        Raises:
            DigestMismatchError: The source is not what `digest` and `size` say.
            RegistryError: The registry does not take it. Notes say what stays open there, if anything does.
            TypeError: The source is nothing that gives bytes, or `from_repo` comes without `digest`.
            OSError: The source cannot be read.

        Source: OCI Distribution Spec, Pushing Blobs (end-2, end-4a, end-5, end-6, end-11, end-13, end-14).
        """
        return await async_upload_blob(
            self._pipeline,
            self._name,
            source,
            UploadOptions(
                digest=digest,
                size=size,
                chunk_size=chunk_size,
                from_repo=from_repo,
                session=session,
                on_session=on_session,
                on_progress=on_progress,
                timeout=timeout,
            ),
            self._pipeline.limits,
        )

    async def mount_blob(
        self, digest: str, from_repo: str | None = None, *, timeout: Timeout | None = None
    ) -> Descriptor | UploadSession:
        """Take over a blob that the registry has in another repository.

        Args:
            digest: The blob's digest.
            from_repo: The repository that has it, by its name on the registry; None where the registry looks for itself.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Returns:
            The blob's descriptor when it was mounted, its size asked for; else a session to upload it with, or to cancel.

        Source: OCI Distribution Spec, Mounting a blob from another repository (end-11).
        """
        wanted = Digest(digest)
        answer = await start_blob_upload.asyncio(self._pipeline, self._name, mount=wanted, from_repo=from_repo, timeout=timeout)
        if isinstance(answer, start_blob_upload.StartBlobUploadAccepted):
            return started(self._name, answer)
        return await self.head_blob(wanted, timeout=timeout)
