"""Download of a blob to a file: verified, resumable (also by another process), and renamed into place atomically."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ....digest import DigestLike, Verifier
from ....errors import DigestMismatchError, ResponseError, SizeLimitError, TransportError
from ....v2.models import Descriptor
from ...concurrency.threads import async_run_in_thread, async_run_in_thread_uncancellable, async_shielded
from ...folders import FolderEntry
from ..blob_spec import BlobSpec, parse_blob_spec
from ..byte_ranges import Resumption
from ..download_target import check_absent, open_existing, open_target
from ..hashing import HashingWriter
from ..part_file import PartFile, hash_some
from ..progress import PROGRESS_INTERVAL_BYTES, OnProgress, Phase, Progress, check_on_progress
from .blob_repository import AsyncBlobRepository
from .ranged_fetch import async_start_fetch


async def async_download_blob(
    repository: AsyncBlobRepository,
    blob: DigestLike,
    path: str | os.PathLike[str] | FolderEntry,
    *,
    use_urls: bool = False,
    max_size: int | None = None,
    on_progress: OnProgress | None = None,
) -> Descriptor:
    """Download a blob to a file, unless the file already holds the blob, and return the descriptor of the blob.

    Args:
        repository: The repository that has the blob.
        blob: The digest or the descriptor of the blob.
        path: The path of the file, which may be a link if the file exists; or an entry in a folder that stays open during the
            call, which must not be a link. An unfinished download is kept beside the file, with `.part` after its name.
        use_urls: Whether to try the external URLs of the descriptor if the registry does not have the blob.
        max_size: The largest size in bytes that the caller allows; None for no limit.
        on_progress: The progress callback; None for no callback.

    Raises:
        SizeLimitError: The blob has more than `max_size` bytes. The bytes received so far were deleted.
        OSError: The file cannot be written, or something other than this blob exists at the path.
        DigestMismatchError: The bytes do not match the digest or the size.
        NotFoundError: The blob does not exist.
        TypeError: The progress callback is a coroutine function.
    """
    check_on_progress(on_progress)
    spec = parse_blob_spec(blob, max_size)
    if isinstance(path, FolderEntry):
        return await _Download(repository, spec, path, use_urls, on_progress, follow_link=False).run()
    target = open_target(Path(path))
    with target.folder:
        return await _Download(repository, spec, target, use_urls, on_progress, follow_link=True).run()


class _Download:
    """One download of a blob to a file."""

    def __init__(
        self,
        repository: AsyncBlobRepository,
        blob: BlobSpec,
        target: FolderEntry,
        use_urls: bool,
        on_progress: OnProgress | None,
        *,
        follow_link: bool,
    ) -> None:
        self._repository = repository
        self._blob = blob
        self._target = target
        self._use_urls = use_urls
        self._on_progress = on_progress
        self._follow_link = follow_link
        self._size = blob.size
        self._is_joined = False

    async def run(self) -> Descriptor:
        if (existing := await self._check_existing()) is not None:
            return existing
        part = await async_run_in_thread_uncancellable(lambda: PartFile(self._target))
        keep = True
        try:
            # Another download may have finished before the lock was taken.
            if (existing := await self._check_existing()) is not None:
                return existing
            return await self._complete(part)
        except (DigestMismatchError, SizeLimitError):
            keep = False
            raise
        except TransportError as error:
            if part.is_resumable:
                error.add_note(
                    f"The bytes received so far are kept in {part.path}. To resume the download, download to the same path again."
                )
            raise
        finally:
            async with async_shielded():
                await async_run_in_thread_uncancellable(lambda: part.close(keep=keep))

    async def _check_existing(self) -> Descriptor | None:
        """Return the descriptor of the blob if the target file holds the blob; return None if the target does not exist.

        If something else exists at the path of the target, raise OSError.
        """
        descriptor = open_existing(self._target, follow_link=self._follow_link)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb", buffering=0):
            size = os.fstat(descriptor).st_size
            verifier = Verifier(self._blob.digest.algorithm)
            if self._size in (None, size):
                while await async_run_in_thread_uncancellable(lambda: hash_some(descriptor, verifier)):
                    self._repository.check_deadline(self._blob.digest)
                    self._report("check", verifier.size, size)
            if verifier.size != size or verifier.digest != self._blob.digest:
                check_absent(self._target)
        self._report("check", size, size)
        return self._blob.to_descriptor(size)

    async def _complete(self, part: PartFile) -> Descriptor:
        """Download the rest of the blob.

        If the bytes do not match, and were joined from the `.part` file or several responses, download the whole blob once,
        without range requests: the `.part` file may belong to another blob, and some servers send wrong ranges each time.
        """
        was_begun = part.length > 0
        if was_begun and self._size is None:
            with suppress(ResponseError):  # some registries refuse HEAD
                self._size = await self._repository.stored_size(self._blob.digest)
        try:
            return await self._resume(part)
        except DigestMismatchError:
            if not was_begun and not self._is_joined:
                raise
        await async_run_in_thread_uncancellable(part.start_over)
        self._size = self._blob.size
        return await self._resume(part, use_ranges=False)

    async def _resume(self, part: PartFile, *, use_ranges: bool = True) -> Descriptor:
        verifier = Verifier(self._blob.digest.algorithm)
        while part.length and await async_run_in_thread_uncancellable(lambda: part.hash_some(verifier)):
            self._repository.check_deadline(self._blob.digest)
            self._report("check", verifier.size, self._size)
        if part.length:
            self._report("check", verifier.size, self._size)
        self._blob.check_size(self._size)
        state = Resumption(self._size, verifier.size, check_size=self._blob.check_size, use_ranges=use_ranges)
        try:
            await self._receive(state, verifier, part)
        finally:
            self._is_joined = state.responses > 1
        size = verifier.size
        state.verify(verifier, self._blob.digest)
        await async_run_in_thread_uncancellable(part.finish)
        self._report("download", size, size)
        return self._blob.to_descriptor(size)

    async def _receive(self, state: Resumption, verifier: Verifier, part: PartFile) -> None:
        """Fetch the missing bytes of the blob, hash these bytes with `verifier`, and append them to the `.part` file."""
        fetch = await async_start_fetch(self._repository, self._blob, state, self._use_urls)
        writer = HashingWriter(verifier, part.write)
        reported, more = state.offset, True
        try:
            # A body that is longer than the blob fails the verification, so do not let it fill the disk.
            while more and (state.size is None or state.offset <= state.size):
                buffer = writer.get_buffer()
                if buffer is None:
                    buffer = await async_run_in_thread(writer.wait_for_buffer)
                filled = 0
                try:
                    while more and filled < len(buffer):
                        count = await fetch.read_into(buffer[filled:])
                        filled += count
                        more = count > 0
                finally:
                    writer.write(buffer[:filled])
                if state.offset - reported >= PROGRESS_INTERVAL_BYTES:
                    reported = state.offset
                    self._report("download", reported, state.size)
        finally:
            async with async_shielded():
                with suppress(TransportError):
                    await fetch.aclose()
            # A block of its own, since the first one ends after some seconds if the connection does not close.
            async with async_shielded():
                await async_run_in_thread_uncancellable(writer.close)
        writer.raise_failure()

    def _report(self, phase: Phase, done: int, total: int | None) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(phase=phase, digest=self._blob.digest, bytes=done, total=total))
