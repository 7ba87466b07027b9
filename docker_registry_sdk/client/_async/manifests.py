"""The client methods for manifests in API v2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import evolve

from ..._core.wire import ANY_SUCCESS, DOCUMENT_SUCCESS, CallLimits, Deadline, HTTPResponse, Timeout, async_send
from ...digest import Digest, RefLike, digest_of, to_reference
from ...errors import NotFoundError, ParseError, StatusError, UnexpectedContentTypeError
from ...v2 import api, models
from ..immutable_tags import may_refuse_to_move
from ..manifest_results import ManifestResponse, PutManifestResponse
from ..manifests import (
    check_claimed_digest,
    check_computable,
    compute_digest,
    descriptor_from_head,
    manifest_payload,
    parse_stated_digest,
    read_manifest,
)
from ..platforms import to_platform
from ..referrers_list import Referrer, add_referrer, referrer_of, remove_referrer
from .base import AsyncRepositoryBase
from .fallback_list import async_has_referrers_api, async_update_list
from .manifest_push import async_check_refused_tags, async_push_manifest
from .platform_choice import async_manifest_for_platform


class AsyncManifestCalls(AsyncRepositoryBase):
    """The client methods for manifests."""

    async def get_manifest(
        self,
        ref: RefLike,
        *,
        platform: str | models.Platform | None = None,
        if_none_match: str | None = None,
        accept: Sequence[str] | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> ManifestResponse:
        """Return the manifest that a tag or a digest names, after verifying the manifest's bytes.

        The bytes must match the digest in `ref`, if `ref` is a digest, and the digest in the response's headers, if the registry
        sent one.

        Args:
            ref: A tag, or a digest: text, a `Digest`, or an object with a digest such as a descriptor.
            platform: The platform of the image, such as `linux/arm64`: from an index, the manifest for this platform is returned
                (2 requests); of a single image, the platform in the config of the image is checked (2 requests). None returns the
                manifest that `ref` names (1 request).
            if_none_match: An ETag, from `response.etag` of an earlier result: if `ref` still names a manifest with this ETag, the
                call raises `NotModifiedError`. Some registries ignore this condition. None sends no condition.
            accept: The media types to accept; None for all manifest types that this package can parse.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest, or a digest with an algorithm other than sha256 and sha512.
            NotFoundError: The manifest does not exist.
            NotModifiedError: The manifest still has the ETag `if_none_match`.
            PlatformNotFoundError: The image does not exist for the platform.
            InvalidPlatformError: The platform is malformed.
            ImageError: An image without an image config cannot be checked for the platform.
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
            return read_manifest(response, reference, self.repo)

        request = api.get_manifest.request(self._name, reference, accept=accept, if_none_match=if_none_match)
        limits = self._limits(timeout, deadline)
        if platform is None:
            return await async_send(self._pipeline, request, read, DOCUMENT_SUCCESS, models.ErrorResponse.from_dict, limits)
        wanted = to_platform(platform)
        root = await async_send(self._pipeline, request, read, DOCUMENT_SUCCESS, models.ErrorResponse.from_dict, limits)
        return await async_manifest_for_platform(self, root, wanted, limits)

    async def head_manifest(
        self,
        ref: RefLike,
        *,
        accept: Sequence[str] | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> models.Descriptor:
        """Return the descriptor of a manifest (digest, size and media type) without downloading the manifest.

        The descriptor comes from the headers of the response to a HEAD request. If the registry does not send the digest, the
        size or a specific media type, or sends another digest than the requested one, the manifest is requested with GET and
        verified, as by `get_manifest`.

        Args:
            ref: A tag, or a digest: text, a `Digest`, or an object with a digest such as a descriptor.
            accept: The media types to accept; None for all manifest types that this package can parse.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest.
            NotFoundError: The manifest does not exist.
            DigestMismatchError: The manifest was requested with GET, and its bytes do not match the requested digest.
            UnexpectedContentTypeError: The manifest was requested with GET, and its media type is not a known manifest type.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        reference, limits = to_reference(ref), self._limits(timeout, deadline)
        response = await api.head_manifest.asyncio(
            self._pipeline, self._name, reference, accept=accept, timeout=limits.timeout, deadline=limits.deadline
        )
        if (found := descriptor_from_head(response, reference)) is not None:
            return found
        pulled = await self.get_manifest(reference, accept=accept, timeout=limits.timeout, deadline=limits.deadline)
        return pulled.descriptor

    async def put_manifest(
        self,
        content: bytes,
        ref: RefLike | None = None,
        *,
        media_type: str,
        tags: Sequence[str] = (),
        if_match: str | None = None,
        if_none_match: str | None = None,
        referrers: Literal["auto", "off"] = "auto",
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> PutManifestResponse:
        """Push a manifest under a tag or under its digest.

        This is one request, unless the manifest has a subject and the registry has no referrers API: then the manifest is also
        added to the list of the subject's referrers, which clients store under the fallback tag of the subject. Since other
        clients may overwrite that list at the same time, the list is read again after a short time, and written again if the
        manifest is missing, at most `max_retries` times (an option of the client); with `max_retries=0` the list is not read
        again. Usually these are 3 more requests: read, write, read. Push several referrers of one subject one after the other:
        concurrent calls overwrite each other's list, and take longer.

        If the registry refuses the push of a tag with 400, 403, 409 or 412, the manifest under the tag is requested: if it has
        the same content, the call succeeds, unless `if_none_match` is given.

        Args:
            content: The manifest's bytes. Before the call, push all blobs and manifests that the manifest lists.
            ref: A tag, or the digest of the content: text, a `Digest`, or an object with a digest such as a descriptor. None
                pushes the content under its digest, without a tag.
            media_type: The manifest's media type. If the manifest has a field `mediaType`, both values must be equal.
            tags: Tags to set on the manifest in the same request; pass tags only if `ref` is a digest. Some registries ignore
                tags: the result lists the tags that the registry has set.
            if_match: The ETag that the manifest under `ref` must have now; None to push in any case. Some registries ignore
                this condition.
            if_none_match: `*` to push only if `ref` does not exist yet; None to push in any case. Some registries ignore this
                condition.
            referrers: `auto` to keep the list of referrers under the fallback tag on registries without the referrers API; `off`
                to push only the manifest.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest, or a digest with an algorithm other than sha256 and sha512.
            DigestMismatchError: `ref` is not the digest of the content, or the registry returned another digest.
            BadRequestError: The registry rejects the manifest, for example because a blob that the manifest lists is missing. If
                this client has pushed that blob a short time ago, the request is first repeated, at most `max_retries` times.
            ImmutableTagError: The tag exists with other content, and the registry does not allow the tag to be moved.
            ValueError: `tags` is given, but `ref` is a tag.
            PreconditionFailedError: The condition of `if_match` or `if_none_match` is not met.
            ParseError: The manifest has a subject, but is not a manifest of the type `media_type`; nothing was sent.
            ReferrersError: The manifest was pushed, but could not be added to the list of referrers. Push the manifest again.
            ValueError: `referrers` is neither `auto` nor `off`.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pushing Manifests (end-7a, end-7b), Referrers Tag Schema.
        """
        keep_list = _keeps_list(referrers)
        payload = manifest_payload(content)
        reference = digest_of(payload) if ref is None else to_reference(ref)
        if tags and not isinstance(reference, Digest):
            raise ValueError(
                f"tags= sets tags on a manifest that is pushed by digest, but ref is the tag {reference!r}: leave out ref, and "
                "pass all tags as tags="
            )
        digest = compute_digest(payload, reference)
        referrer = referrer_of(content, media_type, digest) if keep_list else None
        limits = self._limits(timeout, deadline)
        pushed = PutManifestResponse(
            digest=digest, media_type=media_type, size=len(content), location=None, subject=None, tags=tuple(tags)
        )
        try:
            response = await async_push_manifest(
                self._pipeline,
                self._name,
                reference,
                content,
                digest,
                limits,
                content_type=media_type,
                tag=list(tags) or None,
                if_match=if_match,
                if_none_match=if_none_match,
            )
        except StatusError as error:
            set_tags = tags if isinstance(reference, Digest) else [reference]
            if not set_tags or not may_refuse_to_move(error, has_condition=bool(if_match or if_none_match)):
                raise
            await async_check_refused_tags(self, error, set_tags, digest, limits)
            if if_none_match is not None:
                raise  # the caller is to learn that the tag was there before
            has_list = referrer is not None and not await async_has_referrers_api(self, referrer.subject, limits)
        else:
            check_claimed_digest(response.docker_content_digest, digest, payload)
            has_list = response.oci_subject is None
            subject = parse_stated_digest(response.oci_subject)
            pushed = evolve(pushed, location=response.location, subject=subject, tags=tuple(response.oci_tag or ()))
        if referrer is not None and has_list:
            await async_update_list(self, referrer.subject, add_referrer(referrer.descriptor), limits)
        return pushed

    async def delete_manifest(
        self,
        ref: RefLike,
        *,
        referrers: Literal["auto", "off"] = "auto",
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> None:
        """Delete a manifest and all its tags if `ref` is a digest; delete only the tag if `ref` is a tag.

        A tag is deleted with one request, and so is a manifest with `referrers="off"`. With `referrers="auto"`, the manifest is
        first requested. If it has a subject, and the registry has no referrers API, the manifest is removed from the list of the
        subject's referrers, which clients store under the fallback tag of the subject, before the manifest is deleted. A list
        that becomes empty is kept: deleting the list could delete a referrer that another client has just added.

        Args:
            ref: The tag to delete, or the digest of the manifest to delete: text, a `Digest`, or an object with a digest such
                as a descriptor.
            referrers: `auto` to keep the list of referrers under the fallback tag on registries without the referrers API; `off`
                to delete only the manifest.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest.
            NotFoundError: The manifest or the tag does not exist.
            BadRequestError: `ref` is a tag, but the registry deletes manifests by digest only.
            MethodNotAllowedError: The registry does not delete manifests, or not by tag, as Docker Hub. A list of referrers still
                contains the manifest.
            ForbiddenError: The credentials do not allow the deletion, or a tag or an index still refers to the manifest, which
                Docker Hub then does not delete. A list of referrers still contains the manifest.
            ReferrersError: The list of referrers cannot be read or changed; nothing was deleted.
            ValueError: `referrers` is neither `auto` nor `off`.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Deleting Manifests and Tags (end-9).
        """
        reference, keep_list, limits = to_reference(ref), _keeps_list(referrers), self._limits(timeout, deadline)
        listed: Referrer | None = None
        if keep_list and isinstance(reference, Digest):
            scopes = api.delete_manifest.request(self._name, reference).context.scopes
            referrer = await self._with_planned_scopes(scopes)._find_referrer(reference, limits)
            # Change the list first. After a failure the call can be repeated as long as the manifest, which names the subject,
            # exists.
            if (
                referrer is not None
                and not await async_has_referrers_api(self, referrer.subject, limits)
                and await async_update_list(self, referrer.subject, remove_referrer(reference), limits)
            ):
                listed = referrer
        try:
            await api.delete_manifest.asyncio(
                self._pipeline, self._name, reference, timeout=limits.timeout, deadline=limits.deadline
            )
        except NotFoundError:
            raise
        except StatusError:
            if listed is not None:
                await async_update_list(self, listed.subject, add_referrer(listed.descriptor), limits)
            raise

    async def _find_referrer(self, digest: Digest, limits: CallLimits) -> Referrer | None:
        """Return the subject and the descriptor of a manifest; None if the manifest has no subject or cannot be parsed."""
        try:
            found = await self.get_manifest(digest, timeout=limits.timeout, deadline=limits.deadline)
            return referrer_of(found.raw, found.media_type, digest)
        except (ParseError, UnexpectedContentTypeError):
            return None
        except StatusError as error:
            if error.status not in ANY_SUCCESS:
                raise
            return None  # a success without the manifest, such as 204


def _keeps_list(referrers: object) -> bool:
    if referrers not in ("auto", "off"):
        raise ValueError(f"referrers must be 'auto' or 'off', not {referrers!r}")
    return referrers == "auto"
