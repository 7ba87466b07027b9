"""Uploading a blob whole."""

from __future__ import annotations

from contextlib import nullcontext, suppress

from ....digest import DEFAULT_ALGORITHM, Digest, Verifier
from ....errors import AuthError, DigestMismatchError, NotFoundError, StatusError
from ....media_types import OCTET_STREAM
from ....v2.api import head_blob, start_blob_upload
from ....v2.models import Descriptor
from ...concurrency.threads import async_complete_despite_cancel, async_run_in_thread
from ...transport.retries import RetryLimits
from ...wire import AsyncClient, AsyncRawBody
from ..progress import Phase, Progress
from ..session import started
from ..sources import AsyncUploadSource, opened, small_content
from ..upload_options import UploadOptions
from ..upload_plan import CHUNK
from .feeding import AsyncFeed
from .replaying import known_size
from .rereading import AsyncRereadable
from .sending import AsyncSending


async def async_upload_blob(
    client: AsyncClient, repo: str, source: AsyncUploadSource, options: UploadOptions, limits: RetryLimits
) -> Descriptor:
    """Upload a blob, unless it is there already.

    Args:
        client: What sends the requests.
        repo: The repository's name.
        source: The blob.
        options: What the caller says of it.
        limits: How often and how long to go on.

    Raises:
        DigestMismatchError: The source is not what `digest` and `size` say.
        RegistryError: The registry does not take it.
        ValueError: The session is for another repository.
        TypeError: The source is nothing that gives bytes.
        OSError: The source cannot be read.
    """
    wanted = None if options.digest is None else Digest(options.digest)
    algorithm = DEFAULT_ALGORITHM if wanted is None else wanted.algorithm
    if options.session is not None and options.session.repo != repo:
        raise ValueError(f"the session is for {options.session.repo}, not for {repo}: use with_repo()")
    with nullcontext(source) if isinstance(source, AsyncRereadable) else opened(source) as body:
        size = options.size
        small = None if isinstance(body, AsyncRereadable) else await _small(body)
        if small is not None:
            body = small
            wanted, size = _measured(small, algorithm, wanted, size)
        elif size is None:
            size = known_size(body)
        keep = max(CHUNK, options.chunk_size or 0)
        feed = AsyncFeed(body, algorithm, wanted, size, keep)  # before anything is sent, since not everything gives bytes
        sending = AsyncSending(client, repo, feed, wanted, options, limits, small)
        try:
            found = await _present(client, repo, wanted, size, options, sending)
            if found is None:
                found = await sending.run()
        except BaseException as error:
            await sending.give_up(error)
            raise
        finally:
            await feed.aclose()
        digest, count = found
        return Descriptor(media_type=OCTET_STREAM, digest=digest, size=count)


async def _small(body: AsyncRawBody) -> bytes | None:
    """Return the content of what is small: hashing it before anything is sent costs no time that counts."""
    if isinstance(body, (bytes, bytearray, memoryview)):
        return small_content(body)
    return await async_run_in_thread(lambda: small_content(body))


def _measured(content: bytes, algorithm: str, wanted: Digest | None, size: int | None) -> tuple[Digest, int]:
    verifier = Verifier(algorithm)
    verifier.update(content)
    actual = verifier.digest
    if (wanted is not None and actual != wanted) or size not in (None, verifier.size):
        raise DigestMismatchError(expected=wanted or actual, actual=actual, expected_size=size, actual_size=verifier.size)
    return actual, verifier.size


async def _present(
    client: AsyncClient,
    repo: str,
    wanted: Digest | None,
    size: int | None,
    options: UploadOptions,
    sending: AsyncSending,
) -> tuple[Digest, int] | None:
    """Return what is there already, or can be mounted; a mount that becomes a session is left with `sending`."""
    if wanted is None or options.session is not None:
        return None
    if options.from_repo is not None:
        from_repo = options.from_repo

        def keep(answer: start_blob_upload.StartBlobUploadAccepted | start_blob_upload.StartBlobUploadCreated) -> None:
            if isinstance(answer, start_blob_upload.StartBlobUploadAccepted):
                sending.take(started(repo, answer))

        # A refusal says no more than that nothing is mounted from there: 400 on Docker Hub, 401 on Harbor, no token on GitLab.
        with suppress(StatusError, AuthError):
            answer = await async_complete_despite_cancel(  # a session that nobody has heard of could not be cancelled
                lambda: start_blob_upload.asyncio(client, repo, mount=wanted, from_repo=from_repo, timeout=options.timeout), keep
            )
            if isinstance(answer, start_blob_upload.StartBlobUploadAccepted):
                return None
            if size is None:
                size = (await head_blob.asyncio(client, repo, wanted, timeout=options.timeout)).content_length or 0
            _tell(options, "mount", wanted, size)
            return wanted, size
    with suppress(NotFoundError):
        there = await head_blob.asyncio(client, repo, wanted, timeout=options.timeout)
        if there.content_length is not None and size in (None, there.content_length):
            _tell(options, "skip", wanted, there.content_length)
            return wanted, there.content_length
    return None


def _tell(options: UploadOptions, phase: Phase, digest: Digest, size: int) -> None:
    if options.on_progress is not None:
        options.on_progress(Progress(phase=phase, digest=digest, bytes=size, total=size))
