"""Uploading a blob whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from ...digest import DEFAULT_ALGORITHM, Digest, Verifier
from ...errors import DigestMismatchError, NotFoundError, RegistryError
from ...v2.api import cancel_blob_upload, complete_blob_upload, head_blob, start_blob_upload, upload_blob_chunk
from ...v2.models import Descriptor
from ...wire import AsyncClient, AsyncRawBody, Timeout, async_blocks
from ..asides import async_aside, async_unbroken
from ..session import advanced, started
from ..sources import AsyncBlobSource, is_small, measured, opened

_OCTETS = "application/octet-stream"


async def async_upload_blob(
    client: AsyncClient, repo: str, source: AsyncBlobSource, digest: str | None, size: int | None, timeout: Timeout | None
) -> Descriptor:
    """Upload a blob, unless it is there already; a session that fails is cancelled.

    Args:
        client: What sends the requests.
        repo: The repository's name.
        source: The blob.
        digest: Its digest; None to compute it.
        size: Its size in bytes, where it is known and cannot be found from the source.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        DigestMismatchError: The source is not what `digest` and `size` say.
        RegistryError: The registry does not take it.
        TypeError: The source is nothing that gives bytes.
        OSError: The source cannot be read.
    """
    wanted = None if digest is None else Digest(digest)
    verifier = Verifier(DEFAULT_ALGORITHM if wanted is None else wanted.algorithm)
    with opened(source) as body:
        known = await _measured(body, verifier.digest.algorithm)
        if known is not None:
            if (wanted is not None and known[0] != wanted) or (size is not None and known[1] != size):
                raise DigestMismatchError(expected=wanted or known[0], actual=known[0], expected_size=size, actual_size=known[1])
            wanted, size = known
        else:
            body = async_blocks(body)  # before anything is sent, since not everything gives blocks
        if wanted is not None:
            with suppress(NotFoundError):
                there = await head_blob.asyncio(client, repo, wanted, timeout=timeout)
                if there.content_length is not None and size in (None, there.content_length):
                    return _descriptor(wanted, there.content_length)
        return await _send(client, repo, body, wanted, size, verifier, timeout)


async def _send(
    client: AsyncClient,
    repo: str,
    body: AsyncRawBody,
    wanted: Digest | None,
    size: int | None,
    verifier: Verifier,
    timeout: Timeout | None,
) -> Descriptor:
    algorithm = verifier.digest.algorithm
    opening = await start_blob_upload.asyncio(
        client, repo, digest_algorithm=None if algorithm == DEFAULT_ALGORITHM else algorithm, timeout=timeout
    )
    if isinstance(opening, start_blob_upload.StartBlobUploadCreated):
        raise RegistryError(f"the registry answered 201 to the start of an upload to {repo}, which holds no blob yet")
    session = started(repo, opening)
    checked = _checked(body, verifier, wanted, size)
    try:
        if wanted is None:
            # The digest is known after the last byte, and goes with the closing request.
            answer = await upload_blob_chunk.asyncio(
                client, repo, session.location, checked, content_length=size, timeout=timeout
            )
            session = advanced(session, answer, verifier.size)
            wanted = verifier.digest
            await complete_blob_upload.asyncio(client, repo, session.location, wanted, timeout=timeout)
        else:
            whole = body if isinstance(body, (bytes, bytearray, memoryview)) else checked
            await complete_blob_upload.asyncio(
                client, repo, session.location, wanted, body=whole, content_length=size, timeout=timeout
            )
    except BaseException:
        async with async_unbroken():
            with suppress(Exception):  # what failed before tells more
                await cancel_blob_upload.asyncio(client, repo, session.location, timeout=timeout)
        raise
    return _descriptor(wanted, size if size is not None else verifier.size)


async def _measured(body: AsyncRawBody, algorithm: str) -> tuple[Digest, int] | None:
    if is_small(body):
        return measured(body, algorithm)
    return await async_aside(lambda: measured(body, algorithm))


async def _checked(body: AsyncRawBody, verifier: Verifier, wanted: Digest | None, size: int | None) -> AsyncIterator[bytes]:
    async for block in async_blocks(body):
        verifier.update(block)
        if size is not None and verifier.size > size:
            break
        yield block
    verifier.verify(size, wanted or verifier.digest)


def _descriptor(digest: Digest, size: int) -> Descriptor:
    return Descriptor(media_type=_OCTETS, digest=digest, size=size)
