"""Copying images: planned first, then done, and safe to do again after any failure."""

from __future__ import annotations

from functools import partial
from typing import Unpack, cast

from ..._core.blobs.progress import OnProgress, Phase
from ..._core.concurrency.gather import CancelFlag, async_gather
from ..._core.transport.options import AsyncClientOptions
from ...v2.models import Platform
from ..copy_plan import CopyPlan, CopyResult, PlannedBlob, PlannedManifest
from ..layout import Layout
from ..location import AsyncSourceArgument, AsyncTargetArgument, Location, RegistryLocation, parse_source, parse_target
from ..platforms import normalize, parse_platform
from ..progress import BlobProgress, CopyProgress
from .config import async_check_platform, async_select_platform
from .interfaces import AsyncImageSource, AsyncImageTarget
from .open_copy import async_open_source_and_target
from .planner import DEFAULT_CONCURRENCY, AsyncPlanner


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
    """Copy an image: all of it, or for one platform, byte for byte.

    What is there already is not moved again, so that copying again after a failure goes on where it broke off. The target's
    reference names the image only when all of it is there.

    Args:
        src: Where from: a reference (`ghcr.io/owner/app:1.2`), `oci:path:tag` for a layout, `docker-archive:path:ref` for a
            docker-save tarball, or a pair of a client and a tag or digest.
        dst: Where to: a reference, `oci:path:tag`, or a pair. The client of a pair stays open.
        platform: Only the image for this platform, such as `linux/arm64`; None for all that the index names.
        referrers: Whether signatures and other artifacts that are about the image are copied with it.
        use_urls: Whether layers that are not meant to be distributed by registries are copied, from wherever they are.
        on_progress: What is told how far it has come.
        options: The options of the clients that are made for references; see `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: A reference is malformed.
        ImageError: The image is not there, not for the platform, or is too much.
        NotFoundError: The registry has no such image.
        DigestMismatchError: The source holds other bytes than it says.
        OSError: A file cannot be read or written.
        TypeError: The options do not go together.

    Source: OCI Distribution Spec, Pulling and Pushing; OCI Image Layout Specification.
    """
    source, target = parse_source(src), parse_target(dst)
    async with async_open_source_and_target(source, target, options) as (image_source, image_target):
        plan = await _make_plan(source, target, image_source, image_target, platform, referrers, use_urls, options)
        return await _execute(plan, image_source, image_target, on_progress)


async def async_plan_copy(
    src: AsyncSourceArgument,
    dst: AsyncTargetArgument,
    *,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    **options: Unpack[AsyncClientOptions],
) -> CopyPlan:
    """Find out what a copy would do, and change nothing.

    Args:
        src: As for `copy`.
        dst: As for `copy`.
        platform: As for `copy`.
        referrers: As for `copy`.
        use_urls: As for `copy`.
        options: As for `copy`; the plan keeps them, without showing them.

    Returns:
        The plan, for `apply_copy`; `str()` prints it.

    Raises:
        RegistryError: As for `copy`.
    """
    source, target = parse_source(src), parse_target(dst)
    async with async_open_source_and_target(source, target, options) as (image_source, image_target):
        return await _make_plan(source, target, image_source, image_target, platform, referrers, use_urls, options)


async def async_apply_copy(plan: CopyPlan, on_progress: OnProgress | None = None) -> CopyResult:
    """Do what a plan says.

    Args:
        plan: The plan. It may be old: what has come to the target since is not moved again.
        on_progress: What is told how far it has come.

    Raises:
        RegistryError: As for `copy`.
    """
    async with async_open_source_and_target(plan.source, plan.target, cast("AsyncClientOptions", plan.options)) as (
        image_source,
        image_target,
    ):
        return await _execute(plan, image_source, image_target, on_progress)


async def _make_plan(
    source: Location,
    target: RegistryLocation | Layout,
    image_source: AsyncImageSource,
    image_target: AsyncImageTarget,
    platform: str | Platform | None,
    referrers: bool,
    use_urls: bool,
    options: AsyncClientOptions,
) -> CopyPlan:
    root = await image_source.root()
    if platform is not None:
        wanted = parse_platform(platform) if isinstance(platform, str) else normalize(platform)
        chosen = await async_select_platform(image_source, root, wanted)
        if chosen is root:
            await async_check_platform(image_source, root, wanted)
        root = chosen
    blobs, manifests = await AsyncPlanner(image_source, image_target, referrers, use_urls).run(root)
    return CopyPlan(
        source=source,
        target=target,
        digest=root.digest,
        media_type=root.media_type,
        blobs=blobs,
        manifests=manifests,
        use_urls=use_urls,
        options=options,
    )


async def _execute(
    plan: CopyPlan, source: AsyncImageSource, target: AsyncImageTarget, on_progress: OnProgress | None
) -> CopyResult:
    cancel = CancelFlag()
    copy_progress = CopyProgress(on_progress, cancel)
    await target.prepare()
    jobs = [partial(_transfer_blob, plan, source, target, blob, copy_progress) for blob in plan.blobs]
    passed = await async_gather(jobs, DEFAULT_CONCURRENCY, cancel)
    pushed = [one for one in plan.manifests if one.action == "push"]
    # What names no other manifest needs only blobs, which are there now.
    leaves = [one for one in pushed if one.role == "child" and not one.names_manifests]
    await async_gather([partial(_push, target, one, copy_progress) for one in leaves], DEFAULT_CONCURRENCY, cancel)
    for one in pushed:
        if one not in leaves:
            await _push(target, one, copy_progress)
    outcomes = [phase for phase, _ in passed]
    return CopyResult(
        digest=plan.digest,
        media_type=plan.media_type,
        bytes_moved=sum(count for _, count in passed),
        blobs_moved=outcomes.count("copy"),
        blobs_mounted=outcomes.count("mount"),
        blobs_skipped=outcomes.count("skip"),
        manifests_pushed=len(pushed),
    )


async def _transfer_blob(
    plan: CopyPlan, source: AsyncImageSource, target: AsyncImageTarget, planned: PlannedBlob, copy_progress: CopyProgress
) -> tuple[Phase | None, int]:
    """Bring a blob to the target; return how it came there, None when it did not, and how many bytes passed."""
    blob = planned.blob
    progress = BlobProgress(blob, copy_progress)
    if planned.action == "leave":
        return None, 0
    if planned.action != "skip":
        from_repo = source.repo.remote_name if planned.action == "mount" and source.repo is not None else None
        await target.put_blob(source, progress, from_repo, plan.use_urls)
        if progress.moved is not None:
            return "copy", progress.moved
    phase: Phase = "mount" if planned.action == "mount" else "skip"  # others may have brought it since it was planned
    copy_progress.tell(phase, blob.digest, blob.size or 0, blob.size)
    return phase, 0


async def _push(target: AsyncImageTarget, manifest: PlannedManifest, copy_progress: CopyProgress) -> None:
    await target.put_manifest(manifest)
    copy_progress.tell("manifest", manifest.digest, manifest.size, manifest.size)
