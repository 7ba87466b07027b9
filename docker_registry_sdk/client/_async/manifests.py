"""The client methods for manifests in API v2."""

from __future__ import annotations

from collections.abc import Sequence

from ..._core.wire import Deadline, HTTPResponse, Timeout, async_send
from ...digest import RefLike, to_reference
from ...v2 import api
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
from .base import AsyncRepositoryBase


class AsyncManifestCalls(AsyncRepositoryBase):
    """The client methods for manifests."""

    async def get_manifest(
        self,
        ref: RefLike,
        *,
        accept: Sequence[str] | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> ManifestResponse:
        """Return the manifest that a tag or a digest names, after verifying the manifest's bytes.

        The bytes must match the digest in `ref`, if `ref` is a digest, and the digest in the response's headers, if the registry
        sent one.

        Args:
            ref: A tag, or a digest: text, a `Digest`, or an object with a digest such as a descriptor.
            accept: The media types to accept; None for all manifest types that this package can parse.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest, or a digest with an algorithm other than sha256 and sha512.
            NotFoundError: The manifest does not exist.
            DigestMismatchError: The bytes do not match the requested digest or the digest in the response's headers.
            UnexpectedContentTypeError: The media type is not a known manifest type. The exception's `.raw` holds the bytes.
            ResponseError: The manifest exceeds the size limit.
            ParseError: The manifest cannot be parsed, or could be parsed as two kinds of manifest, such as an image
                manifest and an index.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        reference = to_reference(ref)
        check_computable(reference)

        def read(response: HTTPResponse) -> ManifestResponse:
            return read_manifest(response, reference)

        request = api.get_manifest.request(self._name, reference, accept=accept)
        limits = self._limits(timeout, deadline)
        return await async_send(self._pipeline, request, read, (200,), ErrorResponse.from_dict, limits)

    async def head_manifest(
        self,
        ref: RefLike,
        *,
        accept: Sequence[str] | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> api.head_manifest.HeadManifestOk:
        """Return the digest, size and media type of a manifest from the headers of the response to a HEAD request.

        Args:
            ref: A tag, or a digest: text, a `Digest`, or an object with a digest such as a descriptor.
            accept: The media types to accept; None for all manifest types that this package can parse.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest.
            NotFoundError: The manifest does not exist.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        return await api.head_manifest.asyncio(
            self._pipeline, self._name, to_reference(ref), accept=accept, timeout=timeout, deadline=deadline
        )

    async def put_manifest(
        self,
        content: bytes,
        ref: RefLike,
        *,
        media_type: str,
        tags: Sequence[str] = (),
        if_match: str | None = None,
        if_none_match: str | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> PutManifestResponse:
        """Push a manifest under a tag or under its digest, in one request.

        Args:
            content: The manifest's bytes. Before the call, push all blobs and manifests that the manifest lists.
            ref: A tag, or the digest of the content: text, a `Digest`, or an object with a digest such as a descriptor.
            media_type: The manifest's media type. If the manifest has a field `mediaType`, both values must be equal.
            tags: Tags to set on the manifest in the same request; pass tags only if `ref` is a digest. Some registries ignore
                tags: the result lists the tags that the registry has set.
            if_match: The ETag that the manifest under `ref` must have now; None to push in any case. Some registries ignore
                this condition.
            if_none_match: `*` to push only if `ref` does not exist yet; None to push in any case. Some registries ignore this
                condition.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest, or a digest with an algorithm other than sha256 and sha512.
            DigestMismatchError: `ref` is not the digest of the content, or the registry returned another digest.
            BadRequestError: The registry rejects the manifest, for example because a blob that the manifest lists is missing.
            PreconditionFailedError: The condition of `if_match` or `if_none_match` is not met.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pushing Manifests (end-7a, end-7b).
        """
        reference = to_reference(ref)
        payload = manifest_payload(content)
        digest = compute_digest(payload, reference)
        response = await api.put_manifest.asyncio(
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
        self, ref: RefLike, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Delete a manifest and all its tags if `ref` is a digest; delete only the tag if `ref` is a tag.

        Args:
            ref: The tag to delete, or the digest of the manifest to delete: text, a `Digest`, or an object with a digest such
                as a descriptor.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest.
            NotFoundError: The manifest or the tag does not exist.
            BadRequestError: `ref` is a tag, but the registry deletes manifests by digest only.
            MethodNotAllowedError: The registry does not delete manifests.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Deleting Manifests and Tags (end-9).
        """
        await api.delete_manifest.asyncio(self._pipeline, self._name, to_reference(ref), timeout=timeout, deadline=deadline)
