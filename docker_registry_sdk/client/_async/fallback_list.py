"""Changes of the list of referrers under the fallback tag of a subject, on registries without the referrers API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..._core.concurrency.waiting import async_sleep
from ..._core.wire import ANY_SUCCESS, CallLimits, async_send
from ...digest import Digest
from ...errors import NotFoundError, PreconditionFailedError, ReferrersError, RegistryError
from ...media_types import OCI_INDEX
from ...v2 import api, models
from ..fallback import fallback_tag, means_no_referrers_api, read_referrers
from ..manifest_results import ManifestResponse
from ..referrers_list import Change, parse_referrers_list

if TYPE_CHECKING:
    from .manifests import AsyncManifestCalls


async def async_has_referrers_api(client: AsyncManifestCalls, subject: Digest, limits: CallLimits) -> bool:
    """Return whether the registry has the referrers API, from the response to a request for the referrers of a manifest.

    Args:
        client: The repository.
        subject: The digest of a manifest.
        limits: The timeout, the deadline and the retries of the call.
    """
    return await async_first_referrers(client, subject, None, limits) is not None


async def async_first_referrers(
    client: AsyncManifestCalls, subject: Digest, artifact_type: str | None, limits: CallLimits
) -> api.list_referrers.ListReferrersOk | None:
    """Return the first page of the referrers of a manifest; None if the registry has no referrers API.

    Args:
        client: The repository.
        subject: The digest of the manifest.
        artifact_type: The artifact type of the referrers to list; None for all.
        limits: The timeout, the deadline and the retries of the call.
    """
    request = api.list_referrers.request(client.repo.remote_name, subject, artifact_type=artifact_type)
    try:
        return await async_send(client, request, read_referrers, ANY_SUCCESS, models.ErrorResponse.from_dict, limits)
    except RegistryError as error:
        # Do not remember that the API is missing: an update of the registry may add it, or a proxy answered 404 once.
        if means_no_referrers_api(error, client._pipeline.registry.origin):
            return None
        raise


async def async_update_list(client: AsyncManifestCalls, subject: Digest, change: Change, limits: CallLimits) -> bool:
    """Write the changed list of referrers, and repeat this until the registry returns the changed list.

    Other clients may overwrite the list at the same time. Therefore the list is read again after a short time, and written again
    if the change is missing, at most `max_retries` times. With `max_retries=0` the list is written once and not read again.

    Args:
        client: The repository.
        subject: The digest of the subject, whose referrers are listed.
        change: The change of the list.
        limits: The timeout, the deadline and the retries of the call.

    Returns:
        True; False if the list needed no change.

    Raises:
        ReferrersError: The list lacks the change after the last attempt, or the manifest under the fallback tag is not an index.
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
                referrers="off",
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


async def _get_list(client: AsyncManifestCalls, tag: str, limits: CallLimits) -> ManifestResponse | None:
    try:
        return await client.get_manifest(tag, timeout=limits.timeout, deadline=limits.deadline)
    except NotFoundError:
        return None
