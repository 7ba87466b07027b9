"""The request that pushes a manifest, repeated while the registry does not find blobs that it has just received.

If the registry refuses the request, a tag that already names the manifest is a success.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..._core import transport
from ..._core.concurrency.waiting import async_sleep
from ..._core.wire import CallLimits
from ...digest import Digest, digest_of
from ...errors import RegistryError, StatusError, UnexpectedContentTypeError
from ...v2 import api
from ..immutable_tags import error_of_other_content
from ..manifests import parse_document
from ..missing_blobs import NOTE, may_be_found_later

if TYPE_CHECKING:
    from .manifests import AsyncManifestCalls


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


async def async_check_refused_tags(
    client: AsyncManifestCalls, error: StatusError, tags: Sequence[str], digest: Digest, limits: CallLimits
) -> None:
    """Do nothing if a refused push was not necessary, because each tag already names the manifest; otherwise raise an error.

    Args:
        client: The repository.
        error: The response to the push of the manifest.
        tags: The tags that were to be set.
        digest: The digest of the manifest.
        limits: The timeout, the deadline and the retries of the call.

    Raises:
        ImmutableTagError: A tag names another manifest, and the registry does not allow the tag to be moved.
        StatusError: The push was refused for another reason. This is the argument.
    """
    for tag in tags:
        stored: list[Digest] = []
        with suppress(RegistryError):
            stored = await _digests_of_tag(client, tag, digest.algorithm, limits)
        if digest in stored:
            continue
        found = error_of_other_content(error, client.repo.canonical_name, tag, stored[0]) if stored else None
        if found is None:
            raise error
        raise found from error


async def _digests_of_tag(client: AsyncManifestCalls, tag: str, algorithm: str, limits: CallLimits) -> list[Digest]:
    """Return the digest of the manifest that a tag names, and the digest of its bytes with an algorithm; nothing of a web page.

    The manifest is requested with GET, since some registries refuse HEAD.
    """
    try:
        found = await client.get_manifest(tag, timeout=limits.timeout, deadline=limits.deadline)
    except UnexpectedContentTypeError as error:  # a manifest of an unknown kind
        return [digest_of(error.raw, algorithm)] if isinstance(parse_document(error.raw), dict) else []
    return [found.digest, digest_of(found.raw, algorithm)]
