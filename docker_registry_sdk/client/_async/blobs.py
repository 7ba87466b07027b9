"""The client methods for blobs in API v2."""

from __future__ import annotations

import os

from ..._core import blobs
from ..._core.concurrency.opening import AsyncOpening
from ..._core.text.redaction import printable
from ..._core.wire import CallLimits, Deadline, Timeout, is_length_of_get
from ...digest import DigestLike, to_digest
from ...errors import ParseError
from ...media_types import OCTET_STREAM
from ...reference import Repo
from ...v2 import api, models
from .base import AsyncRepositoryBase


class AsyncBlobCalls(AsyncRepositoryBase):
    """The client methods for blobs."""

    def create_blob_read_stream(
        self,
        digest: DigestLike,
        *,
        use_urls: bool = False,
        max_size: int | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> AsyncOpening[blobs.AsyncBlobStream]:
        """Open a blob as a verified stream.

        An interrupted download is resumed at the byte where it was interrupted, at most `max_retries` times (an option of the
        client). A `with` block closes the stream at its end; without a `with` block, close the stream with `close`. Reading the
        whole blob needs one request.

        Args:
            digest: The blob's digest: text, a `Digest`, or an object with a digest such as a descriptor.
                With a descriptor, the number of bytes must match its size, too. Content in its `data` needs no request.
            use_urls: Whether to download the blob from the `urls` of the descriptor, without credentials, if the registry does
                not have the blob. Without a descriptor, this has no effect.
            max_size: The largest size in bytes to accept, for blobs of a registry that you do not trust; None for no limit.
                Without a descriptor, only this limit ends the download of a blob that is larger than expected.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds within which the whole blob must have been read, or a `Deadline`; None uses the client's
                deadline.

        Raises:
            InvalidDigestError: The digest is malformed, or its algorithm is neither sha256 nor sha512.
            NotFoundError: The blob does not exist.
            DigestMismatchError: While reading, before the last bytes are returned: the bytes do not match the digest or size.
            SizeLimitError: The blob has more than `max_size` bytes. If the registry does not state the size, reading raises this
                error.
            TransportError: While reading: the download was interrupted, and `max_retries` is used up.
            DeadlineExceededError: The deadline passed before the whole blob was read.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        repository = self._blobs(self._limits(timeout, deadline))
        return AsyncOpening(blobs.async_open_blob_stream(repository, digest, use_urls, max_size))

    async def download_blob(
        self,
        digest: DigestLike,
        path: str | os.PathLike[str],
        *,
        use_urls: bool = False,
        max_size: int | None = None,
        on_progress: blobs.OnProgress | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> models.Descriptor:
        """Download a blob to a file: verified, resumable, and renamed into place atomically.

        The bytes are first written to `<path>.part`. An interrupted download is resumed at most `max_retries` times (an
        option of the client). If the download still fails, or the call is cancelled, the `.part` file is kept, and the next
        call with the same path resumes the download.

        Args:
            digest: The blob's digest: text, a `Digest`, or an object with a digest such as a descriptor.
                With a descriptor, the number of bytes must match its size, too. Content in its `data` needs no request.
            path: The file to write. If the file already holds this blob, nothing is downloaded.
            use_urls: Whether to download the blob from the `urls` of the descriptor, without credentials, if the registry does
                not have the blob. Without a descriptor, this has no effect.
            max_size: The largest size in bytes to accept, for blobs of a registry that you do not trust; None for no limit.
                Without a descriptor, only this limit ends the download of a blob that is larger than expected.
            on_progress: A function that is called with a `Progress` at most once per MiB, and at the end. An exception in the
                function ends the download. None: no function is called.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Returns:
            If a descriptor was passed, that descriptor; otherwise a new descriptor with the blob's digest and size.

        Raises:
            InvalidDigestError: The digest is malformed, or its algorithm is neither sha256 nor sha512.
            FileExistsError: The file at the path holds other bytes than the blob; no request was sent.
            OSError: The file cannot be written, the folder of the file does not exist, or another download to the same path is
                running.
            NotFoundError: The blob does not exist.
            DigestMismatchError: The bytes do not match the digest or the size. The `.part` file was deleted.
            SizeLimitError: The blob has more than `max_size` bytes. The `.part` file was deleted.
            TransportError: The download was interrupted, and `max_retries` is used up.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        return await blobs.async_download_blob(
            self._blobs(self._limits(timeout, deadline)),
            digest,
            path,
            use_urls=use_urls,
            max_size=max_size,
            on_progress=on_progress,
        )

    async def open_blob(
        self, digest: DigestLike, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> blobs.AsyncBlobFile:
        """Open a blob as a seekable file, for code such as `zipfile` that reads only some ranges of a file.

        The bytes are not verified, since the digest covers the whole blob: `download_blob` and `create_blob_read_stream` verify.
        If the registry does not support range requests, or answers one wrongly, the first such read downloads the whole blob to
        a temporary file, and verifies it. All further reads are from that file, which is removed when the blob file is closed.

        Args:
            digest: The blob's digest: text, a `Digest`, or an object with a digest such as a descriptor.
                With a descriptor, its size is used without a check, and no request is sent before the first read. Otherwise,
                the size comes from a HEAD request.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the opening may take, and again each read of a range or of the whole blob; or a `Deadline`
                that limits the opening and all reads together; None uses the client's deadline.

        Raises:
            InvalidDigestError: The digest is malformed.
            NotFoundError: The blob does not exist. If a descriptor was passed, the first read raises this error.
            ParseError: A digest was passed, and the registry does not state the size of the blob.
            DigestMismatchError: While reading: the whole blob was downloaded, and does not match its digest or size.
            OSError: While reading: the temporary file cannot be written.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        spec = blobs.parse_blob_spec(digest)
        limits = self._limits(timeout, deadline)
        size = spec.size
        if size is None:
            size = (await self.head_blob(spec.digest, timeout=limits.timeout, deadline=limits.deadline)).size
        return blobs.AsyncBlobFile(self._blobs(limits), spec, size, deadline)

    async def head_blob(
        self, digest: DigestLike, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> models.Descriptor:
        """Request the size of a blob without downloading it, and return the blob's descriptor.

        Args:
            digest: The blob's digest: text, a `Digest`, or an object with a digest such as a descriptor.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: The digest is malformed.
            NotFoundError: The blob does not exist.
            ParseError: The registry does not state the size of the blob, or states the size of an encoded form.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        checked = to_digest(digest)
        response = await api.head_blob.asyncio(self._pipeline, self._name, checked, timeout=timeout, deadline=deadline)
        if coding := response.headers.get("Content-Encoding", "").strip().lower().replace("identity", ""):
            raise ParseError(
                model="HeadBlobOk",
                field="Content-Length",
                problem=f"may be the length of the encoded blob, since the response has Content-Encoding: {printable(coding)}",
                hint="Pass the descriptor of the blob instead of its digest: a descriptor has the size.",
            )
        if response.content_length is None or not is_length_of_get(response):
            absent = "is missing from the headers" if response.content_length is None else "is not the size of the blob"
            problem = f"{absent} (the status of the response is {response.status})"
            raise ParseError(model="HeadBlobOk", field="Content-Length", problem=problem)
        return models.Descriptor(media_type=response.media_type or OCTET_STREAM, digest=checked, size=response.content_length)

    async def delete_blob(
        self, digest: DigestLike, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Delete a blob from the repository.

        Args:
            digest: The blob's digest: text, a `Digest`, or an object with a digest such as a descriptor.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: The digest is malformed.
            NotFoundError: The blob does not exist.
            MethodNotAllowedError: The registry does not delete blobs.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Deleting Blobs (end-10).
        """
        await api.delete_blob.asyncio(self._pipeline, self._name, to_digest(digest), timeout=timeout, deadline=deadline)

    async def blob_upload(
        self,
        source: blobs.AsyncUploadSource,
        *,
        digest: DigestLike | None = None,
        size: int | None = None,
        chunk_size: int | None = None,
        from_repo: str | Repo | None = None,
        session: blobs.UploadSession | None = None,
        on_session: blobs.OnSession | None = None,
        on_progress: blobs.OnProgress | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> models.Descriptor:
        """Upload a blob. An interrupted upload is resumed.

        If `digest` is given without `session`, and the repository already has the blob, nothing is uploaded.

        The bytes are hashed while they are read, and their digest and size are checked before the last request of the upload.
        If the registry loses bytes or the upload session, the bytes are sent again. A source that can be read twice (bytes, a
        path, a seekable file, an `AsyncReplayableSource`) can be sent again from the start. Of other sources, only the last
        8 MiB (or the last chunk, if chunks are larger) can be sent again. The same is true if the registry redirects a request
        of the upload (307 or 308).

        Args:
            source: The blob's content: bytes, a path, a binary file, an iterable of bytes, or an `AsyncReplayableSource` (an
                object with a method `blocks(offset)`).
            digest: The blob's digest: text, a `Digest`, or an object with a digest such as a descriptor. None to compute a sha256
                digest while uploading.
            size: The blob's size in bytes; None if the size is unknown or the source states it, as bytes and files do.
            chunk_size: The size of each chunk in bytes; None to send one request, unless the registry requires chunks.
            from_repo: Another repository on this registry: its name, such as `library/app`, or a `Repo`. The call first tries
                to mount the blob from that repository, which requires `digest`. None: no mount is tried.
            session: The session of an earlier upload of the same source, to resume that upload: the last session with which
                `on_session` was called, in this or another process. None to begin a new upload.
            on_session: A function that is called with the session after each request. If the upload fails or is cancelled, the
                session stays open on the registry, so that a later call can resume the upload. None: no function is called, and
                the session of an upload that fails or is cancelled is cancelled on the registry.
            on_progress: A function that is called with a `Progress` at most once per MiB, and at the end. An exception in the
                function ends the upload. None: no function is called.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Returns:
            A descriptor with the blob's digest and size.

        Raises:
            DigestMismatchError: The source does not match `digest` or `size`.
            RedirectError: The registry redirects the upload, and the bytes cannot be sent again.
            RegistryError: The registry rejects the upload. If the upload session stays open, a note on the exception says so.
            TypeError: The source is of an unsupported type, or `from_repo` was passed without `digest`.
            ValueError: `session` belongs to another repository, `size` is negative, or `chunk_size` is less than 1.
            OSError: The source cannot be read.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pushing Blobs (end-2, end-4a, end-5, end-6, end-11, end-13, end-14).
        """
        return await blobs.async_upload_blob(
            self._blobs(self._limits(timeout, deadline)),
            source,
            blobs.UploadOptions(
                digest=None if digest is None else to_digest(digest),
                size=size,
                chunk_size=chunk_size,
                from_repo=self._name_of(from_repo),
                session=session,
                on_session=on_session,
                on_progress=on_progress,
            ),
        )

    upload_blob = blob_upload
    """Upload a blob. An interrupted upload is resumed. The same method as `blob_upload`, which is the node.js client's word."""

    async def read_blob(
        self,
        digest: DigestLike,
        *,
        max_size: int | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> bytes:
        """Download a blob with one request, and return its bytes after verifying them. The whole blob is kept in memory.

        Args:
            digest: The blob's digest: text, a `Digest`, or an object with a digest. With a descriptor, the number of bytes must
                match its size, too.
            max_size: The largest size in bytes to accept, for blobs of a registry that you do not trust; None for no limit.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: The digest is malformed, or its algorithm is neither sha256 nor sha512.
            NotFoundError: The blob does not exist.
            DigestMismatchError: The bytes do not match the digest or the size.
            SizeLimitError: The blob has more than `max_size` bytes.
            TransportError: The download was interrupted, and `max_retries` is used up.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Blobs (end-2).
        """
        async with self.create_blob_read_stream(digest, max_size=max_size, timeout=timeout, deadline=deadline) as stream:
            return await stream.read()

    async def mount_blob(
        self,
        digest: DigestLike,
        from_repo: str | Repo | None = None,
        *,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> models.Descriptor | blobs.UploadSession:
        """Mount a blob from another repository of the registry.

        Args:
            digest: The blob's digest: text, a `Digest`, or an object with a digest such as a descriptor.
            from_repo: The repository that has the blob, such as `library/app`, or a `Repo`; None to let the registry choose one.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Returns:
            If the registry mounted the blob, the blob's descriptor, with the size from a HEAD request. Otherwise an upload
            session that the registry has opened: pass the session to `blob_upload`, or cancel it with `cancel_blob_upload`.

        Raises:
            InvalidDigestError: The digest is malformed.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Mounting a blob from another repository (end-11).
        """
        mounted, limits = to_digest(digest), self._limits(timeout, deadline)
        response = await api.start_blob_upload.asyncio(
            self._pipeline,
            self._name,
            mount=mounted,
            from_repo=self._name_of(from_repo),
            timeout=limits.timeout,
            deadline=limits.deadline,
        )
        session = blobs.session_unless_mounted(self._name, response, mounted)
        if session is not None:
            return session
        self._pipeline.pushes.add(self._name, mounted)
        return await self.head_blob(mounted, timeout=limits.timeout, deadline=limits.deadline)

    def _blobs(self, limits: CallLimits) -> blobs.AsyncBlobRepository:
        return blobs.AsyncBlobRepository(self._pipeline, self._name, limits, self._pipeline.pushes)
