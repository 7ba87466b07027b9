"""Pushing and deleting manifests that have a subject, on registries that keep referrers and on those that do not."""

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
from ..referrers_list import Change, adding, found_list, referrer_of, removing

# With conditional requests one of several writers gets through in each round; without them, at least one.
_ROUNDS: Final = 10
_LONGEST_WAIT: Final = 5.0


async def async_push_manifest(
    client: AsyncRegistryClientV2, content: bytes, ref: str | None, *, media_type: str, timeout: Timeout | None = None
) -> PutManifestResponse:
    """Push a manifest, and where it has a subject and the registry keeps no referrers, put it into the list that clients keep.

    What other writers put there at the same time is merged. The list is read again after a moment to see that it stayed, so
    that pushing several referrers of one subject one after the other is quicker than at once.

    Args:
        client: A client of the repository.
        content: The manifest's bytes; what it names must have been pushed before.
        ref: A tag, the digest of the content, or None for its digest.
        media_type: The manifest's media type, the same as in its `mediaType`.
        timeout: Seconds or an `httpx.Timeout` for each request.

    Raises:
        ParseError: The content is no manifest of that type; nothing was sent.
        InvalidDigestError: `ref`, or the digest of the subject, is none; nothing was sent.
        DigestMismatchError: `ref` is a digest and not that of the content, or the registry names another one.
        ReferrersError: The manifest was pushed, but is not in the list of its subject's referrers; push it again.
        StatusError: The registry does not take the manifest, or the list; pushing it again does what is left to do.

    Source: OCI Distribution Spec, Pushing Manifests with Subject, Referrers Tag Schema.
    """
    digest = Digest(ref) if ref is not None and ":" in ref else digest_from_manifest_bytes(content)
    referrer = referrer_of(content, media_type, digest)
    pushed = await client.put_manifest(content, digest if ref is None else ref, media_type=media_type, timeout=timeout)
    if referrer is not None and pushed.subject is None:
        await _change(client, referrer.subject, adding(referrer.descriptor), timeout)
    return pushed


async def async_delete_manifest(client: AsyncRegistryClientV2, digest: str, *, timeout: Timeout | None = None) -> None:
    """Delete a manifest with all tags on it, and take it out of the list of its subject's referrers that clients keep.

    A list that becomes empty stays under its tag: deleting it could take along what another writer has just put there.

    Args:
        client: A client of the repository.
        digest: The manifest's digest; a tag is not turned into one.
        timeout: Seconds or an `httpx.Timeout` for each request.

    Raises:
        InvalidDigestError: The digest is none; nothing was sent.
        NotFoundError: There is no such manifest.
        ReferrersError: The list cannot be read or changed; nothing was deleted.
        MethodNotAllowedError: The registry does not delete; the manifest is listed as before.

    Source: OCI Distribution Spec, Deleting Manifests (end-9).
    """
    wanted = Digest(digest)
    found = await client.get_manifest(wanted, timeout=timeout)
    referrer = referrer_of(found.raw, found.media_type, wanted)
    if referrer is None or await _has_referrers_api(client, referrer.subject, timeout):
        await client.delete_manifest(wanted, timeout=timeout)
        return
    # The list comes first: when the rest fails, the same call can be made again, as long as the manifest tells its subject.
    was_listed = await _change(client, referrer.subject, removing(wanted), timeout)
    try:
        await client.delete_manifest(wanted, timeout=timeout)
    except NotFoundError:
        raise
    except StatusError:
        if was_listed:
            await _change(client, referrer.subject, adding(referrer.descriptor), timeout)
        raise


async def _has_referrers_api(client: AsyncRegistryClientV2, subject: Digest, timeout: Timeout | None) -> bool:
    try:
        await client.list_referrers(subject, timeout=timeout)
    except ResponseError as error:
        if means_no_referrers_api(error):
            return False
        raise
    return True


async def _change(client: AsyncRegistryClientV2, subject: Digest, change: Change, timeout: Timeout | None) -> bool:
    """Change the list under the fallback tag until it is found to be as it should, and return whether that took anything."""
    tag = fallback_tag(subject)
    for number in range(_ROUNDS):
        began = time.monotonic()
        found = found_list(await _find(client, tag, timeout), subject)
        changed = change(found.manifests)
        if changed is None:
            return number > 0
        with suppress(PreconditionFailedError):  # somebody was faster
            await client.put_manifest(
                found.with_manifests(changed),
                tag,
                media_type=OCI_INDEX,
                if_match=found.if_match,
                if_none_match=found.if_none_match,
                timeout=timeout,
            )
        # Not every registry that gives ETags looks at them. Whoever read before this was written, and so leaves it out, writes
        # within about as long as this took. The spread lets one of several come first, and the growth all of them come through.
        await async_sleep(min(random.uniform(1, 2) * (time.monotonic() - began) * 2**number, _LONGEST_WAIT))
    raise ReferrersError(
        f"{_ROUNDS} times the list was written, and each time it was another one a moment later: other writers are at it, or the "
        "registry does not let the tag move. Try again later.",
        subject=subject,
        tag=tag,
    )


async def _find(client: AsyncRegistryClientV2, tag: str, timeout: Timeout | None) -> ManifestResponse | None:
    try:
        return await client.get_manifest(tag, timeout=timeout)
    except NotFoundError:
        return None
