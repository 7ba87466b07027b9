"""What a manifest names: the manifests and blobs that must be there before it. Free of I/O."""

from __future__ import annotations

import json
from typing import Any, Final

from attrs import field, frozen

from ..client.manifests import Manifest, parse_manifest
from ..digest import Digest
from ..errors import DigestMismatchError, ImageError
from ..media_types import EXTERNAL_LAYERS, OCTET_STREAM
from ..v2.models import Descriptor, DockerManifest, DockerManifestList, DockerSchema1Manifest, ImageIndex, ImageManifest

# No real image has more; a hostile index may name itself many times over in others.
MAX_INDEX_DEPTH: Final = 8
MAX_MANIFESTS: Final = 2000
MAX_MANIFESTS_BYTES: Final = 64 * 1024 * 1024


@frozen(kw_only=True)
class StoredManifest:
    """A manifest as bytes.

    Attributes:
        digest: Its digest, computed and compared.
        media_type: Its media type.
        raw: Its bytes.
    """

    digest: Digest
    media_type: str
    raw: bytes = field(repr=False)


@frozen(kw_only=True)
class BlobDescriptor:
    """A blob that a manifest names.

    Attributes:
        digest: Its digest.
        size: Its size in bytes, or None where the manifest does not tell.
        media_type: Its media type.
        urls: Where it can be had besides the registry.
    """

    digest: Digest
    size: int | None
    media_type: str
    urls: tuple[str, ...] = ()

    @property
    def is_external(self) -> bool:
        """Whether it is a layer that is not meant to be distributed by registries, and to be had elsewhere."""
        return bool(self.urls) and self.media_type in EXTERNAL_LAYERS


@frozen(kw_only=True)
class ManifestContents:
    """What a manifest names.

    Attributes:
        children: The manifests.
        blobs: The blobs, the config first; each once.
        subject: The digest of the manifest that it is about.
        document: The manifest, typed; None for a kind that is not known, which passes as bytes.
    """

    children: tuple[Descriptor, ...] = ()
    blobs: tuple[BlobDescriptor, ...] = ()
    subject: Digest | None = None
    document: Manifest | None = None


def parse_contents(stored: StoredManifest) -> ManifestContents:
    """Return what a manifest names.

    Args:
        stored: The manifest.

    Raises:
        ParseError: It cannot be understood, or could be read as two kinds at once.
        InvalidDigestError: It names something by a digest that is none.
        ImageError: It gives a size that none can be.
    """
    document = parse_manifest(stored.raw, stored.media_type)
    match document:
        case ImageIndex():
            children = tuple(document.manifests)
            return ManifestContents(children=children, subject=_subject(document.subject), document=document)
        case DockerManifestList():
            return ManifestContents(children=tuple(document.manifests), document=document)
        case ImageManifest():
            blobs = _blobs([document.config, *document.layers])
            return ManifestContents(blobs=blobs, subject=_subject(document.subject), document=document)
        case DockerManifest():
            return ManifestContents(blobs=_blobs([document.config, *document.layers]), document=document)
        case DockerSchema1Manifest():
            digests = dict.fromkeys(Digest(layer.blob_sum) for layer in document.fs_layers)
            layers = (BlobDescriptor(digest=digest, size=None, media_type=OCTET_STREAM) for digest in digests)
            return ManifestContents(blobs=tuple(layers), document=document)
    return ManifestContents()


def blob_descriptor(descriptor: Descriptor) -> BlobDescriptor:
    """Return the blob that a descriptor names.

    Args:
        descriptor: The descriptor.

    Raises:
        InvalidDigestError: Its digest is none.
        ImageError: Its size is negative.
    """
    if descriptor.size < 0:
        raise ImageError(f"{descriptor.digest} has a size of {descriptor.size} bytes by its descriptor; it is not copied")
    return BlobDescriptor(
        digest=Digest(descriptor.digest),
        size=descriptor.size,
        media_type=descriptor.media_type,
        urls=tuple(descriptor.urls or ()),
    )


def merge_blob(found: dict[Digest, BlobDescriptor], blob: BlobDescriptor) -> None:
    """Add a blob to others, unless it is among them.

    Args:
        found: The others.
        blob: The blob.

    Raises:
        ImageError: It is among them with another size.
    """
    known = found.get(blob.digest)
    if known is None or known.size is None:
        found[blob.digest] = blob
    elif blob.size not in (None, known.size):
        raise ImageError(f"{blob.digest} has {known.size} bytes by one descriptor and {blob.size} by another; it is not copied")


def check_size(stored: StoredManifest, descriptor: Descriptor) -> StoredManifest:
    """Return a manifest, once it has the size that its descriptor says.

    Args:
        stored: The manifest.
        descriptor: What names it.

    Raises:
        DigestMismatchError: It has another one.
    """
    if len(stored.raw) != descriptor.size:
        raise DigestMismatchError(
            expected=stored.digest, actual=stored.digest, expected_size=descriptor.size, actual_size=len(stored.raw)
        )
    return stored


def parse_json(content: bytes, what: str) -> Any:
    """Return a JSON document of a layout or an archive.

    Args:
        content: Its bytes.
        what: How messages name it.

    Raises:
        ImageError: It is none.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ImageError(f"{what} is no JSON document; the image was written badly, or is none") from None


def _blobs(descriptors: list[Descriptor]) -> tuple[BlobDescriptor, ...]:
    found: dict[Digest, BlobDescriptor] = {}
    for blob in map(blob_descriptor, descriptors):
        merge_blob(found, blob)
    return tuple(found.values())


def _subject(descriptor: Descriptor | None) -> Digest | None:
    return None if descriptor is None else Digest(descriptor.digest)
