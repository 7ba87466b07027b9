"""Images that tests add to the storage of a registry, without a request to the registry."""

import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal, TypeAlias

import attrs

from docker_registry_sdk.client.platforms import parse_platform
from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.media_types import DOCKER_CONFIG, OCI_CONFIG
from docker_registry_sdk.testing.storage.base import RegistryStorage, write_content
from docker_registry_sdk.testing.storage.records import ManifestRecord, RepositoryRecord
from docker_registry_sdk.testing.v2.manifest_formats import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.v2.models import Descriptor, Platform

ImageFormat: TypeAlias = Literal["oci", "docker"]
"""The format of an image: of the OCI Image Specification, or of Docker (image manifest version 2, schema 2)."""

DEFAULT_PLATFORM = "linux/amd64"
"""The platform of an image for which no platform is given. It is the same on all machines, so that digests are the same, too."""

_MAX_STORED_BYTES = 0xFFFF  # RFC 1951, section 3.2.4


@attrs.frozen
class _MediaTypes:
    index: str
    manifest: str
    config: str
    layer: str


_MEDIA_TYPES: dict[ImageFormat, _MediaTypes] = {
    "oci": _MediaTypes(
        OCI_INDEX,
        OCI_MANIFEST,
        OCI_CONFIG,
        "application/vnd.oci.image.layer.v1.tar+gzip",
    ),
    "docker": _MediaTypes(
        DOCKER_LIST,
        DOCKER_MANIFEST,
        DOCKER_CONFIG,
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
    ),
}


def _to_platforms(given: Sequence[str | Platform]) -> tuple[Platform, ...]:
    if isinstance(given, str):
        raise TypeError("platforms is a text; pass a sequence of platforms, such as ['linux/amd64']")
    return tuple(each if isinstance(each, Platform) else parse_platform(each) for each in given)


