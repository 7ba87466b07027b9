"""Copy images: first make a plan, then execute it. A copy can be repeated safely after any failure."""

from __future__ import annotations

import os
from pathlib import Path

from ..._core.blobs.progress import OnProgress, check_on_progress
from ..._core.wire import Deadline, Timeout
from ...client._async.registries import AsyncRegistries
from ...client.platforms import to_platform
from ...v2.models import Platform
from ..copy_plan import CopyPlan, CopyResult
from ..docker_archive import DockerArchive
from ..layout import Layout
from ..location import AsyncPlace, AsyncTargetPlace, tag_of_location
from .config import async_select_platform
from .execute import async_execute
from .open_copy import AsyncOpenCopy, async_open_copy
from .places import AsyncParsedSource, AsyncParsedTarget, async_parse_source_place, async_parse_target_place
from .planner import AsyncPlanner


async def async_copy(
    source: AsyncPlace,
    target: AsyncTargetPlace,
    *,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    trust_existing: bool = False,
    on_progress: OnProgress | None = None,
    registries: AsyncRegistries | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> CopyResult:
    """Copy an image byte for byte, with all its platforms or for one platform.

    Blobs and manifests that the target already has are not copied again, so a second call resumes an interrupted copy. The tag of
    the target is written last.

    Args:
        source: The place from which the image is copied: a reference as text (`ghcr.io/owner/app:1.2`) or as a `RepoRef`; a
            reference that is bound to a client (`client.ref("1.2")`); an OCI image layout as `oci:folder:tag`, as a `Layout` or
            as the `Path` of its folder; a tarball of `docker save` as `docker-archive:file:name`, as a `DockerArchive` or as its
            `Path`.
        target: The place to which the image is copied: any of these except a tarball. If the target is the `Path` of a folder,
            the folder is created if necessary, and the image gets the tag of the source.
        platform: Copy only the manifest for this platform, such as `linux/arm64`. None (default) copies the image with all its
            platforms.
        referrers: Whether to copy the referrers of the copied manifests as well, such as signatures, and what cosign has stored
            for them under its tags `sha256-….sig`, `.att` and `.sbom`. False by default.
        use_urls: Whether to copy non-distributable layers too. If True, a layer that the source lacks is downloaded from the
            external URLs in the manifest; if False (default), non-distributable layers are not copied.
        trust_existing: Whether to compare only the size of the layers that a target layout already has. False (default) compares
            their bytes with the digest, too, and replaces damaged files. Manifests and configs are always compared.
        on_progress: A function, but no coroutine function, that is called with a `Progress` for each blob and manifest, at least
            once per MiB, and one call at a time. None (default) for no such function.
        registries: The owner of connections, logins and options for the registries of places that are not a `ManifestRef`. None
            (default) opens registries with the default options and the stored logins, and closes them at the end.
        timeout: The seconds that each step of a request may take, such as one read, or a `Timeout`. None (default) uses the
            option `timeout` of each client: 60 seconds, and 15 seconds for connecting, if that is not set either.
        deadline: The seconds that the whole call may take, or a `Deadline`. None (default) uses the option `deadline` of each
            client, for the requests of that client: no limit if that is not set either.

    Returns:
        The digest, size and media type of the copied manifest or index, and how many bytes and blobs were moved, mounted and
        skipped.

    Raises:
        InvalidReferenceError: A reference is malformed.
        ImageError: The image does not exist in the layout or archive, exceeds a safety limit, or cannot be stored in the target.
        InvalidPlatformError: The platform is malformed.
        PlatformNotFoundError: The image does not exist for the platform.
        NotFoundError: The registry does not have the image, or lacks a blob or manifest of the image.
        ImmutableTagError: The target tag names another image, and the registry does not allow the tag to be moved.
        DigestMismatchError: The bytes of a blob or manifest in the source do not match their digest.
        InvalidDigestError: A digest in the image has an algorithm other than sha256 and sha512: content cannot be verified.
        DeadlineExceededError: The deadline passed before the copy was complete.
        OSError: A file cannot be read or written.
        TypeError: A place, `platform`, `registries` or `on_progress` has the wrong type.

    Source: OCI Distribution Spec, Pulling and Pushing; OCI Image Layout Specification.
    """
    parsed = async_parse_source_place(source)
    return await _copy(
        parsed,
        async_parse_target_place(target, parsed.location),
        platform=platform,
        referrers=referrers,
        use_urls=use_urls,
        trust_existing=trust_existing,
        on_progress=on_progress,
        registries=registries,
        timeout=timeout,
        deadline=deadline,
    )


async def async_plan_copy(
    source: AsyncPlace,
    target: AsyncTargetPlace,
    *,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    trust_existing: bool = False,
    registries: AsyncRegistries | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> CopyPlan:
    """Return the plan of a copy: the blobs and manifests, and whether each would be copied. Nothing is written to the target.

    The plan contains no login and no options: pass `registries` again to `apply_copy`.

    Args:
        source: The place from which the image is copied; see `copy`.
        target: The place to which the image is copied; see `copy`.
        platform: Copy only the manifest for this platform, such as `linux/arm64`. None (default) copies the image with all its
            platforms.
        referrers: Whether to copy the referrers of the copied manifests as well, such as signatures, and what cosign has stored
            for them under its tags `sha256-….sig`, `.att` and `.sbom`. False by default.
        use_urls: Whether to copy non-distributable layers too. If True, a layer that the source lacks is downloaded from the
            external URLs in the manifest; if False (default), non-distributable layers are not copied.
        trust_existing: Whether to compare only the size of the layers that a target layout already has. False (default) compares
            their bytes with the digest, too, and replaces damaged files. Manifests and configs are always compared.
        registries: The owner of connections, logins and options for the registries of places that are not a `ManifestRef`. None
            (default) opens registries with the default options and the stored logins, and closes them at the end.
        timeout: The seconds that each step of a request may take, such as one read, or a `Timeout`. None (default) uses the
            option `timeout` of each client: 60 seconds, and 15 seconds for connecting, if that is not set either.
        deadline: The seconds that the whole call may take, or a `Deadline`. None (default) uses the option `deadline` of each
            client, for the requests of that client: no limit if that is not set either.

    Raises:
        RegistryError: The plan cannot be made; `copy` lists the errors.
        TypeError: A place, `platform` or `registries` has the wrong type.
    """
    parsed = async_parse_source_place(source)
    parsed_target = async_parse_target_place(target, parsed.location)
    wanted = None if platform is None else to_platform(platform)
    async with async_open_copy(parsed, parsed_target, registries, timeout, deadline, trust_existing=trust_existing) as opened:
        return await _make_plan(opened, wanted, referrers, use_urls)


async def async_apply_copy(
    plan: CopyPlan,
    *,
    registries: AsyncRegistries | None = None,
    on_progress: OnProgress | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> CopyResult:
    """Execute the plan of a copy: transfer the blobs, push the manifests, and return the result.

    Args:
        plan: The plan that `plan_copy` or `CopyPlan.from_dict` returned. Blobs that the target has received since the plan was
            made are not copied again.
        registries: The owner of connections, logins and options for the registries of the plan. None
            (default) opens registries with the default options and the stored logins, and closes them at the end.
        on_progress: A function, but no coroutine function, that is called with a `Progress` for each blob and manifest, at least
            once per MiB, and one call at a time. None (default) for no such function.
        timeout: The seconds that each step of a request may take, such as one read, or a `Timeout`. None (default) uses the
            option `timeout` of each client: 60 seconds, and 15 seconds for connecting, if that is not set either.
        deadline: The seconds that the whole call may take, or a `Deadline`. None (default) uses the option `deadline` of each
            client, for the requests of that client: no limit if that is not set either.

    Raises:
        RegistryError: The copy failed; `copy` lists the errors.
        OSError: A file cannot be read or written.
        TypeError: `registries` or `on_progress` has the wrong type.
    """
    check_on_progress(on_progress)
    source, target = AsyncParsedSource(plan.source, None), AsyncParsedTarget(plan.target, None)
    async with async_open_copy(source, target, registries, timeout, deadline) as opened:
        return await async_execute(plan, opened, on_progress)


async def async_pull(
    source: AsyncPlace,
    folder: str | os.PathLike[str],
    *,
    tag: str | None = None,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    trust_existing: bool = False,
    on_progress: OnProgress | None = None,
    registries: AsyncRegistries | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> CopyResult:
    """Copy an image into an OCI image layout, and return the result.

    Args:
        source: The place from which the image is copied; see `copy`.
        folder: The folder of the layout, created if necessary.
        tag: The tag of the image in the layout. None (default) uses the tag in `source`, or the image's name for an archive; if
            `source` has no tag and no name, the image is written without a tag.
        platform: Copy only the manifest for this platform, such as `linux/arm64`. None (default) copies the image with all its
            platforms.
        referrers: Whether to copy the referrers of the copied manifests as well, such as signatures, and what cosign has stored
            for them under its tags `sha256-….sig`, `.att` and `.sbom`. False by default.
        use_urls: Whether to copy non-distributable layers too. If True, a layer that the source lacks is downloaded from the
            external URLs in the manifest; if False (default), non-distributable layers are not copied.
        trust_existing: Whether to compare only the size of the layers that a target layout already has. False (default) compares
            their bytes with the digest, too, and replaces damaged files. Manifests and configs are always compared.
        on_progress: A function, but no coroutine function, that is called with a `Progress` for each blob and manifest, at least
            once per MiB, and one call at a time. None (default) for no such function.
        registries: The owner of connections, logins and options for the registries of places that are not a `ManifestRef`. None
            (default) opens registries with the default options and the stored logins, and closes them at the end.
        timeout: The seconds that each step of a request may take, such as one read, or a `Timeout`. None (default) uses the
            option `timeout` of each client: 60 seconds, and 15 seconds for connecting, if that is not set either.
        deadline: The seconds that the whole call may take, or a `Deadline`. None (default) uses the option `deadline` of each
            client, for the requests of that client: no limit if that is not set either.

    Raises:
        RegistryError: The copy failed; `copy` lists the errors.
        OSError: The layout cannot be written.
        TypeError: The source, `platform`, `registries` or `on_progress` has the wrong type.
    """
    parsed = async_parse_source_place(source)
    layout = Layout(Path(folder), tag_of_location(parsed.location) if tag is None else tag)
    return await _copy(
        parsed,
        AsyncParsedTarget(layout, None),
        platform=platform,
        referrers=referrers,
        use_urls=use_urls,
        trust_existing=trust_existing,
        on_progress=on_progress,
        registries=registries,
        timeout=timeout,
        deadline=deadline,
    )


async def async_push(
    path: str | os.PathLike[str],
    target: AsyncTargetPlace,
    *,
    tag: str | None = None,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    trust_existing: bool = False,
    on_progress: OnProgress | None = None,
    registries: AsyncRegistries | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> CopyResult:
    """Copy an image from an OCI image layout or a `docker save` tarball to a registry or another layout; return the result.

    Args:
        path: The folder of the layout, or the tarball.
        target: The place to which the image is copied; see `copy`.
        tag: The tag of the image in the layout, or the name of the image in the tarball. None (default) copies the only image,
            and raises an `ImageError` if there are several images.
        platform: Copy only the manifest for this platform, such as `linux/arm64`. None (default) copies the image with all its
            platforms.
        referrers: Whether to copy the referrers of the copied manifests as well, such as signatures, and what cosign has stored
            for them under its tags `sha256-….sig`, `.att` and `.sbom`. False by default.
        use_urls: Whether to copy non-distributable layers too. If True, a layer that the source lacks is downloaded from the
            external URLs in the manifest; if False (default), non-distributable layers are not copied.
        trust_existing: Whether to compare only the size of the layers that a target layout already has. False (default) compares
            their bytes with the digest, too, and replaces damaged files. Manifests and configs are always compared.
        on_progress: A function, but no coroutine function, that is called with a `Progress` for each blob and manifest, at least
            once per MiB, and one call at a time. None (default) for no such function.
        registries: The owner of connections, logins and options for the registries of places that are not a `ManifestRef`. None
            (default) opens registries with the default options and the stored logins, and closes them at the end.
        timeout: The seconds that each step of a request may take, such as one read, or a `Timeout`. None (default) uses the
            option `timeout` of each client: 60 seconds, and 15 seconds for connecting, if that is not set either.
        deadline: The seconds that the whole call may take, or a `Deadline`. None (default) uses the option `deadline` of each
            client, for the requests of that client: no limit if that is not set either.

    Raises:
        RegistryError: The copy failed; `copy` lists the errors.
        OSError: The files cannot be read.
        TypeError: The target, `platform`, `registries` or `on_progress` has the wrong type.
    """
    files = Path(path)
    location = Layout(files, tag) if files.is_dir() else DockerArchive(files, tag)
    return await _copy(
        AsyncParsedSource(location, None),
        async_parse_target_place(target, location),
        platform=platform,
        referrers=referrers,
        use_urls=use_urls,
        trust_existing=trust_existing,
        on_progress=on_progress,
        registries=registries,
        timeout=timeout,
        deadline=deadline,
    )


async def _copy(
    source: AsyncParsedSource,
    target: AsyncParsedTarget,
    *,
    platform: str | Platform | None,
    referrers: bool,
    use_urls: bool,
    trust_existing: bool,
    on_progress: OnProgress | None,
    registries: AsyncRegistries | None,
    timeout: float | Timeout | None,
    deadline: Deadline | float | None,
) -> CopyResult:
    check_on_progress(on_progress)
    wanted = None if platform is None else to_platform(platform)
    async with async_open_copy(source, target, registries, timeout, deadline, trust_existing=trust_existing) as opened:
        plan = await _make_plan(opened, wanted, referrers, use_urls)
        return await async_execute(plan, opened, on_progress)


async def _make_plan(opened: AsyncOpenCopy, platform: Platform | None, referrers: bool, use_urls: bool) -> CopyPlan:
    root = await opened.source.read_root()
    if platform is not None:
        root = await async_select_platform(opened.source, root, platform)
    planner = AsyncPlanner(opened.source, opened.target, referrers, use_urls)
    blobs, manifests = await planner.run(root)
    return CopyPlan(
        source=opened.source_location,
        target=opened.target_location,
        digest=root.digest,
        size=len(root.raw),
        media_type=root.media_type,
        blobs=blobs,
        manifests=manifests,
        use_urls=use_urls,
        missing_referrers=tuple(planner.missing_referrers.values()),
    )
