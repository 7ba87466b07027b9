"""Downloading a blob to a file: checked, resumed after drops and after the death of the process, there whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ....digest import Verifier
from ....errors import DigestMismatchError, TransportError
from ....v2.api import head_blob
from ....v2.models import Descriptor
from ...concurrency.threads import async_run_in_thread, async_run_in_thread_uncancellable, async_shielded
from ...wire import AsyncClient, Timeout
from ..part_file import PartFile, check_folder, check_free, hash_some
from ..progress import OnProgress, Phase, Progress
from ..resuming import Resumption
from ..sink import Sink
from ..wanted import Wanted, parse_wanted
from .fetching import async_start_fetch

# How often progress is told.
_STRIDE = 1024 * 1024


async def async_download_blob(
    client: AsyncClient,
    repo: str,
    blob: str | Descriptor,
    path: str | os.PathLike[str],
    use_urls: bool,
    on_progress: OnProgress | None,
    timeout: Timeout | None,
) -> Descriptor:
    """Download a blob to a file, unless it is there already.

    Args:
        client: What sends the requests.
        repo: The repository's name.
        blob: The blob's digest or descriptor.
        path: Where to.
        use_urls: Whether the descriptor's `urls` may be followed.
        on_progress: What is told how far it has come.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        OSError: The file cannot be written, or something else is there.
        DigestMismatchError: The blob is not the one that was asked for.
        NotFoundError: There is no such blob.
    """
    download = _Download(client, repo, parse_wanted(blob), Path(path), use_urls, on_progress, timeout)
    return await download.run()


class _Download:
    """One download."""

    def __init__(
        self,
        client: AsyncClient,
        repo: str,
        wanted: Wanted,
        target: Path,
        use_urls: bool,
        on_progress: OnProgress | None,
        timeout: Timeout | None,
    ) -> None:
        self._client = client
        self._repo = repo
        self._wanted = wanted
        self._target = target
        self._use_urls = use_urls
        self._on_progress = on_progress
        self._timeout = timeout
        self._size = wanted.size

    async def run(self) -> Descriptor:
        check_folder(self._target)
        if (there := await self._existing()) is not None:
            return there
        part = await async_run_in_thread_uncancellable(lambda: PartFile(self._target))
        keep = True
        try:
            if (there := await self._existing()) is None:  # another download may have finished in between
                there = await self._fill(part)
        except DigestMismatchError:
            keep = False
            raise
        except TransportError as error:
            if part.is_begun:
                error.args = (f"{error} What has come is kept in {part.path}: download to the same path again to go on.",)
            raise
        finally:
            async with async_shielded():
                await async_run_in_thread_uncancellable(lambda: part.close(keep=keep))
        return there

    async def _existing(self) -> Descriptor | None:
        """Return the descriptor of what is at the target already, None when nothing is."""
        if not self._target.is_file():
            check_free(self._target)
            return None
        with self._target.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            verifier = Verifier(self._wanted.digest.algorithm)
            if self._size in (None, size):
                while await async_run_in_thread_uncancellable(lambda: hash_some(file.fileno(), verifier)):
                    self._tell("check", verifier.size, size)
            if verifier.size != size or verifier.digest != self._wanted.digest:
                check_free(self._target)
        self._tell("check", size, size)
        return self._wanted.found(size)

    async def _fill(self, part: PartFile) -> Descriptor:
        found = part.length > 0
        if found and self._size is None:
            head = await head_blob.asyncio(self._client, self._repo, self._wanted.digest, timeout=self._timeout)
            self._size = head.content_length
        try:
            return await self._go_on(part)
        except DigestMismatchError:
            if not found:
                raise
        # What was found was no part of this blob.
        await async_run_in_thread_uncancellable(part.start_over)
        return await self._go_on(part)

    async def _go_on(self, part: PartFile) -> Descriptor:
        verifier = Verifier(self._wanted.digest.algorithm)
        while part.length and await async_run_in_thread_uncancellable(lambda: part.hash(verifier)):
            self._tell("check", verifier.size, self._size)
        if part.length:
            self._tell("check", verifier.size, self._size)
        state = Resumption(self._size, verifier.size)
        await self._receive(state, verifier, part)
        size = verifier.size
        verifier.verify(state.size, self._wanted.digest)
        await async_run_in_thread_uncancellable(part.finish)
        self._tell("download", size, size)
        return self._wanted.found(size)

    async def _receive(self, state: Resumption, verifier: Verifier, part: PartFile) -> None:
        """Fetch what is missing, hash it and write it."""
        fetch = await async_start_fetch(self._client, self._repo, self._wanted, state, self._use_urls, self._timeout)
        sink = Sink(verifier, part.write)
        told, more = state.offset, True
        try:
            # More than there should be is of another one, and need not fill the disk.
            while more and (state.size is None or state.offset <= state.size):
                room = sink.take()
                if room is None:
                    room = await async_run_in_thread(sink.wait)
                filled = 0
                try:
                    while more and filled < len(room):
                        come = await fetch.fill(room[filled:])
                        filled += come
                        more = come > 0
                finally:
                    sink.put(room[:filled])
                if state.offset - told >= _STRIDE:
                    told = state.offset
                    self._tell("download", told, state.size)
        finally:
            async with async_shielded():
                with suppress(TransportError):
                    await fetch.aclose()
                await async_run_in_thread_uncancellable(sink.close)
        sink.check()

    def _tell(self, phase: Phase, done: int, total: int | None) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(phase=phase, digest=self._wanted.digest, bytes=done, total=total))
