"""Artifacts: files that are pushed with a manifest of their own, and pulled into a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..._core.blobs.progress import OnProgress, Progress
from ..._core.concurrency.threads import async_run_in_thread
from ..._core.wire import Timeout
from ...client._async.client import AsyncRegistryClientV2
from ...digest import Digest
from ...images._async.referrers import async_push_manifest
from ...media_types import OCI_EMPTY, OCI_MANIFEST
from ...v2.models import Descriptor
from ..file_paths import check_titles, find_places
from ..manifest import EMPTY, ArtifactBlob, artifact_manifest, as_blobs, described, titled_layers


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
    timeout: Timeout | None = None,
) -> Descriptor:
    """Push files as an artifact; what is there already is not uploaded again.

    The same files and arguments make the same digest: no time is put in. Who wants one gives the annotation
    `org.opencontainers.image.created`.

    Args:
        client: A client of the repository.
        ref: A tag, or None to push it by its digest only, as is usual with a subject.
        files: Paths, whose last part becomes the title, or blobs with title and media type.
        artifact_type: The type of the artifact, a media type.
        config: Its config; None for the empty one.
        annotations: Annotations of the manifest.
        subject: The manifest that it is about: its digest, or its descriptor, which need not be there yet.
        on_progress: Called while it runs.
        timeout: Seconds or an `httpx.Timeout` for each request.

    Returns:
        The descriptor of its manifest.

    Raises:
        ValueError: The artifact type is empty.
        UnsafeTitleError: A title is one that nobody could pull; nothing was sent.
        InvalidDigestError: The subject is a tag: find its digest first.
        NotFoundError: There is no subject of that digest.
        ReferrersError: It was pushed, but is not in the list of its subject's referrers; push it again.
        OSError: A file cannot be read.

    Source: OCI Image Spec, Guidelines for Artifact Usage.
    """
    if not artifact_type:
        raise ValueError("artifact_type is empty: give a media type, such as application/vnd.example.report.v1")
    blobs = as_blobs(files)
    check_titles(blob.title for blob in blobs if blob.title is not None)
    about = await _find_subject(client, subject, timeout)
    empty = ArtifactBlob(EMPTY, OCI_EMPTY)
    # The one that stands for nothing stands for the files, too, when there are none.
    described_config, *layers = [
        described(blob, await client.blob_upload(blob.source, on_progress=on_progress, timeout=timeout))
        for blob in (config or empty, *(blobs or [empty]))
    ]
    content = artifact_manifest(artifact_type, described_config, layers, about, annotations)
    pushed = await async_push_manifest(client, content, ref, media_type=OCI_MANIFEST, timeout=timeout)
    if on_progress is not None:
        on_progress(Progress(phase="manifest", digest=pushed.digest, bytes=len(content), total=len(content)))
    return Descriptor(media_type=OCI_MANIFEST, digest=pushed.digest, size=len(content), artifact_type=artifact_type)


async def async_pull(
    client: AsyncRegistryClientV2,
    ref: str,
    folder: str | os.PathLike[str],
    *,
    on_progress: OnProgress | None = None,
    timeout: Timeout | None = None,
) -> list[Path]:
    """Download the files of an artifact into a folder.

    Files are the layers that have a title. None gets out of the folder or over anything in it: before anything is written, all
    titles are checked, and the links that are there. What is there already, byte for byte, is not downloaded again, so that a
    pull that broke off can be made again. A folder that oras has packed (the annotation `io.deis.oras.content.unpack`) is not
    unpacked: the file under its title is the tar.gz.

    Args:
        client: A client of the repository.
        ref: A tag or digest.
        folder: The folder; made when it is missing.
        on_progress: Called while it runs.
        timeout: Seconds or an `httpx.Timeout` for each request.

    Returns:
        The paths of the files, in the order of the layers.

    Raises:
        NotFoundError: There is no such artifact, or a file is missing.
        ArtifactError: It is no artifact, such as an index.
        UnsafeTitleError: A title is no plain relative path, clashes with another one, leads over a link, or onto a file that is
            there; nothing was written.
        DigestMismatchError: A file is not the one that the manifest names; nothing is left of it.
        ParseError: The manifest cannot be understood, or contradicts itself.
        OSError: A file cannot be written.

    Source: OCI Image Spec, Pre-Defined Annotation Keys; OCI Distribution Spec, Pulling Blobs (end-2).
    """
    files = titled_layers(await client.get_manifest(ref, timeout=timeout))
    places = await async_run_in_thread(lambda: find_places(Path(folder), files))
    for place in places:
        if place.present:
            _tell_skipped(place.descriptor, on_progress)
            continue
        place.path.parent.mkdir(parents=True, exist_ok=True)
        await client.download_blob(place.descriptor, place.path, on_progress=on_progress, timeout=timeout)
    return [place.path for place in places]


async def _find_subject(
    client: AsyncRegistryClientV2, subject: str | Descriptor | None, timeout: Timeout | None
) -> Descriptor | None:
    if subject is None or isinstance(subject, Descriptor):
        return subject
    found = await client.get_manifest(Digest(subject), timeout=timeout)
    return Descriptor(media_type=found.media_type, digest=found.digest, size=len(found.raw))


def _tell_skipped(descriptor: Descriptor, on_progress: OnProgress | None) -> None:
    if on_progress is not None:
        on_progress(Progress(phase="skip", digest=descriptor.digest, bytes=descriptor.size, total=descriptor.size))
