"""Artifacts: the manifest that is made of files, and the files that a manifest tells of. Free of I/O."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from .._core.blobs.blob_spec import parse_blob_spec
from ..client.manifests import ManifestResponse
from ..digest import Verifier
from ..errors import ArtifactError, ParseError
from ..media_types import OCI_INDEX, OCI_MANIFEST, OCTET_STREAM
from ..v2.models import Descriptor, ImageManifest

EMPTY: Final = b"{}"
_TITLE: Final = "org.opencontainers.image.title"


@frozen
class ArtifactBlob:
    """A blob of an artifact.

    Attributes:
        source: Its bytes, or the path of a file that holds them.
        media_type: Its media type.
        title: The name of the file that it is pulled to, with `/` between folders; None for what is no file.
    """

    source: bytes | os.PathLike[str]
    media_type: str = OCTET_STREAM
    title: str | None = None


def as_blobs(files: Sequence[os.PathLike[str] | ArtifactBlob]) -> list[ArtifactBlob]:
    """Return the blobs of an artifact, paths as files that have their last part as title.

    Args:
        files: The paths and blobs.
    """
    return [each if isinstance(each, ArtifactBlob) else ArtifactBlob(each, title=Path(each).name) for each in files]


def described(blob: ArtifactBlob, uploaded: Descriptor) -> Descriptor:
    """Return a blob's descriptor.

    Args:
        blob: The blob.
        uploaded: What the upload says of it.
    """
    annotations = None if blob.title is None else {_TITLE: blob.title}
    return Descriptor(media_type=blob.media_type, digest=uploaded.digest, size=uploaded.size, annotations=annotations)


def artifact_manifest(
    artifact_type: str,
    config: Descriptor,
    layers: list[Descriptor],
    subject: Descriptor | None,
    annotations: Mapping[str, str] | None,
) -> bytes:
    """Return the manifest of an artifact; the same arguments make the same bytes.

    Args:
        artifact_type: Its type.
        config: Its config.
        layers: Its files and other blobs.
        subject: What it is about.
        annotations: Its annotations.

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


def titled_layers(found: ManifestResponse) -> list[tuple[str, Descriptor]]:
    """Return the titles and descriptors of an artifact's files; layers without a title are none.

    Args:
        found: The artifact's manifest.

    Raises:
        ArtifactError: It is no OCI image manifest.
        InvalidDigestError: The digest of a file is none, or cannot be computed here.
        ParseError: The size of a file is negative, or the `data` of a descriptor is not what its digest and size say.
    """
    if not isinstance(found.manifest, ImageManifest):
        hint = "Pull one of its manifests, by digest." if found.media_type == OCI_INDEX else "It has no files."
        raise ArtifactError(f"{found.digest} is {found.media_type}, not the manifest of an artifact. {hint}")
    layers = found.manifest.layers
    for number, each in enumerate(layers):
        parse_blob_spec(each)
        _check_data(each, f"layers[{number}].data")
    return [(each.annotations[_TITLE], each) for each in layers if each.annotations and _TITLE in each.annotations]


def _check_data(descriptor: Descriptor, field: str) -> None:
    if descriptor.data is None:
        return
    spec = parse_blob_spec(descriptor)
    verifier = Verifier(spec.digest.algorithm)
    try:
        verifier.update(base64.b64decode(descriptor.data, validate=True))
    except (ValueError, binascii.Error):
        raise ParseError(model="ImageManifest", field=field, problem="is not base64") from None
    if (verifier.digest, verifier.size) != (spec.digest, spec.size):
        raise ParseError(model="ImageManifest", field=field, problem="is not what digest and size say")
