"""Upload of a blob, unless the repository has the blob or the registry can mount it from another repository."""

from __future__ import annotations

from contextlib import nullcontext, suppress

from ....digest import DEFAULT_ALGORITHM, Digest, Verifier
from ....errors import AuthError, DigestMismatchError, ParseError, StatusError
from ....media_types import OCTET_STREAM
from ....v2 import api
from ....v2.models import Descriptor
from ...concurrency.threads import async_complete_despite_cancel, async_run_in_thread
from ...wire import AsyncRawBody
from ..progress import Phase, Progress, check_on_progress
from ..upload_requests import ABSENT_BEFORE_PUSH, DEFAULT_CHUNK_BYTES
from ..upload_session import UploadOptions, session_unless_mounted
from ..upload_source import AsyncReplayableSource, AsyncUploadSource, open_source, read_if_small
from .blob_repository import AsyncBlobRepository
from .replayable_source import source_size
from .resumable_upload import AsyncResumableUpload
from .verified_source import AsyncVerifiedSource


async def async_upload_blob(repository: AsyncBlobRepository, source: AsyncUploadSource, options: UploadOptions) -> Descriptor:
    """Upload a blob, unless the repository has the blob or the registry mounts it, and return the descriptor of the blob.

    Args:
        repository: The repository to upload to.
        source: Where the bytes of the blob are read from.
        options: The options of the upload. Without `options.digest`, only a blob of at most 1 MiB in bytes or in a seekable file
            is looked for before the upload, since the digest of other blobs is not known yet.

    Raises:
        DigestMismatchError: The bytes do not match `options.digest` or `options.size`.
        RegistryError: The registry does not accept the blob.
        ValueError: The upload session `options.session` belongs to another repository.
        TypeError: The source does not yield bytes, or the progress callback is a coroutine function.
        OSError: The source cannot be read.
    """
    check_on_progress(options.on_progress)
    repository = repository.for_push()
    digest = None if options.digest is None else Digest(options.digest)
    algorithm = DEFAULT_ALGORITHM if digest is None else digest.algorithm
    if options.session is not None and options.session.repo != repository.name:
        raise ValueError(
            f"the upload session belongs to the repository {options.session.repo}, but the client is bound to {repository.name}: "
            f"use client.with_repo({options.session.repo!r})"
        )
    with nullcontext(source) if isinstance(source, AsyncReplayableSource) else open_source(source) as body:
        size = options.size
        content = None if isinstance(body, AsyncReplayableSource) else await _read_small(body)
        if content is not None:
            body = content
            digest, size = _verify_content(content, algorithm, digest, size)
        elif size is None:
            size = source_size(body)
        keep = max(DEFAULT_CHUNK_BYTES, options.chunk_size or 0)
        verified = AsyncVerifiedSource(body, algorithm, digest, size, keep)  # raises TypeError before anything is sent
        upload = AsyncResumableUpload(repository, verified, options, content)
        try:
            stored = await _find_or_mount(repository, verified, options, upload)
            if stored is None:
                stored = await upload.run()
                repository.pushes.add(repository.name, stored[0])
        except BaseException as error:
            await upload.abort(error)
            raise
        finally:
            await verified.aclose()
        return Descriptor(media_type=OCTET_STREAM, digest=stored[0], size=stored[1])


async def _read_small(body: AsyncRawBody) -> bytes | None:
    """Return the content of bytes or of a seekable file of at most 1 MiB; return None for other sources.

    The content is hashed before any request is sent, since the digest shows whether the repository has the blob already.
    """
    if isinstance(body, (bytes, bytearray, memoryview)):
        return read_if_small(body)
    return await async_run_in_thread(lambda: read_if_small(body))


def _verify_content(content: bytes, algorithm: str, digest: Digest | None, size: int | None) -> tuple[Digest, int]:
    verifier = Verifier(algorithm)
    verifier.update(content)
    actual = verifier.digest
    if (digest is not None and actual != digest) or size not in (None, verifier.size):
        raise DigestMismatchError(
            expected=digest or actual,
            actual=actual,
            expected_size=size,
            actual_size=verifier.size,
            hint="Pass the digest and the size of these bytes, or leave them out.",
        )
    return actual, verifier.size


async def _find_or_mount(
    repository: AsyncBlobRepository, source: AsyncVerifiedSource, options: UploadOptions, upload: AsyncResumableUpload
) -> tuple[Digest, int] | None:
    """Return digest and size of a blob that the registry mounts or the repository has; None if the blob must be uploaded.

    If `options.from_repo` is given, try to mount the blob first. If the registry does not mount the blob, but opens an upload
    session, the upload uses that session. The result is also None if the digest is not known, or if a session is resumed.
    """
    digest, size = source.expected_digest, source.size
    if digest is None or options.session is not None:
        return None
    if options.from_repo is not None:
        from_repo = options.from_repo

        def keep(response: api.start_blob_upload.Success) -> None:
            session = session_unless_mounted(repository.name, response, digest)
            if session is not None:
                upload.use_session(session)

        # An error only means that this mount is impossible: Docker Hub answers 400, Harbor 401, GitLab issues no token.
        with suppress(StatusError, AuthError, ParseError):
            # Complete the request even when the caller is cancelled: without the location, a session could not be cancelled.
            response = await async_complete_despite_cancel(
                lambda: api.start_blob_upload.asyncio(
                    repository.client, repository.name, mount=digest, from_repo=from_repo, **repository.options
                ),
                keep,
            )
            if session_unless_mounted(repository.name, response, digest) is not None:
                return None
            if size is None:
                with suppress(*ABSENT_BEFORE_PUSH):
                    size = await repository.stored_size(digest)
            repository.pushes.add(repository.name, digest)
            if size is None:
                return None  # The registry does not state the size. The upload, which follows, counts the bytes.
            _report(options, "mount", digest, size)
            return digest, size
    with suppress(*ABSENT_BEFORE_PUSH):
        stored_size = await repository.stored_size(digest)
        if stored_size is not None and size in (None, stored_size):
            _report(options, "skip", digest, stored_size)
            return digest, stored_size
    return None


def _report(options: UploadOptions, phase: Phase, digest: Digest, size: int) -> None:
    if options.on_progress is not None:
        options.on_progress(Progress(phase=phase, digest=digest, bytes=size, total=size))
