"""Docker's archives: tar files with images, as `docker save`, `podman save` and skopeo's `docker-archive:` write them.

Source: https://github.com/moby/moby/blob/master/image/spec/spec.md, and for what Docker 25 and later write besides
https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from .._core.text.redaction import printable, quoted
from ..digest import Digest, Verifier, digest_of
from ..errors import DigestMismatchError, ImageError, InvalidReferenceError
from ..media_types import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST
from ..reference import parse_repo_and_ref
from ..v2.models import Descriptor, ImageConfig, ImageIndex
from .files import MAX_JSON_BYTES, read_blocks
from .layout import REF_NAME
from .manifest_contents import StoredManifest, check_size, parse_contents, parse_json
from .platforms import is_known
from .tar_index import Member, TarIndex

_FULL_NAME: Final = "io.containerd.image.name"
_SUFFIXES: Final = {b"\x1f\x8b": ".gzip", b"\x28\xb5\x2f\xfd": ".zstd"}


@frozen
class DockerArchive:
    """A docker-save tarball, and which of its images is meant.

    Attributes:
        path: Its path.
        ref: The image's name in it, as `docker save` was given it; None for the one image that it has.
    """

    path: Path = field(converter=Path)
    ref: str | None = None

    def __str__(self) -> str:
        return f"docker-archive:{self.path}" if self.ref is None else f"docker-archive:{self.path}:{self.ref}"

    def open(self) -> ArchivedImage:
        """Return the image that is meant.

        Raises:
            ImageError: There is none, there are several, or the file is no such archive.
            ParseError: A document in it cannot be understood.
            OSError: It cannot be read.
        """
        tar = TarIndex(self.path)
        if "index.json" in tar and "oci-layout" in tar:
            return _from_oci(tar, self)
        if "manifest.json" in tar:
            return _from_docker(tar, self)
        hint = "; Docker before 1.10 wrote it: load and save it anew" if "repositories" in tar else ""
        raise ImageError(f"{printable(str(self.path))} is no archive of images: it has no manifest.json{hint}")


class ArchivedImage:
    """One image of an archive.

    Args:
        tar: The archive's files.
        root: Its manifest.
        blobs: Where blobs lie that have other names than an OCI layout gives them.
    """

    def __init__(self, tar: TarIndex, root: StoredManifest, blobs: dict[Digest, Member]) -> None:
        self.root = root
        self._tar = tar
        self._blobs = blobs

    def read_manifest(self, digest: str, media_type: str) -> StoredManifest:
        """Return a manifest, with its digest compared.

        Args:
            digest: Its digest.
            media_type: Its media type, by what names it.

        Raises:
            ImageError: It is not there.
            DigestMismatchError: The bytes are others.
            OSError: It cannot be read.
        """
        return _read_manifest(self._tar, Digest(digest), media_type)

    def read_blob(self, digest: Digest, offset: int) -> Iterator[bytes]:
        """Give the bytes of a blob; they are not compared with the digest.

        Args:
            digest: Its digest.
            offset: How many bytes to leave out.

        Raises:
            ImageError: It is not there.
            OSError: It cannot be read.
        """
        member = self._blobs.get(digest) or self._tar.find(_blob_name(digest))
        left = max(0, member.size - offset)
        return read_blocks(self._tar.open, member.offset + offset, left)

    def find_referrers(self, digest: Digest) -> list[Descriptor]:
        """Return nothing: archives hold no artifacts.

        Args:
            digest: The subject's digest.
        """
        return []


def _from_oci(tar: TarIndex, archive: DockerArchive) -> ArchivedImage:
    entries = ImageIndex.from_dict(_json(tar, "index.json")).manifests
    found = _pick(archive, [(_names(one), one) for one in entries])
    root = check_size(_read_manifest(tar, Digest(found.digest), found.media_type), found)
    children = [one for one in parse_contents(root).children if one.platform is None or is_known(one.platform)]
    there = [one for one in children if _blob_name(Digest(one.digest)) in tar]
    if len(there) == 1 and len(children) > 1:
        # Docker saves the index of all platforms, and only the one that it had pulled.
        root = check_size(_read_manifest(tar, Digest(there[0].digest), there[0].media_type), there[0])
    return ArchivedImage(tar, root, {})


def _names(descriptor: Descriptor) -> list[str]:
    annotations = descriptor.annotations or {}
    return [annotations[key] for key in (_FULL_NAME, REF_NAME) if key in annotations]


def _from_docker(tar: TarIndex, archive: DockerArchive) -> ArchivedImage:
    where = f"{printable(str(archive.path))}: manifest.json"
    listed = _json(tar, "manifest.json")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ImageError(f"{where} lists no images")
    image = _pick(archive, [(_texts(one.get("RepoTags") or [], where), one) for one in listed])
    config_name, *layer_names = _texts([image.get("Config"), *(image.get("Layers") or [])], where)
    raw = tar.read(config_name, MAX_JSON_BYTES)
    config = ImageConfig.from_dict(parse_json(raw, f"{printable(str(archive.path))}: {quoted(config_name)}"))
    uncompressed = [] if config.rootfs is None else config.rootfs.diff_ids
    if len(uncompressed) != len(layer_names):
        raise ImageError(f"{where} lists {len(layer_names)} layers, but the image's config {len(uncompressed)}")
    blobs = {digest_of(raw): tar.find(config_name)}
    layers = []
    for name, diff_id in zip(layer_names, uncompressed, strict=True):
        member = tar.find(name)
        digest, media_type = _identify(tar, member, diff_id)
        blobs[digest] = member
        layers.append({"mediaType": media_type, "size": member.size, "digest": digest})
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {"mediaType": DOCKER_CONFIG, "size": len(raw), "digest": digest_of(raw)},
        "layers": layers,
    }
    content = json.dumps(manifest, separators=(",", ":")).encode()
    return ArchivedImage(tar, StoredManifest(digest=digest_of(content), media_type=DOCKER_MANIFEST, raw=content), blobs)


def _identify(tar: TarIndex, member: Member, diff_id: str) -> tuple[Digest, str]:
    """Return a layer's digest and media type. A plain one has the digest that the config names, compared as it passes."""
    with tar.open() as file:
        file.seek(member.offset)
        start = file.read(min(4, member.size))
    suffix = next((suffix for magic, suffix in _SUFFIXES.items() if start.startswith(magic)), None)
    if suffix is None:
        return Digest(diff_id), DOCKER_LAYER
    verifier = Verifier()
    for block in read_blocks(tar.open, member.offset, member.size):
        verifier.update(block)
    return verifier.digest, f"{DOCKER_LAYER}{suffix}"


