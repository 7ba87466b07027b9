"""Push and delete manifests that have a subject, on registries with and without the referrers API."""

from __future__ import annotations

import time

from ..._core.concurrency.waiting import async_sleep
from ..._core.wire import CallLimits, Deadline, Timeout, call_limits
from ...client._async.client import AsyncRegistryClientV2
from ...client.fallback import fallback_tag, means_no_referrers_api
from ...client.manifests import ManifestResponse, PutManifestResponse, digest_from_manifest_bytes
from ...digest import Digest
from ...errors import NotFoundError, PreconditionFailedError, ReferrersError, ResponseError, StatusError
from ...media_types import OCI_INDEX
from ..referrers_list import Change, add_referrer, parse_referrers_list, referrer_of, remove_referrer


async def async_push_manifest(
    client: AsyncRegistryClientV2,
    content: bytes,
    ref: str | None,
    *,
    media_type: str,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> PutManifestResponse:
    """Push a manifest. If the manifest has a subject and the registry has no referrers API, update the fallback tag as well.

    The fallback tag of the subject names an index that lists the subject's referrers. This function adds the manifest to that
    list. Other clients may overwrite the list at the same time. Therefore this function reads the list again after a short
    time, and adds the manifest again if it is missing, at most `max_retries` times (an option of the client). With
    `max_retries=0` the list is written once and not read again. Push several referrers of one subject one after the other:
    concurrent calls overwrite each other's list, and take longer.

    Args:
        client: A client of the repository.
        content: The bytes of the manifest. All blobs and manifests that the manifest lists must have been pushed before.
        ref: A tag or the digest of the content. None pushes the content under its digest, without a tag.
        media_type: The media type of the manifest, equal to the field `mediaType` in the content if there is this field.
        timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
        deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

    Raises:
        ParseError: The content is not a manifest of the type `media_type`; nothing was sent.
        InvalidDigestError: `ref` or the digest of the subject is invalid; nothing was sent.
        DigestMismatchError: `ref` is a digest, but not the digest of the content; or the registry returned another digest.
        ReferrersError: The manifest was pushed, but could not be added to the list of referrers. Push the manifest again.
        StatusError: The registry refuses the manifest, or refuses the list after the manifest was pushed. If the call is
            repeated, it completes the list.
        DeadlineExceededError: The deadline passed before the call was complete.

    Source: OCI Distribution Spec, Pushing Manifests with Subject, Referrers Tag Schema.
    """
    digest = Digest(ref) if ref is not None and ":" in ref else digest_from_manifest_bytes(content)
    referrer = referrer_of(content, media_type, digest)
    limits = call_limits(client, timeout, deadline)
    pushed = await client.put_manifest(
        content,
        digest if ref is None else ref,
        media_type=media_type,
        timeout=limits.timeout,
        deadline=limits.deadline,
    )
    if referrer is not None and pushed.subject is None:
        await _update_list(client, referrer.subject, add_referrer(referrer.descriptor), limits)
    return pushed


async def async_delete_manifest(
    client: AsyncRegistryClientV2,
    digest: str,
    *,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> None:
    """Delete a manifest with all its tags. On registries without the referrers API, update the fallback tag of its subject.

    The fallback tag names an index that lists the subject's referrers. The manifest is removed from this list before the manifest
    is deleted. A list that becomes empty is kept: deleting the list could delete a referrer that another client has just added.

    Args:
        client: A client of the repository.
        digest: The digest of the manifest; tags are not accepted.
        timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
        deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

    Raises:
        InvalidDigestError: The digest is invalid; nothing was sent.
        NotFoundError: The manifest does not exist.
        ReferrersError: The list of referrers cannot be read or changed; nothing was deleted.
        MethodNotAllowedError: The registry does not support deletion; the list of referrers still contains the manifest.
        DeadlineExceededError: The deadline passed before the call was complete.

    Source: OCI Distribution Spec, Deleting Manifests (end-9).
    """
    wanted, limits = Digest(digest), call_limits(client, timeout, deadline)
    found = await client.get_manifest(wanted, timeout=limits.timeout, deadline=limits.deadline)
    referrer = referrer_of(found.raw, found.media_type, wanted)
    if referrer is None or await _has_referrers_api(client, referrer.subject, limits):
        await client.delete_manifest(wanted, timeout=limits.timeout, deadline=limits.deadline)
        return
    # Change the list first. After a failure the call can be repeated as long as the manifest, which contains the subject, exists.
    was_listed = await _update_list(client, referrer.subject, remove_referrer(wanted), limits)
    try:
        await client.delete_manifest(wanted, timeout=limits.timeout, deadline=limits.deadline)
    except NotFoundError:
        raise
    except StatusError:
        if was_listed:
            await _update_list(client, referrer.subject, add_referrer(referrer.descriptor), limits)
        raise


async def _has_referrers_api(client: AsyncRegistryClientV2, subject: Digest, limits: CallLimits) -> bool:
    try:
        await client.list_referrers(subject, timeout=limits.timeout, deadline=limits.deadline)
    except ResponseError as error:
        if means_no_referrers_api(error):
            return False
        raise
    return True


async def _update_list(client: AsyncRegistryClientV2, subject: Digest, change: Change, limits: CallLimits) -> bool:
    """Write the changed list of referrers, and repeat this until the registry returns the changed list.

    Return True; return False if the list needed no change.
    """
    tag = fallback_tag(subject)
    for attempt in range(limits.retry.max_retries + 1):
        started = time.monotonic()
        found = parse_referrers_list(await _get_list(client, tag, limits), subject)
        changed = change(found.manifests)
        if changed is None:
            return attempt > 0
        try:
            await client.put_manifest(
                found.with_manifests(changed),
                tag,
                media_type=OCI_INDEX,
                if_match=found.if_match,
                if_none_match=found.if_none_match,
                timeout=limits.timeout,
                deadline=limits.deadline,
            )
        except PreconditionFailedError:
            pass  # another client has changed the list in between
        else:
            if limits.retry.max_retries == 0:
                return True
        wait = limits.seconds_to_retry(attempt + 1)
        if wait is not None:
            # Some registries ignore If-Match. Another client that has read the old list overwrites this one within about the
            # duration of this round: wait that long before the list is read again.
            await async_sleep(max(wait, time.monotonic() - started))
        elif attempt < limits.retry.max_retries and limits.deadline is not None:
            raise limits.deadline.error("PUT", f"{client.repo.canonical_name}:{tag}")
    raise ReferrersError(
        f"the list lacked the change after each of {limits.retry.max_retries + 1} attempts to write the list",
        subject=subject,
        tag=tag,
        hint=(
            "If other clients are changing the list, try again later. If the registry does not allow tags to be "
            "moved, allow it for this tag."
        ),
    )


async def _get_list(client: AsyncRegistryClientV2, tag: str, limits: CallLimits) -> ManifestResponse | None:
    try:
        return await client.get_manifest(tag, timeout=limits.timeout, deadline=limits.deadline)
    except NotFoundError:
        return None