@attrs.frozen(kw_only=True)
class ImageContent:
    """The content of an image, from which `store_image` creates blobs and manifests.

    Args:
        files: The content of each file of the layer, by path. A text is encoded in UTF-8.
        platforms: The platforms of the image. Without a platform, the image is for DEFAULT_PLATFORM.
        labels: The labels in the config.
        env: The environment variables in the config.
        cmd: The command in the config.
        annotations: The annotations of the manifest, or of the index if there are several platforms.
        image_format: The format of the manifests.
        subject: The manifest to which the image refers as its subject. None means that the image has no subject.
        artifact_type: The value of `artifactType`. None means that the image has no artifact type.

    Attributes:
        tar: The layer before compression, a tar archive with the files.

    Raises:
        InvalidPlatformError: A platform is malformed.
        TypeError: `platforms` or `cmd` is a text instead of a sequence, or `files` is not a mapping.
        ValueError: The path of a file is invalid, or the format is neither `oci` nor `docker`.
    """

    files: Mapping[str, bytes | str]
    platforms: tuple[Platform, ...] = attrs.field(converter=_to_platforms)
    labels: Mapping[str, str]
    env: Mapping[str, str]
    cmd: Sequence[str]
    annotations: Mapping[str, str]
    image_format: ImageFormat = attrs.field(validator=attrs.validators.in_(_MEDIA_TYPES))
    subject: Descriptor | None
    artifact_type: str | None
    tar: bytes = attrs.field(init=False, repr=False, default=attrs.Factory(lambda self: _to_tar(self.files), takes_self=True))

    def __attrs_post_init__(self) -> None:
        if isinstance(self.cmd, str):
            raise TypeError("cmd is a text; pass a sequence of texts, such as ['sh', '-c', 'true']")

    def config(self, platform: Platform, diff_id: str) -> bytes:
        """Return the config of the image for a platform.

        Args:
            platform: The platform.
            diff_id: The digest of the layer before compression.
        """
        settings = {
            "Env": [f"{name}={value}" for name, value in self.env.items()],
            "Cmd": list(self.cmd),
            "Labels": dict(self.labels),
        }
        return _to_json(
            {
                **platform.to_dict(),
                "config": {name: value for name, value in settings.items() if value},
                "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            }
        )

    def manifest(self, fields: Mapping[str, Any], media_type: str, *, outermost: bool) -> bytes:
        """Return a manifest or an index.

        Args:
            fields: The fields that refer to other content: `config` and `layers`, or `manifests`.
            media_type: The media type of the manifest.
            outermost: Whether the tag of the image refers to this manifest, which then gets the annotations, the subject and the
                artifact type. False for a manifest in an index.
        """
        document: dict[str, Any] = {"schemaVersion": 2, "mediaType": media_type, **fields}
        if outermost:
            if self.annotations:
                document["annotations"] = dict(self.annotations)
            if self.artifact_type is not None:
                document["artifactType"] = self.artifact_type
            if self.subject is not None:
                subject = self.subject
                document["subject"] = {"mediaType": subject.media_type, "digest": str(subject.digest), "size": subject.size}
        return _to_json(document)


def store_image(storage: RegistryStorage, name: str, tag: str | None, image: ImageContent) -> Descriptor:
    """Store the blobs and manifests of an image, and tag the image. Other threads see the whole image or nothing of it.

    Args:
        storage: The storage.
        name: The name of the repository. A repository that does not exist is created.
        tag: The tag, or None to store the image without a tag.
        image: The content of the image.

    Returns:
        The descriptor of the manifest, or of the index if the image has several platforms.
    """
    with storage.lock:
        writer = _Writer(storage, storage.load(name) or RepositoryRecord())
        top = writer.add_image(image, () if tag is None else (tag,))
        storage.save(name, writer.repository)
    return top


class _Writer:
    """A writer of blobs and manifests, which also adds them to the record `repository`. Saving the record is up to the caller."""

    def __init__(self, storage: RegistryStorage, repository: RepositoryRecord) -> None:
        self._storage = storage
        self.repository = repository

    def add_image(self, image: ImageContent, tags: tuple[str, ...]) -> Descriptor:
        types = _MEDIA_TYPES[image.image_format]
        layer, diff_id = self._add_blob(_to_gzip(image.tar), types.layer), digest_of(image.tar)
        platforms = image.platforms or (parse_platform(DEFAULT_PLATFORM),)
        manifests: list[Descriptor] = []
        for platform in platforms:
            config = self._add_blob(image.config(platform, diff_id), types.config)
            fields = {"config": config.to_dict(), "layers": [layer.to_dict()]}
            single = len(platforms) == 1
            content = image.manifest(fields, types.manifest, outermost=single)
            manifests.append(self._add_manifest(content, types.manifest, image, tags, outermost=single))
        if len(platforms) == 1:
            return manifests[0]
        entries = [
            {**manifest.to_dict(), "platform": platform.to_dict()}
            for manifest, platform in zip(manifests, platforms, strict=True)
        ]
        content = image.manifest({"manifests": entries}, types.index, outermost=True)
        return self._add_manifest(content, types.index, image, tags, outermost=True)

    def _add_blob(self, content: bytes, media_type: str) -> Descriptor:
        blob = self._write(content, media_type)
        self.repository = self.repository.with_blob(str(blob.digest))
        return blob

    def _add_manifest(
        self, content: bytes, media_type: str, image: ImageContent, tags: tuple[str, ...], *, outermost: bool
    ) -> Descriptor:
        manifest = self._write(content, media_type)
        digest = str(manifest.digest)
        subject = str(image.subject.digest) if outermost and image.subject is not None else None
        record = ManifestRecord(media_type=media_type, size=manifest.size, content=digest, subject=subject)
        self.repository = self.repository.with_manifest(digest, record, tags=tags if outermost else ())
        return manifest

    def _write(self, content: bytes, media_type: str) -> Descriptor:
        digest = digest_of(content)
        write_content(self._storage, digest, content)
        return Descriptor(media_type=media_type, digest=digest, size=len(content))


def _to_json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def _parts(path: str) -> tuple[str, ...]:
    parts = PurePosixPath(path.lstrip("/")).parts
    if not parts or ".." in parts or "\0" in path:
        raise ValueError(f"{path!r} is not the path of a file in an image; write a path below the root, such as etc/app.conf")
    return parts


def _to_tar(files: Mapping[str, bytes | str]) -> bytes:
    """Return a tar archive with the files, in the order of their paths, and with the folders that contain them.

    The archive is the same on all machines: every time is 0, and every file belongs to the user and the group 0.
    """
    if not isinstance(files, Mapping):
        raise TypeError(f"files must be a mapping, such as {{'etc/motd': 'hello'}}, not {type(files).__name__}")
    contents = {_parts(path): content.encode() if isinstance(content, str) else bytes(content) for path, content in files.items()}
    folders = {path[:count] for path in contents for count in range(1, len(path))}
    if folders & contents.keys():
        raise ValueError(f"{'/'.join(min(folders & contents.keys()))!r} is the path of a file, and also of a folder with files")
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted({*contents, *folders}):
            member = tarfile.TarInfo("/".join(path))
            if path in folders:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
            else:
                member.size = len(contents[path])
                archive.addfile(member, io.BytesIO(contents[path]))
    return stored.getvalue()


def _to_gzip(content: bytes) -> bytes:
    """Return content in the gzip format, but not compressed.

    The compressed form would depend on the version of zlib, and with it the digest.

    Source: RFC 1951, section 3.2.4 (stored blocks); RFC 1952, section 2.3.
    """
    return b"".join(
        (
            b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
            *_stored_blocks(content),
            zlib.crc32(content).to_bytes(4, "little"),
            (len(content) % 2**32).to_bytes(4, "little"),
        )
    )


def _stored_blocks(content: bytes) -> Iterator[bytes]:
    starts = range(0, len(content), _MAX_STORED_BYTES)
    for start in starts:
        block = content[start : start + _MAX_STORED_BYTES]
        yield bytes([start == starts[-1]])
        yield len(block).to_bytes(2, "little") + (len(block) ^ 0xFFFF).to_bytes(2, "little")
        yield block
