"""Manifests as bytes, and the manifests and blobs that they refer to. Free of I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import Factory, evolve, field, frozen

from .._core.blobs.embedded_content import embedded_content
from .._core.text.redaction import quoted
from ..client.error_places import FILE_HINT, PUSH_HINT, named_document
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
MAX_SIZE: Final = 2**63 - 1  # the OCI Image Spec defines a size as an int64
MAX_MEDIA_TYPE_CHARACTERS: Final = 255  # RFC 6838, section 4.2: 127 characters on both sides of the slash
_MEDIA_TYPE: Final = re.compile(f"[ -~]{{0,{MAX_MEDIA_TYPE_CHARACTERS}}}")


def _default_name(manifest: StoredManifest) -> str:
    return f"the manifest {manifest.digest}"


@frozen(kw_only=True)
class StoredManifest:
    """The bytes of a manifest or index, with the digest and the media type.

    Attributes:
        digest: The digest, which was compared with the bytes or computed from them.
        media_type: The media type.
        raw: The bytes.
        name: The name of the manifest in error messages, such as the path of its file.
        hint: What to do if the manifest is malformed.
    """

    digest: Digest
    media_type: str
    raw: bytes = field(repr=False)
    name: str = field(default=Factory(_default_name, takes_self=True), eq=False, repr=False)
    hint: str = field(default=PUSH_HINT, eq=False, repr=False)


@frozen(kw_only=True)
class BlobDescriptor:
    """A blob that a manifest refers to.

    Attributes:
        digest: The digest.
        size: The size in bytes; None if the manifest does not state the size, as in Docker schema 1.
        media_type: The media type.
        urls: External URLs from which the blob can be downloaded; empty for most blobs.
        named_by: The field and the manifest that name the blob, such as `layers[0] of the manifest sha256:…`; for error messages.
        data: The content in base64, if the descriptor embeds it; None for most blobs.
    """

    digest: Digest
    size: int | None
    media_type: str
    urls: tuple[str, ...] = ()
    named_by: str = field(default="", eq=False, repr=False)
    data: str | None = field(default=None, repr=False)

    @property
    def is_external(self) -> bool:
        """Return whether the blob is a non-distributable layer with external URLs; registries need not store such a layer."""
        return bool(self.urls) and self.media_type in EXTERNAL_LAYERS


@frozen(kw_only=True)
class ManifestContents:
    """The objects that a manifest refers to.

    Attributes:
        children: The descriptors of the manifests that an index, or a manifest of an unknown media type, names; otherwise empty.
        child_fields: The field that names each child, such as `manifests[0]`.
        blobs: The config and the layers, without duplicates, the config first; for a manifest of an unknown media type, all
            blobs that it names; empty for an index.
        subject: The digest of the subject; None if the manifest has no subject.
        document: The parsed manifest; None for a manifest of an unknown media type.
    """

    children: tuple[Descriptor, ...] = ()
    child_fields: tuple[str, ...] = ()
    blobs: tuple[BlobDescriptor, ...] = ()
    subject: Digest | None = None
    document: Manifest | None = None


def parse_contents(stored: StoredManifest) -> ManifestContents:
    """Parse a manifest, and return the objects that it refers to.

    Of a manifest with an unknown media type, these are all objects that its descriptors name: see `named_objects`.

    Args:
        stored: The manifest to parse.

    Raises:
        ParseError: The manifest is malformed, has the fields of both an image and an index, or has a size or media type that no
            request can carry. The error names the manifest and the field.
        InvalidDigestError: A digest in the manifest is invalid.
        ImageError: Two descriptors state different sizes for a blob; or the media type is unknown, and the manifest may need
            objects that it does not name in descriptors.
    """
    with named_document(stored.name, stored.hint):
        document = parse_manifest(stored.raw, stored.media_type)
        match document:
            case ImageIndex() | DockerManifestList():
                children = _checked(document, "manifests", document.manifests)
                subject = _subject_digest(document.subject) if isinstance(document, ImageIndex) else None
                fields = tuple(f"manifests[{position}]" for position in range(len(children)))
                return ManifestContents(children=children, child_fields=fields, subject=subject, document=document)
            case ImageManifest() | DockerManifest():
                check_descriptor(document, "config", document.config)
                layers = _checked(document, "layers", document.layers)
                subject = _subject_digest(document.subject) if isinstance(document, ImageManifest) else None
                fields = ("config", *(f"layers[{position}]" for position in range(len(layers))))
                blobs = _merged_blobs([document.config, *layers], fields, stored)
                return ManifestContents(blobs=blobs, subject=subject, document=document)
            case DockerSchema1Manifest():
                digests = dict.fromkeys(Digest(layer.blob_sum) for layer in document.fs_layers)
                named = f"fsLayers of {stored.name}"
                parts = (BlobDescriptor(digest=one, size=None, media_type=OCTET_STREAM, named_by=named) for one in digests)
                return ManifestContents(blobs=tuple(parts), document=document)
        named_manifests, named_blobs, subject = named_objects(stored.raw, stored.digest, stored.media_type)
        for descriptor, name in (*named_manifests, *named_blobs):
            check_descriptor(None, name, descriptor)
        found = _merged_blobs([one for one, _ in named_blobs], [name for _, name in named_blobs], stored)
        children = tuple(one for one, _ in named_manifests)
        fields = tuple(name for _, name in named_manifests)
        return ManifestContents(children=children, child_fields=fields, blobs=found, subject=subject)


def child_name(stored: StoredManifest, contents: ManifestContents, position: int) -> str:
    """Return the field and the manifest that name a child, such as `manifests[0] of the manifest sha256:…`.

    Args:
        stored: The manifest that names the child.
        contents: The contents of this manifest.
        position: The position of the child in `contents.children`.
    """
    return f"{contents.child_fields[position]} of {stored.name}"


def config_digest(document: Manifest | None) -> Digest | None:
    """Return the digest of the config that a manifest names; None if the manifest names no config.

    Args:
        document: The parsed manifest; None for a manifest of an unknown media type.
    """
    return document.config.digest if isinstance(document, (ImageManifest, DockerManifest)) else None


def blob_descriptor(descriptor: Descriptor, named_by: str = "") -> BlobDescriptor:
    """Convert the descriptor of a blob to a `BlobDescriptor`.

    Args:
        descriptor: The descriptor, as a manifest contains it.
        named_by: The field and the manifest that contain the descriptor, for error messages.
    """
    return BlobDescriptor(
        digest=descriptor.digest,
        size=descriptor.size,
        media_type=descriptor.media_type,
        urls=tuple(descriptor.urls or ()),
        named_by=named_by,
        data=descriptor.data,
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
        blobs[blob.digest] = blob if known is None or blob.data is not None else evolve(blob, data=known.data)
    elif blob.size not in (None, known.size):
        raise ImageError(
            f"the blob {blob.digest} has {known.size} bytes in one descriptor ({known.named_by}) and {blob.size} bytes in "
            f"another ({blob.named_by}), so the image is invalid",
            hint="Build and push the image again.",
        )
    elif known.data is None and blob.data is not None:
        blobs[blob.digest] = evolve(known, data=blob.data)


def embedded_manifest(descriptor: Descriptor) -> StoredManifest | None:
    """Return the manifest that its descriptor embeds; None if the descriptor embeds none, or other bytes than it describes.

    Args:
        descriptor: The descriptor of the manifest, from an index or a list of referrers.
    """
    content = embedded_content(descriptor.data, descriptor.digest, descriptor.size)
    if content is None:
        return None
    return StoredManifest(digest=descriptor.digest, media_type=descriptor.media_type, raw=content)


def verify_manifest(
    raw: bytes, digest: Digest, media_type: str, name: str | None = None, hint: str = PUSH_HINT
) -> StoredManifest:
    """Return the bytes of a manifest as a `StoredManifest`, after checking that the bytes have the expected digest.

    Args:
        raw: The bytes of the manifest.
        digest: The expected digest.
        media_type: The media type, which is stored unchecked.
        name: The name of the manifest in error messages, such as the path of its file; None uses the digest.
        hint: What to do if the manifest is malformed.

    Raises:
        DigestMismatchError: The bytes have another digest.
    """
    actual = digest_of(raw, digest.algorithm)
    if actual != digest:
        error = DigestMismatchError(
            expected=digest, actual=actual, expected_size=None, actual_size=len(raw), hint=None if name is None else hint
        )
        if name is not None:
            error._add_place(name)
        raise error
    if name is None:
        return StoredManifest(digest=digest, media_type=media_type, raw=raw, hint=hint)
    return StoredManifest(digest=digest, media_type=media_type, raw=raw, name=name, hint=hint)


def check_descriptor(document: Manifest | None, path: str, descriptor: Descriptor) -> None:
    """Check that requests and other programs can carry the size and the media type of a descriptor.

    Args:
        document: The manifest that contains the descriptor; None for a manifest of an unknown media type.
        path: The path of the descriptor in its manifest, such as `layers[0]`, for error messages.
        descriptor: The descriptor.

    Raises:
        ParseError: The size is negative or larger than 2⁶³ - 1, or the media type is too long or contains line breaks or
            characters that are not ASCII.
    """
    model = "Descriptor" if document is None else type(document).__name__
    prefix = f"{path}." if path else ""
    size, media_type = descriptor.size, descriptor.media_type
    if not 0 <= size <= MAX_SIZE:
        problem = f"is negative: {size}" if size < 0 else f"is larger than {MAX_SIZE}, the largest size in a descriptor"
        raise ParseError(model=model, field=f"{prefix}size", problem=problem)
    if not _MEDIA_TYPE.fullmatch(media_type):
        problem = f"is not a media type that a header can contain: {quoted(media_type)}"
        if len(media_type) > MAX_MEDIA_TYPE_CHARACTERS:
            problem = f"has {len(media_type)} characters, more than {MAX_MEDIA_TYPE_CHARACTERS}: {quoted(media_type)}"
        raise ParseError(model=model, field=f"{prefix}mediaType", problem=problem)


def check_entry(entries: list[Descriptor], entry: Descriptor, index: str) -> None:
    """Check that requests and other programs can carry the size and the media type of an entry of `index.json`.

    Args:
        entries: All entries.
        entry: The entry to check.
        index: The name of the file in error messages, with its path.

    Raises:
        ParseError: The size or the media type is not valid: see `check_descriptor`.
    """
    with named_document(index, FILE_HINT):
        check_descriptor(ImageIndex(schema_version=2, manifests=entries), f"manifests[{entries.index(entry)}]", entry)


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


def _merged_blobs(descriptors: Sequence[Descriptor], fields: Sequence[str], stored: StoredManifest) -> tuple[BlobDescriptor, ...]:
    blobs: dict[Digest, BlobDescriptor] = {}
    for descriptor, name in zip(descriptors, fields, strict=True):
        merge_blob(blobs, blob_descriptor(descriptor, f"{name} of {stored.name}"))
    return tuple(blobs.values())


def _checked(document: Manifest, field: str, descriptors: list[Descriptor]) -> tuple[Descriptor, ...]:
    for position, one in enumerate(descriptors):
        check_descriptor(document, f"{field}[{position}]", one)
    return tuple(descriptors)


def _subject_digest(descriptor: Descriptor | None) -> Digest | None:
    return None if descriptor is None else descriptor.digest
