"""What a manifest names: the manifests and blobs that must be there before it. Free of I/O."""

from __future__ import annotations

import json
from typing import Any, Final

from attrs import field, frozen

from ..client.manifests import Manifest, parse_manifest
from ..digest import Digest
from ..errors import DigestMismatchError, ImageError
from ..v2.models import Descriptor, DockerManifest, DockerManifestList, DockerSchema1Manifest, ImageIndex, ImageManifest

# No real image has more; a hostile index may name itself many times over in others.
MOST_DEPTH: Final = 8
MOST_MANIFESTS: Final = 2000
MOST_BYTES: Final = 64 * 1024 * 1024

_FOREIGN: Final = frozenset(
    {
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    }
)


@frozen(kw_only=True)
class Stored:
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
class Piece:
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
    def is_foreign(self) -> bool:
        """Whether it is a layer that is not meant to be distributed by registries, and to be had elsewhere."""
        return bool(self.urls) and self.media_type in _FOREIGN


@frozen(kw_only=True)
class Contents:
    """What a manifest names.

    Attributes:
        children: The manifests.
        pieces: The blobs, the config first; each once.
        subject: The digest of the manifest that it is about.
        document: The manifest, typed; None for a kind that is not known, which passes as bytes.
    """

    children: tuple[Descriptor, ...] = ()
    pieces: tuple[Piece, ...] = ()
    subject: Digest | None = None
    document: Manifest | None = None


def contents_of(stored: Stored) -> Contents:
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
            return Contents(children=children, subject=_subject(document.subject), document=document)
        case DockerManifestList():
            return Contents(children=tuple(document.manifests), document=document)
        case ImageManifest():
            pieces = _pieces([document.config, *document.layers])
            return Contents(pieces=pieces, subject=_subject(document.subject), document=document)
        case DockerManifest():
            return Contents(pieces=_pieces([document.config, *document.layers]), document=document)
        case DockerSchema1Manifest():
            digests = dict.fromkeys(Digest(layer.blob_sum) for layer in document.fs_layers)
            layers = (Piece(digest=digest, size=None, media_type="application/octet-stream") for digest in digests)
            return Contents(pieces=tuple(layers), document=document)
    return Contents()


def piece_of(descriptor: Descriptor) -> Piece:
    """Return the blob that a descriptor names.

    Args:
        descriptor: The descriptor.

    Raises:
        InvalidDigestError: Its digest is none.
        ImageError: Its size is negative.
    """
    if descriptor.size < 0:
        raise ImageError(f"{descriptor.digest} has a size of {descriptor.size} bytes by its descriptor; it is not copied")
    return Piece(
        digest=Digest(descriptor.digest),
        size=descriptor.size,
        media_type=descriptor.media_type,
        urls=tuple(descriptor.urls or ()),
    )


def add_piece(found: dict[Digest, Piece], piece: Piece) -> None:
    """Add a blob to others, unless it is among them.

    Args:
        found: The others.
        piece: The blob.

    Raises:
        ImageError: It is among them with another size.
    """
    known = found.get(piece.digest)
    if known is None or known.size is None:
        found[piece.digest] = piece
    elif piece.size not in (None, known.size):
        raise ImageError(f"{piece.digest} has {known.size} bytes by one descriptor and {piece.size} by another; it is not copied")


def check_size(stored: Stored, descriptor: Descriptor) -> Stored:
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


def _pieces(descriptors: list[Descriptor]) -> tuple[Piece, ...]:
    found: dict[Digest, Piece] = {}
    for piece in map(piece_of, descriptors):
        add_piece(found, piece)
    return tuple(found.values())


def _subject(descriptor: Descriptor | None) -> Digest | None:
    return None if descriptor is None else Digest(descriptor.digest)
