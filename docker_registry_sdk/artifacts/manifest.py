"""The manifest of an artifact: functions that build it, and that find the files in it. Free of I/O."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from .._core.blobs.blob_spec import parse_blob_spec
from ..client.error_places import PUSH_HINT, named_by, named_document
from ..client.manifest_results import ManifestResponse
from ..digest import Digest
from ..errors import ArtifactError
from ..images.manifest_contents import check_descriptor
from ..media_types import DOCKER_CONFIG, OCI_CONFIG, OCI_EMPTY, OCI_INDEX, OCI_MANIFEST, OCTET_STREAM
from ..v2.models import Descriptor, ImageManifest

EMPTY_CONTENT: Final = b"{}"
_TITLE_ANNOTATION: Final = "org.opencontainers.image.title"


@frozen
class ArtifactBlob:
    """A blob of an artifact.

    Attributes:
        source: The bytes, or the path of a file with the bytes.
        media_type: The media type.
        title: The path of the file that `pull` writes, with `/` between folders; None for a blob that `pull` ignores.
    """

    source: bytes | os.PathLike[str]
    media_type: str = OCTET_STREAM
    title: str | None = field(default=None, kw_only=True)


def as_blobs(files: Sequence[str | os.PathLike[str] | ArtifactBlob]) -> list[ArtifactBlob]:
    """Convert paths to `ArtifactBlob` objects, with the last part of the path as title. Blobs are returned unchanged.

    Args:
        files: A list of paths, or of `ArtifactBlob` objects.

    Raises:
        TypeError: The argument is a single file instead of a list.
    """
    if isinstance(files, (str, bytes, os.PathLike, ArtifactBlob)):
        raise TypeError(f"pass a list of files, such as [{files!r}], not a single file")
    return [each if isinstance(each, ArtifactBlob) else ArtifactBlob(Path(each), title=Path(each).name) for each in files]


def describe_blob(blob: ArtifactBlob, uploaded: Descriptor) -> Descriptor:
    """Return the descriptor of an uploaded blob for the manifest, with the media type and title of the blob.

    Args:
        blob: The media type and title; if the title is None, the descriptor has no title annotation.
        uploaded: The digest and size, from the descriptor that the upload returned.
    """
    annotations = None if blob.title is None else {_TITLE_ANNOTATION: blob.title}
    return Descriptor(media_type=blob.media_type, digest=uploaded.digest, size=uploaded.size, annotations=annotations)


def build_manifest(
    artifact_type: str,
    config: Descriptor,
    layers: list[Descriptor],
    subject: Descriptor | None,
    annotations: Mapping[str, str] | None,
) -> bytes:
    """Return the bytes of an artifact's manifest. For equal arguments, the bytes are equal.

    Args:
        artifact_type: The type of the artifact, a media type.
        config: The descriptor of the config.
        layers: The descriptors of the files and other blobs.
        subject: The descriptor of the subject; None for a manifest without a subject.
        annotations: The annotations of the manifest; None for no annotations.

    Source: OCI Image Spec, Guidelines for Artifact Usage.
    """
    manifest = ImageManifest(
        schema_version=2,
        media_type=OCI_MANIFEST,
        artifact_type=artifact_type,
        config=config,
        layers=layers,
        subject=subject,
        annotations=dict(sorted(annotations.items())) if annotations else None,
    )
    return json.dumps(manifest.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()


def titled_layers(response: ManifestResponse) -> list[tuple[str, Descriptor]]:
    """Return the titles and descriptors of an artifact's files, which are the layers with a title.

    Args:
        response: The manifest of the artifact.

    Raises:
        ArtifactError: The manifest is not an OCI image manifest, is that of an image, or has layers of which none has a title.
            If the only layer is the empty layer `{}`, the artifact has no files on purpose, and the result is empty.
        InvalidDigestError: The digest of a layer is invalid, or has an unsupported algorithm.
        ParseError: The size of a layer is negative.
    """
    if response.media_type == OCI_INDEX:
        raise ArtifactError(
            f"{response.digest} is an index, not an artifact", hint="Pull a manifest that the index lists, by its digest."
        )
    if not isinstance(response.manifest, ImageManifest):
        raise ArtifactError(
            f"{response.digest} is not an artifact: the manifest has the media type {response.media_type}, not {OCI_MANIFEST}"
        )
    layers = response.manifest.layers
    manifest = f"the manifest {response.digest}"
    with named_document(manifest, PUSH_HINT):
        for position, each in enumerate(layers):
            check_descriptor(response.manifest, f"layers[{position}]", each)
            with named_by(f"layers[{position}] of {manifest}"):
                parse_blob_spec(each)
    titles = [(each.annotations or {}).get(_TITLE_ANNOTATION) for each in layers]
    files = [(title, each) for title, each in zip(titles, layers, strict=True) if title is not None]
    if not files:
        _check_empty(response.digest, response.manifest)
    return files


def _check_empty(digest: Digest, manifest: ImageManifest) -> None:
    """Raise an error if a manifest without files is that of an image, or has layers whose names are unknown."""
    is_image = manifest.artifact_type is None and manifest.config.media_type in (OCI_CONFIG, DOCKER_CONFIG)
    if is_image or any(each.media_type != OCI_EMPTY for each in manifest.layers):
        kind = "it is an image" if is_image else "no layer has a title"
        raise ArtifactError(
            f"{digest} is not an artifact with files: {kind}",
            hint="Pull an image with images.pull, or download layers with download_blob.",
        )
