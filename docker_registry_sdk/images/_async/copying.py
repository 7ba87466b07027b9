"""Copying images: planned first, then done, and safe to do again after any failure."""

from __future__ import annotations

from functools import partial
from typing import Unpack, cast

from ..._core.blobs.progress import OnProgress, Phase
from ..._core.concurrency.jobs import Halt, async_run_all
from ..._core.transport.options import AsyncClientOptions
from ...v2.models import Platform
from ..layout import Layout
from ..meter import Meter, Passage
from ..places import AsyncSource, AsyncTarget, OnRegistry, Place, parse_source, parse_target
from ..plan import CopyPlan, CopyResult, PlannedBlob, PlannedManifest
from ..platforms import normalize, parse_platform
from .choosing import async_check_platform, async_narrow
from .ends import AsyncSourceEnd, AsyncTargetEnd
from .opening import async_open_ends
from .planning import AT_ONCE, AsyncPlanner


async def async_copy(
    src: AsyncSource,
    dst: AsyncTarget,
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
    async with async_open_ends(source, target, options) as (source_end, target_end):
        plan = await _make_plan(source, target, source_end, target_end, platform, referrers, use_urls, options)
        return await _carry_out(plan, source_end, target_end, on_progress)


async def async_plan_copy(
    src: AsyncSource,
    dst: AsyncTarget,
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
    async with async_open_ends(source, target, options) as (source_end, target_end):
        return await _make_plan(source, target, source_end, target_end, platform, referrers, use_urls, options)


async def async_apply_copy(plan: CopyPlan, on_progress: OnProgress | None = None) -> CopyResult:
    """Do what a plan says.

    Args:
        plan: The plan. It may be old: what has come to the target since is not moved again.
        on_progress: What is told how far it has come.

    Raises:
        RegistryError: As for `copy`.
    """
    async with async_open_ends(plan.source, plan.target, cast("AsyncClientOptions", plan.options)) as (source_end, target_end):
        return await _carry_out(plan, source_end, target_end, on_progress)


async def _make_plan(
    source: Place,
    target: OnRegistry | Layout,
    source_end: AsyncSourceEnd,
    target_end: AsyncTargetEnd,
    platform: str | Platform | None,
    referrers: bool,
    use_urls: bool,
    options: AsyncClientOptions,
) -> CopyPlan:
    root = await source_end.root()
    if platform is not None:
        wanted = parse_platform(platform) if isinstance(platform, str) else normalize(platform)
        chosen = await async_narrow(source_end, root, wanted)
        if chosen is root:
            await async_check_platform(source_end, root, wanted)
        root = chosen
    blobs, manifests = await AsyncPlanner(source_end, target_end, referrers, use_urls).run(root)
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


async def _carry_out(
    plan: CopyPlan, source: AsyncSourceEnd, target: AsyncTargetEnd, on_progress: OnProgress | None
) -> CopyResult:
    halt = Halt()
    meter = Meter(on_progress, halt)
    await target.prepare()
    jobs = [partial(_bring, plan, source, target, blob, meter) for blob in plan.blobs]
    passed = await async_run_all(jobs, AT_ONCE, halt)
    pushed = [one for one in plan.manifests if one.action == "push"]
    # What names no other manifest needs only blobs, which are there now.
    leaves = [one for one in pushed if one.role == "child" and not one.names_manifests]
    await async_run_all([partial(_push, target, one, meter) for one in leaves], AT_ONCE, halt)
    for one in pushed:
        if one not in leaves:
            await _push(target, one, meter)
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


async def _bring(
    plan: CopyPlan, source: AsyncSourceEnd, target: AsyncTargetEnd, blob: PlannedBlob, meter: Meter
) -> tuple[Phase | None, int]:
    """Bring a blob to the target; return how it came there, None when it did not, and how many bytes passed."""
    piece = blob.piece
    passage = Passage(piece, meter)
    if blob.action == "leave":
        return None, 0
    if blob.action != "skip":
        from_repo = source.repo.remote_name if blob.action == "mount" and source.repo is not None else None
        await target.put_blob(source, passage, from_repo, plan.use_urls)
        if passage.moved is not None:
            return "copy", passage.moved
    phase: Phase = "mount" if blob.action == "mount" else "skip"  # others may have brought it since it was planned
    meter.tell(phase, piece.digest, piece.size or 0, piece.size)
    return phase, 0


async def _push(target: AsyncTargetEnd, manifest: PlannedManifest, meter: Meter) -> None:
    await target.put_manifest(manifest)
    meter.tell("manifest", manifest.digest, manifest.size, manifest.size)
