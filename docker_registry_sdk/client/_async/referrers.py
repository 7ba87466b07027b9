"""The calls of API v2 for referrers: the manifests whose `subject` is a given manifest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from ..._core.wire import Timeout
from ...digest import Digest
from ...errors import NotFoundError, ResponseError
from ...v2.api import list_referrers
from ...v2.models import Descriptor
from ..fallback import fallback_index, fallback_tag, means_no_referrers_api
from .manifests import AsyncManifestCalls


class AsyncReferrerCalls(AsyncManifestCalls):
    """The calls for manifests and their referrers."""

    async def list_referrers(
        self, digest: str, *, artifact_type: str | None = None, timeout: Timeout | None = None
    ) -> list_referrers.ListReferrersOk:
        """List one page of the referrers of a manifest, as the referrers API of the registry returns them.

        Args:
            digest: The digest of the subject.
            artifact_type: The artifact type to list. Some registries ignore this filter: see `oci_filters_applied`.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            InvalidDigestError: The digest is malformed.
            NotFoundError: The registry has no referrers API. Clients then keep the list under the fallback tag.

        Source: OCI Distribution Spec, Listing Referrers (end-12).
        """
        return await list_referrers.asyncio(
            self._pipeline, self._name, Digest(digest), artifact_type=artifact_type, timeout=timeout
        )

    async def iter_referrers(
        self, digest: str, *, artifact_type: str | None = None, timeout: Timeout | None = None
    ) -> AsyncIterator[Descriptor]:
        """Yield the descriptors of all referrers of a manifest, filtered by artifact type.

        Where the registry has no referrers API, the descriptors come from the index that clients keep under the fallback tag.

        Args:
            digest: The digest of the subject.
            artifact_type: The artifact type of the referrers to yield; None for all.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            InvalidDigestError: The digest is malformed.
            ReferrersError: The manifest under the fallback tag is not an index.
            RegistryError: A page links to another origin, or the listing has no end.

        Source: OCI Distribution Spec, Listing Referrers (end-12), Referrers Tag Schema.
        """
        subject = Digest(digest)

        async def fetch(url: str | None, /) -> tuple[Sequence[Descriptor], str | None]:
            if url is not None:
                page = await list_referrers.asyncio(self._pipeline, self._name, subject, next_url=url, timeout=timeout)
                return page.body.manifests, page.next_url
            try:
                page = await self.list_referrers(subject, artifact_type=artifact_type, timeout=timeout)
            except ResponseError as error:
                # Do not remember this: the registry may gain the API while a client lives, and a proxy may answer 404 once.
                if not means_no_referrers_api(error):
                    raise
            else:
                return page.body.manifests, page.next_url
            return await self._referrers_from_fallback_tag(subject, timeout), None

        async for descriptor in self._iter_pages(fetch):
            if artifact_type is None or descriptor.artifact_type == artifact_type:
                yield descriptor

    async def _referrers_from_fallback_tag(self, subject: Digest, timeout: Timeout | None) -> list[Descriptor]:
        try:
            found = await self.get_manifest(fallback_tag(subject), timeout=timeout)
        except NotFoundError:
            return []
        index = fallback_index(found, subject)
        return [] if index is None else index.manifests
