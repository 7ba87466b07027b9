"""Whether an index entry is a manifest or a blob, and which objects a manifest of an unknown media type names. Free of I/O.

Registries store manifests and blobs in different places: a request for a blob as a manifest may be answered 404, or 500, so the
decision is made before any request, by the media type and by the field that names the object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

from .._core.names.grammar import DIGEST
from .._core.text.redaction import printable, quoted
from ..client.manifests import is_manifest_type, parse_document
from ..digest import Digest
from ..errors import ImageError, ParseError
from ..media_types import OCI_EMPTY, OCTET_STREAM
from ..v2.models import Descriptor

EntryKind: TypeAlias = Literal["manifest", "blob", "unknown"]

# Words of media types whose bytes are layers, configs and other blobs, such as the cache of BuildKit, whose index lists
# `application/vnd.docker.image.rootfs.diff.tar.gzip` and `application/vnd.buildkit.cacheconfig.v0`.
_BLOB_WORDS: Final = re.compile(r"(?:^|[./+-])(?:layer|rootfs|config|cacheconfig|tar|gzip|zstd|octet-stream)(?:$|[./+-])")
_MANIFEST_WORDS: Final = re.compile(r"[./+-](?:manifest|index)(?:$|[./+-])")
# A digest of any algorithm within a text, such as a URL. The lengths have limits, so that no text takes quadratic time.
_ANY_DIGEST: Final = re.compile(
    r"(?:md5|sha[0-9]{1,3}(?:[-_][0-9]{1,3})?|blake(?:2b|2s|3)(?:[-_][0-9]{1,3})?):[0-9a-f]{32,}", re.I
)
_MAX_FIELD_CHARACTERS: Final = 40
_OF_OTHERS: Final = frozenset({"subject", "annotations", "platform"})
_NOT_CONTENT: Final = _OF_OTHERS | {"data", "urls"}


def entry_kind(media_type: str) -> EntryKind:
    """Return whether an entry of an index with a media type is a manifest or a blob; `unknown` if the media type does not tell.

    Args:
        media_type: The media type in the descriptor of the entry.
    """
    named = media_type.lower()
    if is_manifest_type(media_type) or _MANIFEST_WORDS.search(named):
        return "manifest"
    is_blob = named == OCI_EMPTY or _BLOB_WORDS.search(named) or not named.startswith("application/")
    return "blob" if is_blob else "unknown"


def looks_like_manifest(content: bytes) -> bool:
    """Return whether bytes of an unknown media type are a manifest: a JSON object with the field `schemaVersion` or `mediaType`.

    Args:
        content: The bytes of the entry.
    """
    document = parse_document(content)
    return isinstance(document, dict) and ("schemaVersion" in document or "mediaType" in document)


def named_objects(
    content: bytes, digest: Digest, media_type: str
) -> tuple[list[tuple[Descriptor, str]], list[tuple[Descriptor, str]], Digest | None]:
    """Return the manifests, the blobs and the subject that a manifest of an unknown media type names.

    Each manifest and blob stands beside the name of its field.

    A descriptor is an object with the fields `digest` and `size`, anywhere in the document except in annotations. A descriptor
    in a list `manifests` is a manifest unless its media type is that of a blob; elsewhere, it is a manifest only if its media
    type is that of a manifest.

    Args:
        content: The bytes of the manifest.
        digest: The digest of the manifest, for error messages.
        media_type: The media type of the manifest, for error messages.

    Raises:
        ImageError: The manifest is not a JSON object, has a descriptor that cannot be read or has no size, or has a digest that
            is not in a descriptor, such as the name of a field.
    """
    document = parse_document(content)
    if not isinstance(document, dict):
        raise _refusal(digest, media_type, "is not a JSON object")
    manifests: dict[Digest, tuple[Descriptor, str]] = {}
    blobs: dict[Digest, tuple[Descriptor, str]] = {}
    for found, field in _descriptors(document):
        shown = printable(field[:_MAX_FIELD_CHARACTERS])
        if "size" not in found:
            raise _refusal(digest, media_type, f"names {quoted(found['digest'])} without a size, in the field {shown}")
        one = _descriptor(found, digest, media_type, shown)
        kind = entry_kind(one.media_type)
        is_manifest = kind == "manifest" or (kind == "unknown" and field == "manifests")
        (manifests if is_manifest else blobs).setdefault(one.digest, (one, shown))
    collected = {*manifests, *blobs}
    for text in _digests(document):
        if text.lower() not in collected:
            raise _refusal(digest, media_type, f"names {quoted(text)} outside of a descriptor")
    subject = document.get("subject")
    named = _descriptor(subject, digest, media_type, "subject").digest if isinstance(subject, dict) else None
    return list(manifests.values()), list(blobs.values()), named


def _descriptors(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each object of a document that has a digest, with the name of the field that contains the object.

    A digest that stands alone, as text, is yielded as an object without a size. Without recursion, since documents may be deep.
    """
    pending: list[tuple[Any, str]] = [(value, name) for name, value in reversed(document.items()) if name not in _NOT_CONTENT]
    while pending:
        value, field = pending.pop()
        if isinstance(value, dict):
            is_descriptor = isinstance(value.get("digest"), str)
            if is_descriptor:
                yield value, field
            omitted = {*_NOT_CONTENT, "digest"} if is_descriptor else _NOT_CONTENT
            pending += [(one, name) for name, one in reversed(value.items()) if name not in omitted]
        elif isinstance(value, list):
            pending += [(one, field) for one in reversed(value)]
        elif isinstance(value, str) and DIGEST.fullmatch(value):
            yield {"digest": value}, field


def _digests(document: dict[str, Any]) -> Iterator[str]:
    """Yield each digest in the names and texts of a document, except in annotations, platforms and subjects."""
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += [*value, *(one for name, one in value.items() if name not in _OF_OTHERS)]
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str):
            yield from _ANY_DIGEST.findall(value)


def _descriptor(found: dict[str, Any], digest: Digest, media_type: str, field: str) -> Descriptor:
    try:
        return Descriptor.from_dict({"mediaType": OCTET_STREAM, **found})
    except ParseError as error:
        raise _refusal(
            digest, media_type, f"has a descriptor in the field {field} that cannot be read: {error.problem}"
        ) from error


def _refusal(digest: Digest, media_type: str, problem: str) -> ImageError:
    return ImageError(
        f"the manifest {digest} of the unknown media type {quoted(media_type)} {problem}, so its blobs are unknown",
        hint="Copy it with the tool that pushed it, or copy the other manifests of the image by their digests.",
    )