def _pick(archive: DockerArchive, images: list[tuple[list[str], Any]]) -> Any:
    """Return the image with the name that is meant, or the only one."""
    shown = printable(str(archive.path))
    if archive.ref is None:
        if len(images) == 1:
            return images[0][1]
        problem = f"has {len(images)} images; name one of them"
    else:
        found = [image for names, image in images if any(_is_same(archive.ref, name) for name in names)]
        if len(found) == 1:
            return found[0]
        problem = f"has {len(found) or 'no'} {'images' if found else 'image'} {quoted(archive.ref)}"
    there = sorted({name for names, _ in images for name in names})
    raise ImageError(f"{shown} {problem}: {', '.join(map(quoted, there[:20])) or 'none has a name'}")


def _is_same(wanted: str, name: str) -> bool:
    """Return whether two names mean one image: `alpine` and `docker.io/library/alpine:latest` do."""
    try:
        return wanted == name or parse_repo_and_ref(wanted) == parse_repo_and_ref(name)
    except InvalidReferenceError:
        return False


def _read_manifest(tar: TarIndex, digest: Digest, media_type: str) -> StoredManifest:
    raw = tar.read(_blob_name(digest), MAX_JSON_BYTES)
    actual = digest_of(raw, digest.algorithm)
    if actual != digest:
        raise DigestMismatchError(expected=digest, actual=actual, expected_size=None, actual_size=len(raw))
    return StoredManifest(digest=digest, media_type=media_type, raw=raw)


def _blob_name(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.encoded}"


def _json(tar: TarIndex, name: str) -> Any:
    return parse_json(tar.read(name, MAX_JSON_BYTES), f"{printable(str(tar.path))}: {name}")


def _texts(values: list[Any], where: str) -> list[str]:
    if not all(isinstance(value, str) for value in values):
        raise ImageError(f"{where} has something else where names should be")
    return values
