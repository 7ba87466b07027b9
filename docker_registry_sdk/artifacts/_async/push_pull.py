"""Push files as an artifact, and pull the files of an artifact into a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from ..._core.blobs import AsyncBlobRepository, async_download_blob
from ..._core.blobs.progress import OnProgress, Progress, ProgressQueue, check_on_progress
from ..._core.blobs.upload_requests import HEAD_REFUSED
from ..._core.concurrency.gather import DEFAULT_CONCURRENCY, async_gather
from ..._core.concurrency.threads import async_run_in_thread
from ..._core.concurrency.waiting import CancelFlag
from ..._core.folders import OpenFolder
from ..._core.text.redaction import quoted
from ..._core.wire import CallLimits, Deadline, Timeout, call_limits
from ...client._async.manifest_ref import AsyncManifestRef
from ...client._async.registries import AsyncRegistries
from ...client._async.repository import AsyncRepository, async_plan_push
from ...client.error_places import named_by, replace_chunk_size_hint
from ...errors import RegistryError
from ...images._async.places import AsyncOpenRegistries
from ...media_types import OCI_EMPTY, OCI_MANIFEST
from ...reference import RepoRef
from ...v2.models import Descriptor
from ..file_paths import TargetFile, check_sources, check_titles, find_target_files, open_parent
from ..manifest import EMPTY_CONTENT, ArtifactBlob, as_blobs, build_manifest, describe_blob, titled_layers
from .places import AsyncArtifactPlace, async_parse_artifact_place

_LENGTH_HINT: Final = (
    "The registry, or a proxy in front of it, refuses request bodies of this size: upload the files with upload_blob and a "
    "chunk_size such as 4 MiB (4194304), and the manifest with put_manifest, or ask the operator to raise the limit."
)


async def async_push(
    place: AsyncArtifactPlace,
    files: Sequence[str | os.PathLike[str] | ArtifactBlob],
    *,
    artifact_type: str,
    config: ArtifactBlob | None = None,
    annotations: Mapping[str, str] | None = None,
    subject: str | Descriptor | None = None,
    on_progress: OnProgress | None = None,
    registries: AsyncRegistries | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> Descriptor:
    """Push files as an artifact, and return the descriptor of its manifest. Files that the repository has are skipped.

    Up to 6 files are uploaded at a time. If one fails, the others are cancelled, and no manifest is pushed.

    Equal files and arguments give the same digest, since the manifest contains no time. To record a time, pass the annotation
    `org.opencontainers.image.created`.

    Args:
        place: The repository and the tag: text such as `ghcr.io/owner/app:report`, a `RepoRef`, or a reference that is bound to a
            client, `client.ref("report")`. To push the artifact by its digest only, which is usual for artifacts with a subject,
            pass a repository without a tag: text such as `ghcr.io/owner/app`, a `Repo`, or a repository or client. (Elsewhere,
            text without a tag means the tag `latest`; here no tag is set.)
        files: A list of paths, or of `ArtifactBlob` objects with their own title and media type. The title of a file that is
            given as a path is the last part of the path. If the list is empty, the artifact has only the empty layer `{}`.
        artifact_type: The type of the artifact, a media type such as `application/spdx+json`.
        config: The config; None (default) uses the empty config `{}` of the OCI specification.
        annotations: The annotations of the manifest; None (default) for no annotations.
        subject: The subject of the artifact: the tag or digest of an existing manifest in the repository; or the descriptor of a
            manifest, which need not exist yet. None (default) for an artifact without a subject.
        on_progress: A function, but no coroutine function, that is called with a `Progress` for each file and manifest, at least
            once per MiB, and one call at a time. None (default) for no such function.
        registries: The owner of connections, logins and options for the registries of a place that is not bound to a client. None
            (default) opens the registry with the default options and the stored login, and closes it at the end.
        timeout: The seconds that each step of a request may take, such as one read, or a `Timeout`. None (default) uses the
            option `timeout` of each client: 60 seconds, and 15 seconds for connecting, if that is not set either.
        deadline: The seconds that the whole call may take, or a `Deadline`. None (default) uses the option `deadline` of each
            client, for the requests of that client: no limit if that is not set either.

    Returns:
        The descriptor of the artifact's manifest.

    Raises:
        ValueError: The artifact type is empty.
        InvalidReferenceError: The place is malformed.
        ArtifactError: The place is not in a registry, or a file is a folder, pipe or socket; no request was sent.
        UnsafeTitleError: A title is unsafe, so that `pull` would raise an error; no request was sent.
        InvalidDigestError: The subject is malformed.
        NotFoundError: The subject was given as a tag or digest, and does not exist in the repository.
        DigestMismatchError: The place has a digest, but the artifact has another one.
        ImmutableTagError: The tag exists with another artifact, and the registry does not allow the tag to be moved. With the
            same artifact, the call succeeds.
        ReferrersError: The artifact was pushed, but could not be added to the list of the subject's referrers. Push the
            artifact again.
        DeadlineExceededError: The deadline passed before the call was complete.
        OSError: A file cannot be read. For a file that does not exist, no request was sent.
        TypeError: The place, `files`, `registries` or `on_progress` has the wrong type.

    Source: OCI Image Spec, Guidelines for Artifact Usage.
    """
    if not artifact_type:
        raise ValueError("artifact_type is empty: pass a media type, such as application/vnd.example.report.v1")
    blobs = as_blobs(files)
    check_titles(blob.title for blob in blobs if blob.title is not None)
    check_sources(blob.source for blob in (*blobs, *([config] if config else ())))
    check_on_progress(on_progress)
    parsed = async_parse_artifact_place(place, needs_tag=False)
    async with AsyncOpenRegistries(registries) as opened:
        repository = async_plan_push(opened.repository(parsed.repo, parsed.repository))
        limits = call_limits(repository, timeout, deadline)
        subject_descriptor = await _describe_subject(repository, subject, limits)
        empty = ArtifactBlob(EMPTY_CONTENT, OCI_EMPTY)
        # The empty blob is the config if none is given, and the only layer of an artifact without files.
        config_descriptor, *layers = await _upload_all(repository, [config or empty, *(blobs or [empty])], on_progress, limits)
        content = build_manifest(artifact_type, config_descriptor, layers, subject_descriptor, annotations)
        pushed = await repository.put_manifest(
            content, parsed.ref, media_type=OCI_MANIFEST, timeout=limits.timeout, deadline=limits.deadline
        )
    if on_progress is not None:
        on_progress(Progress(phase="manifest", digest=pushed.digest, bytes=len(content), total=len(content)))
    return Descriptor(media_type=OCI_MANIFEST, digest=pushed.digest, size=len(content), artifact_type=artifact_type)


async def async_pull(
    place: str | RepoRef | AsyncManifestRef,
    folder: str | os.PathLike[str],
    *,
    on_progress: OnProgress | None = None,
    registries: AsyncRegistries | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> list[Path]:
    """Download the files of an artifact into a folder, up to 6 at a time, and return the paths of the files.

    The files are the layers with a title. Titles are untrusted. Therefore all titles, and the existing files and links in the
    folder, are checked before anything is written, and links again when each file is written: no file is written outside the
    folder, and no file is overwritten.

    If one file fails, the other downloads are cancelled. Each file gets its name when it is complete and verified; unfinished
    downloads stay beside it with `.part` after their names. A file that exists with the content of its layer is not downloaded
    again, so a second call resumes an interrupted pull. A folder packed by oras (annotation `io.deis.oras.content.unpack`) is
    written as a tar.gz file, and not unpacked.

    A file that its descriptor embeds (`data`) needs no request. Data with another digest or size is ignored.

    Args:
        place: The artifact: text such as `ghcr.io/owner/app:report` (without a tag and a digest, the tag is `latest`), a
            `RepoRef`, or a reference that is bound to a client, `client.ref("report")`.
        folder: The folder to write to, created if necessary.
        on_progress: A function, but no coroutine function, that is called with a `Progress` for each file and manifest, at least
            once per MiB, and one call at a time. None (default) for no such function.
        registries: The owner of connections, logins and options for the registries of a place that is not bound to a client. None
            (default) opens the registry with the default options and the stored login, and closes it at the end.
        timeout: The seconds that each step of a request may take, such as one read, or a `Timeout`. None (default) uses the
            option `timeout` of each client: 60 seconds, and 15 seconds for connecting, if that is not set either.
        deadline: The seconds that the whole call may take, or a `Deadline`. None (default) uses the option `deadline` of each
            client, for the requests of that client: no limit if that is not set either.

    Returns:
        The paths of the files, in the order of the layers.

    Raises:
        NotFoundError: The artifact, or one of its files, does not exist.
        InvalidReferenceError: The place is malformed.
        ArtifactError: The place is not in a registry; the manifest is an index, or another document that is not an OCI image
            manifest; or the manifest has layers but none with a title, as an image has.
        UnsafeTitleError: A title is not a relative path, may mean the same file as another title, leads through a link, or is the
            path of an existing file with other content or of another user; nothing was written, unless the link was made during
            the pull.
        DigestMismatchError: The bytes of a file have another digest; the downloaded bytes were deleted.
        InvalidDigestError: The digest of a file has an algorithm other than sha256 and sha512.
        ParseError: The manifest is malformed.
        DeadlineExceededError: The deadline passed before the call was complete.
        OSError: A file cannot be written.
        TypeError: The place, `registries` or `on_progress` has the wrong type.

    Source: OCI Image Spec, Pre-Defined Annotation Keys; OCI Distribution Spec, Pulling Blobs (end-2).
    """
    check_on_progress(on_progress)
    parsed = async_parse_artifact_place(place, needs_tag=True)
    async with AsyncOpenRegistries(registries) as opened:
        repository = opened.repository(parsed.repo, parsed.repository)
        limits = call_limits(repository, timeout, deadline)
        found = await repository.get_manifest(parsed.ref or "", timeout=limits.timeout, deadline=limits.deadline)
        layers = titled_layers(found)
        files = await async_run_in_thread(lambda: find_target_files(Path(folder), layers))
        missing = [file for file in files if not file.exists]
        for file in files:
            if file.exists:
                _report_skipped(file.descriptor, on_progress)
        if missing:
            Path(folder).mkdir(parents=True, exist_ok=True)
            blobs = AsyncBlobRepository(repository, repository.repo.remote_name, limits)
            cancel = CancelFlag()
            report = _progress_of_jobs(on_progress, cancel)
            with OpenFolder(Path(folder)) as opened_folder:
                manifest = f"the manifest {found.digest} in {repository.repo.canonical_name}"
                jobs = [partial(_download, blobs, opened_folder, file, report, manifest) for file in missing]
                await async_gather(jobs, DEFAULT_CONCURRENCY, cancel)
    return [file.path for file in files]


async def _upload_all(
    repository: AsyncRepository, blobs: Sequence[ArtifactBlob], on_progress: OnProgress | None, limits: CallLimits
) -> list[Descriptor]:
    """Upload blobs, several at a time, and return their descriptors. Equal sources are uploaded once.

    The first blob is uploaded alone, so that the registry asks only once for a login.
    """
    cancel = CancelFlag()
    report = _progress_of_jobs(on_progress, cancel)
    sources = {_source_key(blob): blob.source for blob in blobs}
    first, *others = sources.values()
    uploaded = [await _upload(repository, first, report, limits)]
    jobs = [partial(_upload, repository, source, report, limits) for source in others]
    uploaded += await async_gather(jobs, DEFAULT_CONCURRENCY, cancel)
    by_key = dict(zip(sources, uploaded, strict=True))
    return [describe_blob(blob, by_key[_source_key(blob)]) for blob in blobs]


def _source_key(blob: ArtifactBlob) -> tuple[str, str | bytes]:
    return ("content", blob.source) if isinstance(blob.source, bytes) else ("path", os.fspath(blob.source))


async def _upload(
    repository: AsyncRepository, source: bytes | os.PathLike[str], report: OnProgress, limits: CallLimits
) -> Descriptor:
    try:
        return await repository.blob_upload(source, on_progress=report, timeout=limits.timeout, deadline=limits.deadline)
    except RegistryError as error:
        replace_chunk_size_hint(error, _LENGTH_HINT)
        raise


async def _download(
    repository: AsyncBlobRepository, folder: OpenFolder, file: TargetFile, report: OnProgress, manifest: str
) -> None:
    with named_by(f"the title {quoted(file.title)} in {manifest}"), open_parent(folder, file.title) as target:
        await async_download_blob(repository, file.descriptor, target, on_progress=report)


def _progress_of_jobs(on_progress: OnProgress | None, cancel: CancelFlag) -> OnProgress:
    """Return a progress callback for concurrent transfers, which calls `on_progress` once at a time.

    After another transfer has failed, it raises an exception that ends the transfer that calls it.
    """
    queue = ProgressQueue(on_progress)

    def report(progress: Progress) -> None:
        cancel.check()
        queue.report(progress)

    return report


async def _describe_subject(
    repository: AsyncRepository, subject: str | Descriptor | None, limits: CallLimits
) -> Descriptor | None:
    if subject is None or isinstance(subject, Descriptor):
        return subject
    try:
        return await repository.head_manifest(subject, timeout=limits.timeout, deadline=limits.deadline)
    except HEAD_REFUSED:
        return (await repository.get_manifest(subject, timeout=limits.timeout, deadline=limits.deadline)).descriptor


def _report_skipped(descriptor: Descriptor, on_progress: OnProgress | None) -> None:
    if on_progress is not None:
        on_progress(Progress(phase="skip", digest=descriptor.digest, bytes=descriptor.size, total=descriptor.size))
