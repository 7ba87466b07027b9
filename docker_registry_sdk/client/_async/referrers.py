"""The client methods for referrers in API v2. A referrer is a manifest whose field `subject` names another manifest."""

from __future__ import annotations

from ..._core.wire import CallLimits, Deadline, Timeout
from ...digest import Digest, DigestLike, to_digest
from ...errors import NotFoundError
from ...v2 import api, models
from ..fallback import fallback_index, fallback_tag
from ..pages import Page
from .fallback_list import async_first_referrers
from .listing import AsyncListing
from .manifests import AsyncManifestCalls


class AsyncReferrerCalls(AsyncManifestCalls):
    """The client methods for manifests and their referrers."""

    async def list_referrers(
        self,
        digest: DigestLike,
        *,
        artifact_type: str | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> list[models.Descriptor]:
        """Return the descriptors of all referrers of a manifest. `iter_referrers` requests the pages as needed.

        If the registry has no referrers API, the descriptors come from the index that clients store under the fallback tag.

        Args:
            digest: The digest of the manifest whose referrers are listed: text, a `Digest`, or an object with a digest such as a
                descriptor.
            artifact_type: The artifact type of the referrers to list; None for all.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds from the first request until the last page is received, or a `Deadline`; None uses the
                client's deadline.

        Raises:
            InvalidDigestError: The digest is malformed.
            ReferrersError: The manifest under the fallback tag is not an index.
            RegistryError: The link to the next page leads to another origin or to a page that was read before, or the listing has
                more than 10,000 pages or 10,000,000 entries.
            DeadlineExceededError: The deadline passed before the last page was received.

        Source: OCI Distribution Spec, Listing Referrers (end-12), Referrers Tag Schema.
        """
        found = self.iter_referrers(digest, artifact_type=artifact_type, timeout=timeout, deadline=deadline)
        return [one async for one in found]

    def iter_referrers(
        self,
        digest: DigestLike,
        *,
        artifact_type: str | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> AsyncListing[models.Descriptor]:
        """Yield the descriptors of a manifest's referrers, over all pages.

        If the registry has no referrers API, the descriptors come from the index that clients store under the fallback tag. If
        that tag does not exist, nothing is yielded.

        The result is an iterator; its method `pages()` yields lists, one for each page.

        Args:
            digest: The digest of the manifest whose referrers are listed: text, a `Digest`, or an object with a digest such as a
                descriptor.
            artifact_type: The artifact type of the referrers to yield; None for all.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds from the first request until the last page is received, or a `Deadline`; None uses the
                client's deadline.

        Raises:
            InvalidDigestError: The digest is malformed.
            ReferrersError: The manifest under the fallback tag is not an index.
            RegistryError: The link to the next page leads to another origin or to a page that was read before, or the listing has
                more than 10,000 pages or 10,000,000 entries.
            DeadlineExceededError: The deadline passed before the last page was received.

        Source: OCI Distribution Spec, Listing Referrers (end-12), Referrers Tag Schema.
        """
        subject = to_digest(digest)

        async def fetch(url: str | None, limits: CallLimits, /) -> tuple[models.ImageIndex | None, str | None, int]:
            if url is not None:
                page = await api.list_referrers.asyncio(
                    self._pipeline, self._name, subject, next_url=url, timeout=limits.timeout, deadline=limits.deadline
                )
                return page.body, page.next_url, len(page.raw)
            first = await async_first_referrers(self, subject, artifact_type, limits)
            if first is not None:
                return first.body, first.next_url, len(first.raw)
            return await self._referrers_from_fallback_tag(subject, limits), None, 0  # one page

        async def fetch_filtered(url: str | None, limits: CallLimits, /) -> Page[models.Descriptor]:
            found, next_url, size = await fetch(url, limits)
            if found is None:
                return Page([], None, (), size)
            wanted = [one for one in found.manifests if artifact_type is None or one.artifact_type == artifact_type]
            return Page(wanted, next_url, found.problems, size)

        return self._listing(fetch_filtered, timeout, deadline)

    async def _referrers_from_fallback_tag(self, subject: Digest, limits: CallLimits) -> models.ImageIndex | None:
        try:
            found = await self.get_manifest(fallback_tag(subject), timeout=limits.timeout, deadline=limits.deadline)
        except NotFoundError:
            return None
        return fallback_index(found, subject)
