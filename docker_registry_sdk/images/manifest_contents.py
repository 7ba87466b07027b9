"""Manifests as bytes, and the manifests and blobs that they refer to. Free of I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from attrs import field, frozen

from ..client.manifest_types import Manifest
from ..client.manifests import parse_manifest
from ..digest import Digest, digest_of
from ..errors import DigestMismatchError, ImageError, ParseError
from ..media_types import EXTERNAL_LAYERS, OCTET_STREAM
from ..v2.models import Descriptor, DockerManifest, DockerManifestList, DockerSchema1Manifest, ImageIndex, ImageManifest
from .entry_kind import named_objects

# Limits against hostile indexes. Real images stay far below.
MAX_MANIFESTS: Final = 2000
MAX_MANIFESTS_BYTES: Final = 64 * 1024 * 1024


@frozen(kw_only=True)
class StoredManifest:
    """The bytes of a manifest or index, with the digest and the media type.

    Attributes:
        digest: The digest, which was compared with the bytes or computed from them.
        media_type: The media type.
        raw: The bytes.
    """

    digest: Digest
    media_type: str
    raw: bytes = field(repr=False)


@frozen(kw_only=True)
class BlobDescriptor:
    """A blob that a manifest refers to.

    Attributes:
        digest: The digest.
        size: The size in bytes; None if the manifest does not state the size, as in Docker schema 1.
        media_type: The media type.
        urls: External URLs from which the blob can be downloaded; empty for most blobs.
    """

    digest: Digest
    size: int | None
    media_type: str
    urls: tuple[str, ...] = ()

    @property
    def is_external(self) -> bool:
        """Return whether the blob is a non-distributable layer with external URLs; registries need not store such a layer."""
        return bool(self.urls) and self.media_type in EXTERNAL_LAYERS


@frozen(kw_only=True)
class ManifestContents:
    """The objects that a manifest refers to.

    Attributes:
        children: The descriptors of the manifests that an index, or a manifest of an unknown media type, names; otherwise empty.
        blobs: The config and the layers, without duplicates, the config first; for a manifest of an unknown media type, all
            blobs that it names; empty for an index.
        subject: The digest of the subject; None if the manifest has no subject.
        document: The parsed manifest; None for a manifest of an unknown media type.
    """

    children: tuple[Descriptor, ...] = ()
    blobs: tuple[BlobDescriptor, ...] = ()
    subject: Digest | None = None
    document: Manifest | None = None


def parse_contents(stored: StoredManifest) -> ManifestContents:
    """Parse a manifest, and return the objects that it refers to.

    Of a manifest with an unknown media type, these are all objects that its descriptors name: see `named_objects`.

    Args:
        stored: The manifest to parse.

    Raises:
        ParseError: The manifest is malformed, or has the fields of both an image and an index.
        InvalidDigestError: A digest in the manifest is invalid.
        ImageError: A size in the manifest is negative, or differs between two descriptors of the same blob; or the media type is
            unknown, and the manifest may need objects that it does not name in descriptors.
    """
    document = parse_manifest(stored.raw, stored.media_type)
    match document:
        case ImageIndex():
            children = tuple(document.manifests)
            return ManifestContents(children=children, subject=_subject_digest(document.subject), document=document)
        case DockerManifestList():
            return ManifestContents(children=tuple(document.manifests), document=document)
        case ImageManifest():
            blobs = _merged_blobs([document.config, *document.layers])
            return ManifestContents(blobs=blobs, subject=_subject_digest(document.subject), document=document)
        case DockerManifest():
            return ManifestContents(blobs=_merged_blobs([document.config, *document.layers]), document=document)
        case DockerSchema1Manifest():
            digests = dict.fromkeys(Digest(layer.blob_sum) for layer in document.fs_layers)
            layers = (BlobDescriptor(digest=digest, size=None, media_type=OCTET_STREAM) for digest in digests)
            return ManifestContents(blobs=tuple(layers), document=document)
    named_manifests, named_blobs, subject = named_objects(stored.raw, stored.digest, stored.media_type)
    return ManifestContents(children=tuple(named_manifests), blobs=_merged_blobs(named_blobs), subject=subject)


def config_digest(document: Manifest | None) -> Digest | None:
    """Return the digest of the config that a manifest names; None if the manifest names no config.

    Args:
        document: The parsed manifest; None for a manifest of an unknown media type.
    """
    return document.config.digest if isinstance(document, (ImageManifest, DockerManifest)) else None


def blob_descriptor(descriptor: Descriptor) -> BlobDescriptor:
    """Convert the descriptor of a blob to a `BlobDescriptor`, after checking the digest and the size.

    Args:
        descriptor: The descriptor, as a manifest contains it.

    Raises:
        InvalidDigestError: The digest is invalid.
        ImageError: The size is negative.
    """
    if descriptor.size < 0:
        raise ImageError(
            f"the descriptor of {descriptor.digest} has the negative size {descriptor.size}, so the manifest is invalid",
            hint="Build and push the image again.",
        )
    return BlobDescriptor(
        digest=descriptor.digest,
        size=descriptor.size,
        media_type=descriptor.media_type,
        urls=tuple(descriptor.urls or ()),
    )


def merge_blob(blobs: dict[Digest, BlobDescriptor], blob: BlobDescriptor) -> None:
    """Add a blob to a dictionary of blobs, unless the dictionary already has the blob with a known size.

    Args:
        blobs: The blobs by digest.
        blob: The blob to add.

    Raises:
        ImageError: The dictionary has the blob with another known size.
    """
    known = blobs.get(blob.digest)
    if known is None or known.size is None:
        blobs[blob.digest] = blob
    elif blob.size not in (None, known.size):
        raise ImageError(
            f"the blob {blob.digest} has {known.size} bytes in one descriptor and {blob.size} bytes in another, "
            "so the image is invalid",
            hint="Build and push the image again.",
        )


def verify_manifest(raw: bytes, digest: Digest, media_type: str) -> StoredManifest:
    """Return the bytes of a manifest as a `StoredManifest`, after checking that the bytes have the expected digest.

    Args:
        raw: The bytes of the manifest.
        digest: The expected digest.
        media_type: The media type, which is stored unchecked.

    Raises:
        DigestMismatchError: The bytes have another digest.
    """
    actual = digest_of(raw, digest.algorithm)
    if actual != digest:
        raise DigestMismatchError(expected=digest, actual=actual, expected_size=None, actual_size=len(raw))
    return StoredManifest(digest=digest, media_type=media_type, raw=raw)


def check_size(stored: StoredManifest, descriptor: Descriptor) -> StoredManifest:
    """Return a manifest unchanged, after checking that its size is the size in its descriptor.

    Args:
        stored: The manifest to check.
        descriptor: The descriptor of the manifest.

    Raises:
        DigestMismatchError: The number of bytes of the manifest is not the size in the descriptor.
    """
    if len(stored.raw) != descriptor.size:
        raise DigestMismatchError(
            expected=stored.digest, actual=stored.digest, expected_size=descriptor.size, actual_size=len(stored.raw)
        )
    return stored


def parse_json(content: bytes, name: str) -> Any:
    """Parse a JSON document, and return its value. The document is a file of a layout or archive, or a config.

    Args:
        content: The bytes of the document.
        name: The name of the document for error messages.

    Raises:
        ImageError: The content is not JSON.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ImageError(
            f"{name} is not a JSON document, so the image is damaged",
            hint="Create the layout or archive again, or copy to another folder.",
        ) from None


@contextmanager
def named_document(name: str) -> Iterator[str]:
    """Name a file in the `ParseError` that the block raises. The error would otherwise blame a server.

    Args:
        name: The name of the file, which the context returns.

    Raises:
        ParseError: The block raised a `ParseError`.
    """
    try:
        yield name
    except ParseError as error:
        hint = "Create the layout or archive again, or copy to another folder."
        raise ParseError(model=f"{name} ({error.model})", field=error.field, problem=error.reason, hint=hint) from None


def _merged_blobs(descriptors: list[Descriptor]) -> tuple[BlobDescriptor, ...]:
    blobs: dict[Digest, BlobDescriptor] = {}
    for blob in map(blob_descriptor, descriptors):
        merge_blob(blobs, blob)
    return tuple(blobs.values())


def _subject_digest(descriptor: Descriptor | None) -> Digest | None:
    return None if descriptor is None else descriptor.digest
