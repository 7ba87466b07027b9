"""Push and delete manifests that have a subject, on registries with and without the referrers API."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from typing import Final

from ..._core.concurrency.waiting import async_sleep
from ..._core.wire import Timeout
from ...client._async.client import AsyncRegistryClientV2
from ...client.fallback import fallback_tag, means_no_referrers_api
from ...client.manifests import ManifestResponse, PutManifestResponse, digest_from_manifest_bytes
from ...digest import Digest
from ...errors import NotFoundError, PreconditionFailedError, ReferrersError, ResponseError, StatusError
from ...media_types import OCI_INDEX
from ..referrers_list import Change, add_referrer, parse_referrers_list, referrer_of, remove_referrer

# Of several concurrent writers at least one succeeds in each round, so that ten writers finish in ten rounds.
MAX_UPDATE_ROUNDS: Final = 10
MAX_WAIT_SECONDS: Final = 5.0


async def async_push_manifest(
    client: AsyncRegistryClientV2, content: bytes, ref: str | None, *, media_type: str, timeout: Timeout | None = None
) -> PutManifestResponse:
    """Push a manifest. If it has a subject and the registry has no referrers API, add it to the list under the fallback tag.

    Changes that other clients make to the list at the same time are kept: the list is read again after a short time, and changed
    again if the manifest is missing. To push several referrers of one subject, push one after the other: that is faster than
    concurrently.

    Args:
        client: A client of the repository.
        content: The bytes of the manifest, whose blobs and manifests must have been pushed before.
        ref: A tag, the digest of the content, or None for its digest.
        media_type: The media type of the manifest, equal to its `mediaType`.
        timeout: Seconds or an `httpx.Timeout` for each request.

    Raises:
        ParseError: The content is not a manifest of that type; nothing was sent.
        InvalidDigestError: `ref` or the digest of the subject is invalid; nothing was sent.
        DigestMismatchError: `ref` is another digest than that of the content, or the registry returned another digest.
        ReferrersError: The manifest was pushed, but could not be added to the list of referrers; push it again.
        StatusError: The registry refuses the manifest or the list; push it again to complete the list.

    Source: OCI Distribution Spec, Pushing Manifests with Subject, Referrers Tag Schema.
    """
    digest = Digest(ref) if ref is not None and ":" in ref else digest_from_manifest_bytes(content)
    referrer = referrer_of(content, media_type, digest)
    pushed = await client.put_manifest(content, digest if ref is None else ref, media_type=media_type, timeout=timeout)
    if referrer is not None and pushed.subject is None:
        await _update_list(client, referrer.subject, add_referrer(referrer.descriptor), timeout)
    return pushed


async def async_delete_manifest(client: AsyncRegistryClientV2, digest: str, *, timeout: Timeout | None = None) -> None:
    """Delete a manifest with all its tags, and remove it from the list of referrers under the fallback tag of its subject.

    An empty list is not deleted: that could delete a referrer that another client has just added.

    Args:
        client: A client of the repository.
        digest: The digest of the manifest; tags are not accepted.
        timeout: Seconds or an `httpx.Timeout` for each request.

    Raises:
        InvalidDigestError: The digest is invalid; nothing was sent.
        NotFoundError: The manifest does not exist.
        ReferrersError: The list cannot be read or changed; nothing was deleted.
        MethodNotAllowedError: The registry does not support deletion; the list is unchanged.

    Source: OCI Distribution Spec, Deleting Manifests (end-9).
    """
    wanted = Digest(digest)
    found = await client.get_manifest(wanted, timeout=timeout)
    referrer = referrer_of(found.raw, found.media_type, wanted)
    if referrer is None or await _has_referrers_api(client, referrer.subject, timeout):
        await client.delete_manifest(wanted, timeout=timeout)
        return
    # Change the list first. After a failure the call can be repeated as long as the manifest, which contains the subject, exists.
    was_listed = await _update_list(client, referrer.subject, remove_referrer(wanted), timeout)
    try:
        await client.delete_manifest(wanted, timeout=timeout)
    except NotFoundError:
        raise
    except StatusError:
        if was_listed:
            await _update_list(client, referrer.subject, add_referrer(referrer.descriptor), timeout)
        raise


async def _has_referrers_api(client: AsyncRegistryClientV2, subject: Digest, timeout: Timeout | None) -> bool:
    try:
        await client.list_referrers(subject, timeout=timeout)
    except ResponseError as error:
        if means_no_referrers_api(error):
            return False
        raise
    return True


async def _update_list(client: AsyncRegistryClientV2, subject: Digest, change: Change, timeout: Timeout | None) -> bool:
    """Change the list under the fallback tag until the registry returns it changed; return whether a change was necessary."""
    tag = fallback_tag(subject)
    for attempt in range(MAX_UPDATE_ROUNDS):
        started = time.monotonic()
        found = parse_referrers_list(await _get_list(client, tag, timeout), subject)
        changed = change(found.manifests)
        if changed is None:
            return attempt > 0
        with suppress(PreconditionFailedError):  # another client has changed the list in between
            await client.put_manifest(
                found.with_manifests(changed),
                tag,
                media_type=OCI_INDEX,
                if_match=found.if_match,
                if_none_match=found.if_none_match,
                timeout=timeout,
            )
        # Some registries ignore If-Match. Another client that has read the old list overwrites this one within about the duration
        # of this round: wait that long, then check. Random, growing waits let all of several concurrent clients succeed in turn.
        await async_sleep(min(random.uniform(1, 2) * (time.monotonic() - started) * 2**attempt, MAX_WAIT_SECONDS))
    raise ReferrersError(
        f"the list was written {MAX_UPDATE_ROUNDS} times, and each time it was overwritten or unchanged shortly after: other "
        "clients are changing it, or the registry does not allow tags to be moved. Try again later.",
        subject=subject,
        tag=tag,
    )


async def _get_list(client: AsyncRegistryClientV2, tag: str, timeout: Timeout | None) -> ManifestResponse | None:
    try:
        return await client.get_manifest(tag, timeout=timeout)
    except NotFoundError:
        return None
