"""The client methods for tags and digests: resolve, exists, tag, untag."""

from __future__ import annotations

from ..._core.names.grammar import check_tag
from ..._core.wire import Deadline, Timeout
from ...digest import RefLike, to_reference
from ...errors import NotFoundError
from ...v2 import api, models
from ..platforms import to_platform
from .platform_choice import async_descriptor_for_platform
from .referrers import AsyncReferrerCalls


class AsyncReferenceCalls(AsyncReferrerCalls):
    """The client methods that find a manifest by its tag or digest, and that set and delete tags."""

    async def resolve(
        self,
        ref: RefLike,
        *,
        platform: str | models.Platform | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> models.Descriptor:
        """Return the descriptor (digest, size, media type) of the manifest that a tag or a digest names.

        Without `platform` this is `head_manifest`: one HEAD request, and GET if the headers do not suffice. With `platform`
        the index is requested, and the indexes in it if necessary; if `ref` names a single image, its manifest and its config
        are requested.

        Args:
            ref: A tag, or a digest: text, a `Digest`, or an object with a digest such as a descriptor.
            platform: The platform, such as `linux/arm64`, to choose from an index; of a single image, the platform is checked.
                None returns the descriptor of the index itself.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: `ref` is a malformed digest.
            NotFoundError: The manifest does not exist.
            PlatformNotFoundError: The image does not exist for the platform.
            InvalidPlatformError: The platform is malformed.
            ImageError: An image without an image config cannot be checked for the platform.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        if platform is None:
            return await self.head_manifest(ref, timeout=timeout, deadline=deadline)
        wanted, limits = to_platform(platform), self._limits(timeout, deadline)
        root = await self.get_manifest(ref, timeout=limits.timeout, deadline=limits.deadline)
        return await async_descriptor_for_platform(self, root, wanted, limits)

    async def exists(
        self, ref: RefLike, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> bool:
        """Return whether the repository has a manifest with a tag or a digest, from the response to one HEAD request.

        Args:
            ref: A tag, or a digest: text, a `Digest`, or an object with a digest such as a descriptor.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Returns:
            False if the registry answers 404. All other errors are raised: a registry may answer 401 or 403 for a repository
            that does not exist.

        Raises:
            InvalidDigestError: `ref` is a malformed digest.
            UnauthorizedError: The registry requires credentials, or rejects the client's credentials.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pulling Manifests (end-3).
        """
        try:
            await api.head_manifest.asyncio(self._pipeline, self._name, to_reference(ref), timeout=timeout, deadline=deadline)
        except NotFoundError:
            return False
        return True

    async def tag(
        self,
        ref: RefLike,
        *new: str,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> models.Descriptor:
        """Set further tags on the manifest that a tag or a digest names, and return the descriptor of the manifest.

        The manifest is requested once, and pushed once for each new tag. A tag that exists is moved. If the registry does not
        allow that, but the tag names the manifest already, the call succeeds.

        Args:
            ref: A tag, or a digest: text, a `Digest`, or an object with a digest such as a descriptor.
            new: The tags to set, at least one.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            TypeError: No new tag is given.
            InvalidReferenceError: A new tag is malformed; nothing was sent.
            NotFoundError: The manifest does not exist.
            ImmutableTagError: A new tag names another manifest, and the registry does not allow the tag to be moved.
            DeadlineExceededError: The deadline passed before all tags were set.

        Source: OCI Distribution Spec, Pushing Manifests (end-7a).
        """
        if not new:
            raise TypeError("pass at least one new tag, such as client.tag('1.0', 'latest')")
        for one in new:
            check_tag(one)
        limits = self._limits(timeout, deadline)
        planned = self._with_planned_scopes(api.start_blob_upload.request(self._name).context.scopes)
        found = await planned.get_manifest(ref, timeout=limits.timeout, deadline=limits.deadline)
        for one in new:
            await planned.put_manifest(
                found.raw,
                one,
                media_type=found.media_type,
                referrers="off",
                timeout=limits.timeout,
                deadline=limits.deadline,
            )
        return found.descriptor

    async def untag(self, tag: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> None:
        """Delete a tag with one request. The manifest stays in the repository, until the registry collects its garbage.

        Args:
            tag: The tag. A digest is refused, since the registry would delete the manifest with all its tags.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidReferenceError: `tag` is malformed; nothing was sent.
            NotFoundError: The tag does not exist.
            BadRequestError: The registry deletes manifests by digest only, as Docker distribution before version 3 does.
            MethodNotAllowedError: The registry does not delete tags.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Deleting Tags (end-9).
        """
        check_tag(tag)
        await self.delete_manifest(tag, timeout=timeout, deadline=deadline)
