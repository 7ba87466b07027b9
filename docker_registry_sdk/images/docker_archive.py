"""Docker archives: tar files with images, as `docker save`, `podman save` and skopeo's `docker-archive:` write them.

Docker 25 and later write an OCI image layout into the archive; earlier versions list the images in `manifest.json`.

Source: https://github.com/moby/moby/blob/master/image/spec/spec.md and
https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from .._core.text.redaction import printable, quoted
from ..client.error_places import FILE_HINT, INDEX_SIZE_HINT, named_by, named_document
from ..digest import Digest, Verifier, digest_of
from ..errors import ImageError, InvalidReferenceError
from ..media_types import OCI_CONFIG, OCI_MANIFEST
from ..reference import parse_repo_and_ref
from ..v2.models import Descriptor, ImageConfig, ImageIndex
from .file_image import FileImage, select_saved
from .files import MAX_JSON_BYTES, parse_json, read_blocks
from .layout import INDEX_FILE, LAYOUT_FILE, REF_NAME
from .manifest_contents import StoredManifest, check_entry, check_size, verify_manifest
from .tar_index import TarIndex, TarMember

_MANIFEST_FILE: Final = "manifest.json"
_FULL_NAME: Final = "io.containerd.image.name"
# The first bytes of a compressed layer, and the suffix of its media type.
_COMPRESSION_SUFFIXES: Final = {b"\x1f\x8b": "+gzip", b"\x28\xb5\x2f\xfd": "+zstd"}
# Docker's manifests have no media type for layers that are not compressed: Quay refuses them. OCI's manifests have one.
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
_MAX_NAMES_SHOWN: Final = 20


@frozen
class DockerArchive:
    """The location of an image in a Docker archive: the tar file, and the name of one image in the tar file.

    Attributes:
        path: The tar file.
        ref: The name of the image in the archive, such as `alpine:3.20`; None if the archive has only one image.
    """

    path: Path = field(converter=Path)
    ref: str | None = None

    def __str__(self) -> str:
        return f"docker-archive:{self.path}" if self.ref is None else f"docker-archive:{self.path}:{self.ref}"

    @property
    def printable_path(self) -> str:
        """Return the path of the archive as text, with control characters escaped."""
        return printable(str(self.path))


class ArchivedImage(FileImage):
    """An image in a Docker archive.

    Args:
        tar: The index of the files in the archive.
        root: The manifest or index of the image.
        blobs: The positions of the config and the layers in the archive, by digest. Empty if the archive contains an OCI image
            layout, where the name of a file follows from the digest.
    """

    def __init__(self, tar: TarIndex, root: StoredManifest, blobs: dict[Digest, TarMember]) -> None:
        super().__init__(root)
        self._tar = tar
        self._blobs = blobs

    def read_manifest_bytes(self, digest: Digest) -> bytes:
        return self._tar.read(_blob_name(digest), MAX_JSON_BYTES)

    def manifest_name(self, digest: Digest) -> str:
        return _manifest_name(self._tar, digest)

    def read_blob(self, digest: Digest, offset: int) -> Generator[bytes, None, None]:
        member = self._blobs.get(digest) or self._tar.find(_blob_name(digest))
        left = max(0, member.size - offset)
        return read_blocks(self._tar.open, member.offset + offset, left)

    def close(self) -> None:
        self._tar.close()

    def find_referrers(self, digest: Digest) -> list[Descriptor]:
        return []  # Docker does not save referrers


def open_archive(archive: DockerArchive) -> ArchivedImage:
    """Return the image with the name `ref`; if `ref` is None, return the only image of the archive.

    Args:
        archive: The archive.

    Raises:
        ImageError: Not exactly one image has the name, the name is None although the archive has no image or several images,
            or the file is not a Docker archive.
        DigestMismatchError: The manifest has another digest or size than `index.json` says.
        ParseError: A document in the archive is malformed.
        OSError: The file cannot be read.
    """
    tar = TarIndex(archive.path)
    try:
        return _open_image(tar, archive)
    except BaseException:
        tar.close()
        raise


def _open_image(tar: TarIndex, archive: DockerArchive) -> ArchivedImage:
    if INDEX_FILE in tar and LAYOUT_FILE in tar:
        entries = _read_index(tar)
        # Docker 25.0 writes an index without images beside a complete manifest.json when an image is saved by its id.
        if entries or _MANIFEST_FILE not in tar:
            return _open_oci_image(tar, archive, entries)
    if _MANIFEST_FILE in tar:
        return _open_docker_image(tar, archive)
    hint = (
        "Docker before 1.10 wrote this archive: load the archive into a newer Docker, and save it again."
        if "repositories" in tar
        else "Create the archive with docker save."
    )
    raise ImageError(
        f"{archive.printable_path} is not a Docker archive: the archive has no {_MANIFEST_FILE}",
        hint=hint,
    )


def _open_oci_image(tar: TarIndex, archive: DockerArchive, entries: list[Descriptor]) -> ArchivedImage:
    selected = _select_image(archive, [(_annotated_names(one), one) for one in entries])
    check_entry(entries, selected, f"{archive.printable_path}: {INDEX_FILE}")
    with named_by(f"{INDEX_FILE} in {archive.printable_path}", size_hint=INDEX_SIZE_HINT):
        root = _read_manifest(tar, selected)
    root, missing = select_saved(
        root,
        f"the archive {archive.printable_path}",
        lambda one: _blob_name(one.digest) in tar,
        lambda one: _read_manifest(tar, one),
    )
    image = ArchivedImage(tar, root, {})
    image.missing = missing
    return image


def _open_docker_image(tar: TarIndex, archive: DockerArchive) -> ArchivedImage:
    name = f"{archive.printable_path}: {_MANIFEST_FILE}"
    listed = _read_json(tar, _MANIFEST_FILE)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ImageError(
            f"{name} is not a list of images, so the archive is damaged", hint="Create the archive again with docker save."
        )
    image = _select_image(archive, [(_repo_tags(one), one) for one in listed])
    config_name, *layer_names = _check_texts([image.get("Config"), *_check_list(image.get("Layers") or [], name)], name)
    raw = tar.read(config_name, MAX_JSON_BYTES)
    with named_document(f"{archive.printable_path}: {quoted(config_name)}", FILE_HINT) as config_place:
        config = ImageConfig.from_dict(parse_json(raw, config_place))
    diff_ids = [] if config.rootfs is None else config.rootfs.diff_ids
    if len(diff_ids) != len(layer_names):
        raise ImageError(
            f"{name} lists {len(layer_names)} layers, but the image's config lists {len(diff_ids)}, so the archive is damaged",
            hint="Create the archive again with docker save.",
        )
    blobs = {digest_of(raw): tar.find(config_name)}
    layers = []
    known: dict[tuple[TarMember, str], tuple[Digest, str]] = {}  # an image may list the same layer thousands of times
    for layer_name, diff_id in zip(layer_names, diff_ids, strict=True):
        member = tar.find(layer_name)
        if (member, diff_id) not in known:
            known[member, diff_id] = _identify_layer(tar, member, diff_id)
        digest, media_type = known[member, diff_id]
        blobs[digest] = member
        layers.append({"mediaType": media_type, "size": member.size, "digest": digest})
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "size": len(raw), "digest": digest_of(raw)},
        "layers": layers,
    }
    content = json.dumps(manifest, separators=(",", ":")).encode()
    name = f"{_MANIFEST_FILE} in {archive.printable_path}"  # the archive has no file with the manifest itself
    root = StoredManifest(digest=digest_of(content), media_type=OCI_MANIFEST, raw=content, name=name, hint=FILE_HINT)
    return ArchivedImage(tar, root, blobs)


def _identify_layer(tar: TarIndex, member: TarMember, diff_id: str) -> tuple[Digest, str]:
    """Return the digest and the media type of a layer.

    For an uncompressed layer, the digest is the diff_id in the config, which is not checked here: the copy compares the bytes
    with this digest. For a compressed layer, the digest is computed from the bytes.
    """
    with tar.open() as file:
        file.seek(member.offset)
        start = file.read(min(4, member.size))
    suffix = next((suffix for magic, suffix in _COMPRESSION_SUFFIXES.items() if start.startswith(magic)), None)
    if suffix is None:
        return Digest(diff_id), _LAYER
    verifier = Verifier()
    for block in read_blocks(tar.open, member.offset, member.size):
        verifier.update(block)
    return verifier.digest, f"{_LAYER}{suffix}"


def _select_image(archive: DockerArchive, images: list[tuple[list[str], Any]]) -> Any:
    """Return the entry of the image with the name `archive.ref`; if `archive.ref` is None, return the entry of the only image.

    Args:
        archive: The archive, with the name to look for.
        images: A pair for each image: the names of the image, and the entry of the image in `index.json` or `manifest.json`.
    """
    if not images:
        raise ImageError(
            f"the archive {archive.printable_path} has no image", hint="Create the archive again with docker save NAME."
        )
    if archive.ref is None:
        if len(images) == 1:
            return images[0][1]
        problem = f"has {len(images)} images, but no name was given: pass a name"
    else:
        found = [image for names, image in images if any(_is_same_name(archive.ref, name) for name in names)]
        if len(found) == 1:
            return found[0]
        problem = f"has {len(found) or 'no'} {'images' if found else 'image'} {quoted(archive.ref)}"
    names = sorted({name for names, _ in images for name in names})
    shown = (
        f"Choose one of its names: {', '.join(map(quoted, names[:_MAX_NAMES_SHOWN]))}."
        if names
        else "Its images have no names: save them again with docker save NAME."
    )
    raise ImageError(f"the archive {archive.printable_path} {problem}", hint=shown)


def _is_same_name(wanted: str, name: str) -> bool:
    """Return whether two names mean the same image, such as `alpine` and `docker.io/library/alpine:latest`."""
    try:
        return wanted == name or parse_repo_and_ref(wanted) == parse_repo_and_ref(name)
    except InvalidReferenceError:
        return False


def _annotated_names(descriptor: Descriptor) -> list[str]:
    annotations = descriptor.annotations or {}
    return [annotations[key] for key in (_FULL_NAME, REF_NAME) if key in annotations]


def _read_manifest(tar: TarIndex, descriptor: Descriptor) -> StoredManifest:
    digest = descriptor.digest
    name = _manifest_name(tar, digest)
    stored = verify_manifest(tar.read(_blob_name(digest), MAX_JSON_BYTES), digest, descriptor.media_type, name, FILE_HINT)
    return check_size(stored, descriptor)


def _manifest_name(tar: TarIndex, digest: Digest) -> str:
    return f"the manifest {_blob_name(digest)} in {printable(str(tar.path))}"


def _blob_name(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.encoded}"


def _read_index(tar: TarIndex) -> list[Descriptor]:
    document = _read_json(tar, INDEX_FILE)
    if _MANIFEST_FILE in tar and (document is None or (isinstance(document, dict) and not document.get("manifests"))):
        return []
    with named_document(f"{printable(str(tar.path))}: {INDEX_FILE}", FILE_HINT):
        return ImageIndex.from_dict(document).manifests


def _read_json(tar: TarIndex, name: str) -> Any:
    return parse_json(tar.read(name, MAX_JSON_BYTES), f"{printable(str(tar.path))}: {name}")


def _repo_tags(image: dict[str, Any]) -> list[str]:
    """Return the names of an image in `manifest.json`. Values of another type name no image, as null does."""
    tags = image.get("RepoTags")
    return [one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []


def _check_list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ImageError(
            f"{name}: the layers of an image are not a list, so the archive is damaged",
            hint="Create the archive again with docker save.",
        )
    return value


def _check_texts(values: list[Any], name: str) -> list[str]:
    if not all(isinstance(value, str) for value in values):
        raise ImageError(
            f"{name}: the name of an image, config or layer is not a string, so the archive is damaged",
            hint="Create the archive again with docker save.",
        )
    return values
