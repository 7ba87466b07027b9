"""The client methods for manifests in API v2."""

from __future__ import annotations

from collections.abc import Sequence

from ..._core.wire import Deadline, HTTPResponse, Timeout, async_send
from ...digest import Digest
from ...v2.api import delete_manifest, get_manifest, head_manifest, put_manifest
from ...v2.models import ErrorResponse
from ..manifests import (
    ManifestResponse,
    PutManifestResponse,
    check_claimed_digest,
    check_computable,
    compute_digest,
    manifest_payload,
    read_manifest,
)
from .base import AsyncClientBase


class AsyncManifestCalls(AsyncClientBase):
    """The client methods for manifests."""

    async def get_manifest(
        self,
        ref: str,
        *,
        accept: Sequence[str] | None = None,
        timeout: Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> ManifestResponse:
        """Return the manifest with a tag or a digest, after comparing the digest of its bytes with the requested digest.

        Args:
            ref: A tag or a digest.
            accept: The media types to accept; None for all manifest types that this package can parse.
            timeout: Seconds or an `httpx.Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest, or a digest of an unknown algorithm.
            NotFoundError: The manifest does not exist.
            DigestMismatchError: The bytes do not match the requested digest or the digest in the response's headers.
            UnexpectedContentType: The media type is not a known manifest type; `.raw` holds the bytes.
            ResponseError: The manifest exceeds the size limit.
            ParseError: The manifest cannot be parsed, or could be parsed as two kinds of manifest.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        reference = _reference(ref)
        check_computable(reference)

        def read(response: HTTPResponse) -> ManifestResponse:
            return read_manifest(response, reference)

        request = get_manifest.request(self._name, reference, accept=accept)
        limits = self._limits(timeout, deadline)
        return await async_send(self._pipeline, request, read, (200,), ErrorResponse.from_dict, limits)

    async def head_manifest(
        self,
        ref: str,
        *,
        accept: Sequence[str] | None = None,
        timeout: Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> head_manifest.HeadManifestOk:
        """Return the digest, size and media type of a manifest from the headers of the response to a HEAD request.

        Args:
            ref: A tag or a digest.
            accept: The media types to accept; None for all manifest types that this package can parse.
            timeout: Seconds or an `httpx.Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest.
            NotFoundError: The manifest does not exist.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        return await head_manifest.asyncio(
            self._pipeline, self._name, _reference(ref), accept=accept, timeout=timeout, deadline=deadline
        )

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
        deadline: Deadline | float | None = None,
    ) -> PutManifestResponse:
        """Push a manifest under a tag or under its digest, in one request.

        Args:
            content: The manifest's bytes. All blobs and manifests in it must have been pushed before.
            ref: A tag, or the digest of the content.
            media_type: The manifest's media type, equal to the manifest's field `mediaType` if it has one.
            tags: Further tags to set, if `ref` is a digest. The result lists the tags that the registry has set.
            if_match: Push only if the manifest that is now under `ref` has this ETag. Some registries ignore this.
            if_none_match: `*` to push only if `ref` does not exist yet. Some registries ignore this.
            timeout: Seconds or an `httpx.Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest, or a digest of an unknown algorithm.
            DigestMismatchError: `ref` is not the digest of the content, or the registry returned another digest.
            BadRequestError: The registry rejects the manifest, or a blob or manifest in the manifest is missing.
            PreconditionFailedError: The condition of `if_match` or `if_none_match` is not met.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pushing Manifests (end-7a, end-7b).
        """
        reference = _reference(ref)
        payload = manifest_payload(content)
        digest = compute_digest(payload, reference)
        response = await put_manifest.asyncio(
            self._pipeline,
            self._name,
            reference,
            content,
            content_type=media_type,
            tag=list(tags) or None,
            if_match=if_match,
            if_none_match=if_none_match,
            timeout=timeout,
            deadline=deadline,
        )
        check_claimed_digest(response.docker_content_digest, digest, payload)
        return PutManifestResponse(
            digest=digest, location=response.location, subject=response.oci_subject, tags=tuple(response.oci_tag or ())
        )

    async def delete_manifest(
        self, ref: str, *, timeout: Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Delete a manifest and all its tags, or delete only a tag.

        Args:
            ref: The digest of the manifest to delete, or the tag to delete. With a tag, the manifest itself is not deleted.
            timeout: Seconds or an `httpx.Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest.
            NotFoundError: The manifest does not exist.
            BadRequestError: The registry deletes manifests by digest only.
            MethodNotAllowedError: The registry does not delete manifests.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Deleting Manifests and Tags (end-9).
        """
        await delete_manifest.asyncio(self._pipeline, self._name, _reference(ref), timeout=timeout, deadline=deadline)


def _reference(ref: str) -> str:
    return Digest(ref) if isinstance(ref, str) and ":" in ref else ref
