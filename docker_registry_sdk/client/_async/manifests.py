"""The calls of API v2 for manifests, tags, referrers and the catalog."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from ..._core.wire import HTTPResponse, Timeout, async_send
from ...digest import Digest
from ...errors import DigestMismatchError, InvalidDigestError, NotFoundError, ResponseError
from ...v2.api import delete_manifest, get_manifest, head_manifest, list_referrers, list_repositories, list_tags, put_manifest
from ...v2.models import Descriptor, ErrorResponse
from ..fallback import fallback_index, fallback_tag, means_no_referrers_api
from ..manifests import ManifestResponse, PutManifestResponse, check_computable, digest_from_manifest_bytes, read_manifest
from ..pages import PageGuard
from .base import AsyncClientBase


class AsyncManifestCalls(AsyncClientBase):
    """Manifests, tags, referrers and the catalog."""

    async def get_manifest(
        self, ref: str, *, accept: Sequence[str] | None = None, timeout: Timeout | None = None
    ) -> ManifestResponse:
        """Get a manifest by tag or digest, with its digest computed and checked.

        Args:
            ref: A tag, or a digest.
            accept: The media types to accept; None for all that are known.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: There is no such manifest.
            DigestMismatchError: The bytes are not those of the digest that was asked for, or that the registry claims.
            UnexpectedContentType: It is no manifest of a kind that is known; `.raw` has its bytes.
            ResponseError: It is larger than any manifest may be.
            ParseError: It cannot be understood, or could be read as two kinds at once.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        reference = _reference(ref)
        check_computable(reference)

        def read(response: HTTPResponse) -> ManifestResponse:
            return read_manifest(response, reference)

        request = get_manifest.request(self._name, reference, accept=accept)
        return await async_send(self._pipeline, request, read, (200,), ErrorResponse.from_dict, timeout)

    async def head_manifest(
        self, ref: str, *, accept: Sequence[str] | None = None, timeout: Timeout | None = None
    ) -> head_manifest.Success:
        """Ask for a manifest's claimed digest, size and media type, without getting it.

        Args:
            ref: A tag, or a digest.
            accept: The media types to accept; None for all that are known.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: There is no such manifest.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        return await head_manifest.asyncio(self._pipeline, self._name, _reference(ref), accept=accept, timeout=timeout)

    async def put_manifest(
        self,
        content: bytes,
        ref: str,
        *,
        media_type: str,
        tags: Sequence[str] = (),
        if_match: str | None = None,
        if_none_match: str | None = None,
        timeout: Timeout | None = None,
    ) -> PutManifestResponse:
        """Push a manifest's bytes under a tag or its digest, in one request.

        Args:
            content: The manifest's bytes; what it names must have been pushed before.
            ref: A tag, or the digest of the content.
            media_type: The manifest's media type, the same as in its `mediaType`.
            tags: Further tags, when `ref` is a digest; the response says which of them the registry set.
            if_match: Only when what stands under `ref` has this ETag; not every registry looks at it.
            if_none_match: `*` for only when nothing stands there; likewise.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            DigestMismatchError: `ref` is a digest and not that of the content, or the registry names another one.
            BadRequestError: The registry objects to the manifest, or something that it names is missing.
            PreconditionFailedError: What stands there is not what `if_match` or `if_none_match` demands.

        Source: OCI Distribution Spec, Pushing Manifests (end-7a, end-7b).
        """
        reference = _reference(ref)
        digest = digest_from_manifest_bytes(content)
        if ":" in reference:
            digest = digest_from_manifest_bytes(content, Digest(reference).algorithm)
            _compare(Digest(reference), digest, content)
        answer = await put_manifest.asyncio(
            self._pipeline,
            self._name,
            reference,
            content,
            content_type=media_type,
            tag=list(tags) or None,
            if_match=if_match,
            if_none_match=if_none_match,
            timeout=timeout,
        )
        if answer.docker_content_digest is not None:
            _compare_claim(answer.docker_content_digest, content)
        return PutManifestResponse(
            digest=digest, location=answer.location, subject=answer.oci_subject, tags=tuple(answer.oci_tag or ())
        )

    async def delete_manifest(self, ref: str, *, timeout: Timeout | None = None) -> None:
        """Delete a manifest by its digest and all tags with it, or only a tag; one is never turned into the other.

        Args:
            ref: A digest, or a tag.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: There is no such manifest.
            BadRequestError: The registry deletes by digest only.
            MethodNotAllowedError: The registry does not delete.

        Source: OCI Distribution Spec, Deleting Manifests and Tags (end-9).
        """
        await delete_manifest.asyncio(self._pipeline, self._name, _reference(ref), timeout=timeout)

    async def list_tags(
        self, *, n: int | None = None, last: str | None = None, timeout: Timeout | None = None
    ) -> list_tags.Success:
        """List one page of the repository's tags; `iter_tags` gives all.

        Args:
            n: How many at most.
            last: The tag after which the page begins.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Source: OCI Distribution Spec, Listing Tags (end-8).
        """
        return await list_tags.asyncio(self._pipeline, self._name, n=n, last=last, timeout=timeout)

    async def iter_tags(self, *, page_size: int | None = None, timeout: Timeout | None = None) -> AsyncIterator[str]:
        """Give all tags of the repository, one by one, page after page.

        Args:
            page_size: How many to ask for at a time; None leaves it to the registry.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            RegistryError: A page links to another origin, or the pages have no end.
        """
        guard = PageGuard(self._pipeline.home.origin)
        page = await list_tags.asyncio(self._pipeline, self._name, n=page_size, timeout=timeout)
        while True:
            for tag in page.body.tags:
                yield tag
            url = guard.follow(page.next_url, len(page.body.tags))
            if url is None:
                return
            page = await list_tags.asyncio(self._pipeline, self._name, next_url=url, timeout=timeout)

    async def list_repositories(
        self, *, n: int | None = None, last: str | None = None, timeout: Timeout | None = None
    ) -> list_repositories.Success:
        """List one page of the registry's repositories; `iter_repositories` gives all.

        Args:
            n: How many at most.
            last: The name after which the page begins.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            StatusError: The registry does not offer this, as Docker Hub and GHCR do not.

        Source: Docker Registry HTTP API V2, Listing Repositories.
        """
        return await list_repositories.asyncio(self._pipeline, n=n, last=last, timeout=timeout)

    async def iter_repositories(self, *, page_size: int | None = None, timeout: Timeout | None = None) -> AsyncIterator[str]:
        """Give the names of all repositories of the registry, one by one, page after page.

        Args:
            page_size: How many to ask for at a time; None leaves it to the registry.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            RegistryError: A page links to another origin, or the pages have no end.
        """
        guard = PageGuard(self._pipeline.home.origin)
        page = await list_repositories.asyncio(self._pipeline, n=page_size, timeout=timeout)
        while True:
            for name in page.body.repositories:
                yield name
            url = guard.follow(page.next_url, len(page.body.repositories))
            if url is None:
                return
            page = await list_repositories.asyncio(self._pipeline, next_url=url, timeout=timeout)

    async def list_referrers(
        self, digest: str, *, artifact_type: str | None = None, timeout: Timeout | None = None
    ) -> list_referrers.Success:
        """List one page of the manifests that have this one as subject, as the registry keeps them.

        Args:
            digest: The digest of the subject.
            artifact_type: Only those of this type; a registry may not filter, see `oci_filters_applied`.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: The registry does not offer this; then the fallback tag has the list.

        Source: OCI Distribution Spec, Listing Referrers (end-12).
        """
        return await list_referrers.asyncio(
            self._pipeline, self._name, Digest(digest), artifact_type=artifact_type, timeout=timeout
        )

    async def iter_referrers(
        self, digest: str, *, artifact_type: str | None = None, timeout: Timeout | None = None
    ) -> AsyncIterator[Descriptor]:
        """Give the descriptors of all manifests that have this one as subject, page after page, filtered.

        Where the registry does not keep them, they are those of the list that clients keep under the fallback tag.

        Args:
            digest: The digest of the subject.
            artifact_type: Only those of this type.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            ReferrersError: The fallback tag holds no list of them.
            RegistryError: A page links to another origin, or the pages have no end.

        Source: OCI Distribution Spec, Listing Referrers (end-12), Referrers Tag Schema.
        """
        subject = Digest(digest)
        guard = PageGuard(self._pipeline.home.origin)
        page: list_referrers.Success | None = None
        try:
            page = await self.list_referrers(subject, artifact_type=artifact_type, timeout=timeout)
        except ResponseError as error:
            # Not remembered: a registry may learn it while a client lives, and a proxy may answer 404 just once.
            if not means_no_referrers_api(error):
                raise
        if page is None:
            for descriptor in await self._kept_referrers(subject, timeout):
                if artifact_type is None or descriptor.artifact_type == artifact_type:
                    yield descriptor
            return
        while True:
            for descriptor in page.body.manifests:
                if artifact_type is None or descriptor.artifact_type == artifact_type:
                    yield descriptor
            url = guard.follow(page.next_url, len(page.body.manifests))
            if url is None:
                return
            page = await list_referrers.asyncio(self._pipeline, self._name, subject, next_url=url, timeout=timeout)

    async def _kept_referrers(self, subject: Digest, timeout: Timeout | None) -> list[Descriptor]:
        try:
            found = await self.get_manifest(fallback_tag(subject), timeout=timeout)
        except NotFoundError:
            return []
        index = fallback_index(found, subject)
        return [] if index is None else index.manifests


def _reference(ref: str) -> str:
    return Digest(ref) if isinstance(ref, str) and ":" in ref else ref


def _compare(expected: Digest, actual: Digest, content: bytes) -> None:
    if expected != actual:
        raise DigestMismatchError(expected=expected, actual=actual, expected_size=None, actual_size=len(content))


def _compare_claim(claimed: str, content: bytes) -> None:
    try:
        said = Digest(claimed)
        _compare(said, digest_from_manifest_bytes(content, said.algorithm), content)
    except InvalidDigestError:
        return  # no claim that could be checked
