"""Copy images: first make a plan, then execute it. A copy can be repeated safely after any failure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack, cast

from ..._core.blobs.progress import OnProgress
from ..._core.transport.options import AsyncClientOptions
from ..._core.wire import Deadline
from ...v2.models import Platform
from ..copy_plan import CopyPlan, CopyResult
from ..docker_archive import DockerArchive
from ..layout import Layout
from ..location import AsyncSourceArgument, AsyncTargetArgument, RegistryLocation, parse_source, parse_target
from .config import async_select_platform
from .execute import async_execute
from .open_copy import AsyncOpenCopy, async_open_copy
from .planner import AsyncPlanner


class AsyncCopyOptions(AsyncClientOptions, total=False):
    """The options of `copy`: the choice of manifests and layers, the progress callback, and the options of created clients.

    Attributes:
        platform: Copy only the manifest for this platform, such as `linux/arm64`; None copies the image with all its platforms.
        referrers: Whether to copy the referrers of the copied manifests as well, such as signatures.
        use_urls: Whether to copy non-distributable layers too. If True, a layer that the source lacks is downloaded from the
            external URLs in the manifest; if False, non-distributable layers are not copied.
        on_progress: The progress callback, which is called for each blob and manifest; None for no callback.
    """

    platform: str | Platform | None
    referrers: bool
    use_urls: bool
    on_progress: OnProgress | None


async def async_copy(
    src: AsyncSourceArgument,
    dst: AsyncTargetArgument,
    *,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    on_progress: OnProgress | None = None,
    **options: Unpack[AsyncClientOptions],
) -> CopyResult:
    """Copy an image byte for byte, with all its platforms or for one platform.

    Blobs and manifests that the target already has are not copied again, so a second call resumes an interrupted copy. The tag of
    the target is written last.

    Args:
        src: Where the image is copied from: a reference (`ghcr.io/owner/app:1.2`), `oci:path:tag` for a layout,
            `docker-archive:path:name` for a `docker save` tarball, or a pair `(client, tag or digest)`.
            A client in a pair stays open.
        dst: Where the image is copied to: a reference, `oci:path:tag`, or a pair `(client, tag or digest)`.
        platform: Copy only the manifest for this platform, such as `linux/arm64`; None copies the image with all its platforms.
        referrers: Whether to copy the referrers of the copied manifests as well, such as signatures.
        use_urls: Whether to copy non-distributable layers too. If True, a layer that the source lacks is downloaded from the
            external URLs in the manifest; if False, non-distributable layers are not copied.
        on_progress: The progress callback, which is called for each blob and manifest; None for no callback.
        options: The options of the clients that this function creates for references; see `AsyncClientOptions`. The option
            `deadline` is the time in seconds that the whole copy may take. Without the option, the deadline of each client in a
            pair limits the requests of that client.

    Raises:
        InvalidReferenceError: A reference is malformed.
        ImageError: The image does not exist for the platform, does not exist in the layout or archive, exceeds a safety limit,
            or cannot be stored in the target.
        NotFoundError: The registry does not have the image, or lacks a blob or manifest of the image.
        DigestMismatchError: The bytes of a blob or manifest in the source do not match their digest.
        DeadlineExceededError: The deadline passed before the copy was complete.
        OSError: A file cannot be read or written.
        TypeError: An option is unknown, an option has no effect because no client is created, or `username` or `password` would
            be sent to two registries.

    Source: OCI Distribution Spec, Pulling and Pushing; OCI Image Layout Specification.
    """
    async with async_open_copy(parse_source(src), parse_target(dst), options) as opened:
        plan = await _make_plan(opened, platform, referrers, use_urls)
        return await async_execute(plan, opened, on_progress)


async def async_plan_copy(
    src: AsyncSourceArgument,
    dst: AsyncTargetArgument,
    *,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    **options: Unpack[AsyncClientOptions],
) -> CopyPlan:
    """Return the plan of a copy: the blobs and manifests, and whether each would be copied. Nothing is written to the target.

    Args:
        src: Where the image is copied from; see `copy`.
        dst: Where the image is copied to; see `copy`.
        platform: Copy only the manifest for this platform, such as `linux/arm64`; None copies the image with all its platforms.
        referrers: Whether to copy the referrers of the copied manifests as well, such as signatures.
        use_urls: Whether to copy non-distributable layers too. If True, a layer that the source lacks is downloaded from the
            external URLs in the manifest; if False, non-distributable layers are not copied.
        options: The options of the clients that are created for references. The plan stores the options for `apply_copy`, but
            `str()` and `repr()` of the plan do not show them. The option `deadline` is the time in seconds that making the plan
            may take; it is not stored in the plan.

    Raises:
        RegistryError: The plan cannot be made; `copy` lists the errors.
    """
    async with async_open_copy(parse_source(src), parse_target(dst), options) as opened:
        return await _make_plan(opened, platform, referrers, use_urls)


async def async_apply_copy(
    plan: CopyPlan, on_progress: OnProgress | None = None, *, deadline: Deadline | float | None = None
) -> CopyResult:
    """Execute the plan of a copy: transfer the blobs, push the manifests, and return the result.

    Args:
        plan: The plan that `plan_copy` returned. Blobs that the target has received since the plan was made are not copied again.
        on_progress: The progress callback, which is called for each blob and manifest; None for no callback.
        deadline: The seconds that the copy may take, or a `Deadline`; None uses the deadline of each client
            in a pair that `plan_copy` received, for the requests of that client.

    Raises:
        RegistryError: The copy failed; `copy` lists the errors.
    """
    async with async_open_copy(plan.source, plan.target, cast("AsyncClientOptions", plan.options), deadline) as opened:
        return await async_execute(plan, opened, on_progress)


async def async_pull(
    src: AsyncSourceArgument,
    path: str | os.PathLike[str],
    *,
    tag: str | None = None,
    **options: Unpack[AsyncCopyOptions],
) -> CopyResult:
    """Copy an image into an OCI image layout, and return the result.

    Args:
        src: Where the image is copied from; see `copy`.
        path: The folder of the layout, created if necessary.
        tag: The tag of the image in the layout. None uses the tag in `src`, or the image's name for an archive; if `src` has no
            tag and no name, the image is written without a tag.
        options: The keyword arguments of `copy`, including the options of the clients that are created for references.

    Raises:
        RegistryError: The copy failed; `copy` lists the errors.
        OSError: The layout cannot be written.
    """
    source = parse_source(src)
    if tag is None:
        tag = source.ref.tag if isinstance(source, RegistryLocation) else source.tag if isinstance(source, Layout) else source.ref
    return await async_copy(src, Layout(Path(path), tag), **options)


async def async_push(
    path: str | os.PathLike[str],
    dst: AsyncTargetArgument,
    *,
    tag: str | None = None,
    **options: Unpack[AsyncCopyOptions],
) -> CopyResult:
    """Copy an image from an OCI image layout or a `docker save` tarball to a registry or another layout; return the result.

    Args:
        path: The folder of the layout, or the tarball.
        dst: Where the image is copied to; see `copy`.
        tag: The tag of the image in the layout, or the name of the image in the tarball. None copies the only image, and raises
            an `ImageError` if there are several images.
        options: The keyword arguments of `copy`, including the options of the clients that are created for references.

    Raises:
        RegistryError: The copy failed; `copy` lists the errors.
        OSError: The files cannot be read.
    """
    files = Path(path)
    return await async_copy(Layout(files, tag) if files.is_dir() else DockerArchive(files, tag), dst, **options)


async def _make_plan(opened: AsyncOpenCopy, platform: str | Platform | None, referrers: bool, use_urls: bool) -> CopyPlan:
    root = await opened.source.read_root()
    if platform is not None:
        root = await async_select_platform(opened.source, root, platform)
    blobs, manifests = await AsyncPlanner(opened.source, opened.target, referrers, use_urls).run(root)
    return CopyPlan(
        source=opened.source_location,
        target=opened.target_location,
        digest=root.digest,
        media_type=root.media_type,
        blobs=blobs,
        manifests=manifests,
        use_urls=use_urls,
        options=opened.options,
    )
