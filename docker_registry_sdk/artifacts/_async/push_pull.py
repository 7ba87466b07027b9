"""Push files as an artifact, and pull the files of an artifact into a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..._core.blobs.progress import OnProgress, Progress
from ..._core.concurrency.threads import async_run_in_thread
from ..._core.wire import CallLimits, Deadline, Timeout, call_limits
from ...client._async.client import AsyncRegistryClientV2
from ...digest import Digest
from ...media_types import OCI_EMPTY, OCI_MANIFEST
from ...v2.models import Descriptor
from ..file_paths import check_titles, find_target_files
from ..manifest import EMPTY_CONTENT, ArtifactBlob, as_blobs, build_manifest, describe_blob, titled_layers


async def async_push(
    client: AsyncRegistryClientV2,
    ref: str | None,
    files: Sequence[os.PathLike[str] | ArtifactBlob],
    *,
    artifact_type: str,
    config: ArtifactBlob | None = None,
    annotations: Mapping[str, str] | None = None,
    subject: str | Descriptor | None = None,
    on_progress: OnProgress | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> Descriptor:
    """Push files as an artifact, and return the descriptor of its manifest. Files that the repository has are skipped.

    Equal files and arguments give the same digest, since the manifest contains no time. To record a time, pass the annotation
    `org.opencontainers.image.created`.

    Args:
        client: A client of the repository.
        ref: A tag, or None to push the artifact by its digest only, which is usual for artifacts with a subject.
        files: Paths, or `ArtifactBlob` objects with their own title and media type. The title of a file that is given as a path
            is the last part of the path. If there are no files, the artifact has only the empty layer `{}`.
        artifact_type: The type of the artifact, a media type.
        config: The config; None uses the empty config `{}` of the OCI specification.
        annotations: The annotations of the manifest; None for no annotations.
        subject: The subject of the artifact: the digest of an existing manifest in the repository, or the descriptor of a
            manifest, which need not exist yet. None for an artifact without a subject.
        on_progress: The progress callback, which is called for each file and manifest; None for no callback.
        timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
        deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

    Returns:
        The descriptor of the artifact's manifest.

    Raises:
        ValueError: The artifact type is empty.
        UnsafeTitleError: A title is unsafe, so that `pull` would raise an error; no request was sent.
        InvalidDigestError: The subject is not a digest.
        NotFoundError: The subject was given as a digest, and does not exist in the repository.
        ReferrersError: The artifact was pushed, but could not be added to the list of the subject's referrers. Push the
            artifact again.
        DeadlineExceededError: The deadline passed before the call was complete.
        OSError: A file cannot be read.

    Source: OCI Image Spec, Guidelines for Artifact Usage.
    """
    if not artifact_type:
        raise ValueError("artifact_type is empty: pass a media type, such as application/vnd.example.report.v1")
    blobs = as_blobs(files)
    check_titles(blob.title for blob in blobs if blob.title is not None)
    limits = call_limits(client, timeout, deadline)
    subject_descriptor = await _describe_subject(client, subject, limits)
    empty = ArtifactBlob(EMPTY_CONTENT, OCI_EMPTY)
    # The empty blob is the config if none is given, and the only layer of an artifact without files.
    config_descriptor, *layers = [
        describe_blob(blob, await _upload(client, blob, on_progress, limits)) for blob in (config or empty, *(blobs or [empty]))
    ]
    content = build_manifest(artifact_type, config_descriptor, layers, subject_descriptor, annotations)
    pushed = await client.put_manifest(content, ref, media_type=OCI_MANIFEST, timeout=limits.timeout, deadline=limits.deadline)
    if on_progress is not None:
        on_progress(Progress(phase="manifest", digest=pushed.digest, bytes=len(content), total=len(content)))
    return Descriptor(media_type=OCI_MANIFEST, digest=pushed.digest, size=len(content), artifact_type=artifact_type)


async def async_pull(
    client: AsyncRegistryClientV2,
    ref: str,
    folder: str | os.PathLike[str],
    *,
    on_progress: OnProgress | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> list[Path]:
    """Download the files of an artifact into a folder, and return the paths of the files.

    The files are the layers with a title. Titles are untrusted. Therefore all titles, and the existing files and links in the
    folder, are checked before anything is written: no file is written outside the folder, and no file is overwritten. A file that
    exists with the content of its layer is not downloaded again, so a second call resumes an interrupted pull. A folder packed by
    oras (annotation `io.deis.oras.content.unpack`) is written as a tar.gz file, and not unpacked.

    Args:
        client: A client of the repository.
        ref: A tag or digest.
        folder: The folder to write to, created if necessary.
        on_progress: The progress callback, which is called for each file and manifest; None for no callback.
        timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
        deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

    Returns:
        The paths of the files, in the order of the layers.

    Raises:
        NotFoundError: The artifact, or one of its files, does not exist.
        ArtifactError: The manifest is an index, or another document that is not an OCI image manifest; or the manifest has layers
            but none with a title, as an image has.
        UnsafeTitleError: A title is not a relative path, may mean the same file as another title, leads through a link, or is the
            path of an existing file with other content; nothing was written.
        DigestMismatchError: The bytes of a file have another digest; the downloaded bytes were deleted.
        ParseError: The manifest is malformed, or the `data` of a descriptor contradicts the descriptor's digest or size.
        DeadlineExceededError: The deadline passed before the call was complete.
        OSError: A file cannot be written.

    Source: OCI Image Spec, Pre-Defined Annotation Keys; OCI Distribution Spec, Pulling Blobs (end-2).
    """
    limits = call_limits(client, timeout, deadline)
    layers = titled_layers(await client.get_manifest(ref, timeout=limits.timeout, deadline=limits.deadline))
    files = await async_run_in_thread(lambda: find_target_files(Path(folder), layers))
    for file in files:
        if file.exists:
            _report_skipped(file.descriptor, on_progress)
            continue
        file.path.parent.mkdir(parents=True, exist_ok=True)
        await client.download_blob(
            file.descriptor, file.path, on_progress=on_progress, timeout=limits.timeout, deadline=limits.deadline
        )
    return [file.path for file in files]


async def _upload(
    client: AsyncRegistryClientV2, blob: ArtifactBlob, on_progress: OnProgress | None, limits: CallLimits
) -> Descriptor:
    return await client.blob_upload(blob.source, on_progress=on_progress, timeout=limits.timeout, deadline=limits.deadline)


async def _describe_subject(
    client: AsyncRegistryClientV2, subject: str | Descriptor | None, limits: CallLimits
) -> Descriptor | None:
    if subject is None or isinstance(subject, Descriptor):
        return subject
    found = await client.get_manifest(Digest(subject), timeout=limits.timeout, deadline=limits.deadline)
    return Descriptor(media_type=found.media_type, digest=found.digest, size=len(found.raw))


def _report_skipped(descriptor: Descriptor, on_progress: OnProgress | None) -> None:
    if on_progress is not None:
        on_progress(Progress(phase="skip", digest=descriptor.digest, bytes=descriptor.size, total=descriptor.size))
