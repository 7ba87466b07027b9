"""Execute the plan of a copy: transfer the blobs concurrently, then push the manifests."""

from __future__ import annotations

from functools import partial

from attrs import evolve

from ..._core.blobs.progress import OnProgress, Phase
from ..._core.concurrency.gather import DEFAULT_CONCURRENCY, async_gather
from ..._core.concurrency.waiting import CancelFlag
from ...client.error_places import named_by
from ..copy_plan import CopyPlan, CopyResult
from ..planned import PlannedBlob, PlannedManifest
from ..progress import BlobProgress, CopyProgress
from .interfaces import AsyncImageSource, AsyncImageTarget
from .open_copy import AsyncOpenCopy


async def async_execute(plan: CopyPlan, opened: AsyncOpenCopy, on_progress: OnProgress | None) -> CopyResult:
    """Execute the plan of a copy, and return the result.

    Args:
        plan: The plan to execute.
        opened: The source and the target of the plan, opened.
        on_progress: The progress callback, which is called for each blob and manifest; None for no callback.

    Raises:
        RegistryError: A blob or manifest cannot be copied.
        OSError: A file cannot be read or written.
    """
    cancel = CancelFlag()
    source, target = opened.source, opened.target
    progress = CopyProgress(
        on_progress, cancel, opened.deadline, str(plan.source), [one for one in plan.blobs if one.action != "leave"]
    )
    await target.prepare()
    jobs = [partial(_transfer_blob, plan, source, target, blob, progress) for blob in plan.blobs]
    transfers = await async_gather(jobs, DEFAULT_CONCURRENCY, cancel)
    pushed = [one for one in plan.manifests if one.action == "push"]
    # Images of an index need only their blobs, which exist now. All other manifests are pushed one by one, in the planned order:
    # indexes need their children, referrers their subject, and on registries without the referrers API, concurrent pushes of
    # referrers overwrite each other's list.
    independent = [one for one in pushed if one.role == "child" and not (one.names_manifests or one.has_subject)]
    await async_gather([partial(_push_manifest, target, one, progress) for one in independent], DEFAULT_CONCURRENCY, cancel)
    remaining = [one for one in pushed if one not in independent]
    roots = [one for one in remaining if one.role == "root"]
    for one in remaining:
        if one.role != "root":
            await _push_manifest(target, one, progress)
        elif one is not remaining[-1]:
            await target.write_manifest(evolve(one, role="child"))  # without the tag, before its referrers
    for root in roots:  # the tag is written last
        await _push_manifest(target, root, progress)
    phases = [phase for phase, _ in transfers]
    return CopyResult(
        digest=plan.digest,
        size=plan.size,
        media_type=plan.media_type,
        bytes_moved=sum(count for _, count in transfers),
        blobs_moved=phases.count("move"),
        blobs_mounted=phases.count("mount"),
        blobs_skipped=phases.count("skip"),
        manifests_pushed=len(pushed),
        missing_referrers=plan.missing_referrers,
    )


async def _transfer_blob(
    plan: CopyPlan, source: AsyncImageSource, target: AsyncImageTarget, planned: PlannedBlob, copy_progress: CopyProgress
) -> tuple[Phase | None, int]:
    """Transfer a blob to the target as planned, and return the result and the number of bytes copied.

    The result is `move`, `mount` or `skip`, or None for a non-distributable layer that the plan leaves out.
    """
    if planned.action == "leave":
        return None, 0
    if planned.action != "skip":
        progress = BlobProgress(planned, copy_progress)
        from_repo = source.repo.remote_name if planned.action == "mount" and source.repo is not None else None
        with named_by(planned.named_by, f"blob {planned.digest}"):
            await target.write_blob(source, progress, from_repo, plan.use_urls)
        if progress.bytes_moved is not None:
            return "move", progress.bytes_moved
    # If the blob was to be moved but not read, another client has uploaded it since the plan was made.
    phase: Phase = "mount" if planned.action == "mount" else "skip"
    copy_progress.report(phase, planned.digest, planned.size or 0, planned.size)
    return phase, 0


async def _push_manifest(target: AsyncImageTarget, manifest: PlannedManifest, copy_progress: CopyProgress) -> None:
    with named_by("", f"manifest {manifest.digest}"):
        await target.write_manifest(manifest)
    copy_progress.report("manifest", manifest.digest, manifest.size, manifest.size)
