"""The request that pushes a manifest, repeated while the registry does not find blobs that it has just received."""

from __future__ import annotations

from typing import Any

from ..._core import transport
from ..._core.concurrency.waiting import async_sleep
from ..._core.wire import CallLimits
from ...digest import Digest
from ...errors import StatusError
from ...v2 import api
from ..missing_blobs import NOTE, may_be_found_later


async def async_push_manifest(
    pipeline: transport.AsyncPipeline | transport.AsyncOptionsSender,
    name: str,
    reference: str,
    content: bytes,
    digest: Digest,
    limits: CallLimits,
    **options: Any,
) -> api.put_manifest.PutManifestCreated:
    """Push a manifest, and return the response.

    The request is repeated, at most `max_retries` times, if the registry answers that a blob or manifest is missing which this
    client has pushed a short time ago.

    Args:
        pipeline: The sender of the client.
        name: The name of the repository on the registry.
        reference: The tag or the digest to push to.
        content: The bytes of the manifest.
        digest: The digest of the manifest.
        limits: The timeout, the deadline and the retries of the call.
        options: The other arguments of the generated function `put_manifest`.

    Raises:
        StatusError: The registry rejects the manifest.
    """
    failures = 0
    while True:
        try:
            response = await api.put_manifest.asyncio(
                pipeline, name, reference, content, timeout=limits.timeout, deadline=limits.deadline, **options
            )
        except StatusError as error:
            if not may_be_found_later(error, content, pipeline.pushes.of(name)):
                raise
            failures += 1
            wait = limits.seconds_to_retry(failures, retry_after=error.retry_after)
            if wait is None:
                error.add_note(NOTE)
                raise
        else:
            pipeline.pushes.add(name, digest)
            return response
        await async_sleep(wait)
