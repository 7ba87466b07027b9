"""Images built by tests: their manifests and blobs in memory, pushed to registries and compared with what registries return."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from attrs import frozen

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.media_types import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.images import descriptor, digest_of
from tests.support.stored import store

OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"


@frozen
class BuiltImage:
    """An image built by a test.

    Attributes:
        root: The digest of the manifest or index.
        media_type: The media type of the manifest or index.
        manifests: All manifests and indexes by digest, children before parents, each with its media type.
        blobs: All configs and layers by digest.
    """

    root: str
    media_type: str
    manifests: dict[str, tuple[str, bytes]]
    blobs: dict[str, bytes]

    @property
    def size(self) -> int:
        """The total size of the blobs in bytes."""
        return sum(map(len, self.blobs.values()))


def build_manifest(
    document: dict[str, Any], media_type: str, parts: Iterable[BuiltImage] = (), blobs: Iterable[bytes] = ()
) -> BuiltImage:
    """Return an image with any manifest.

    Args:
        document: The manifest.
        media_type: The media type of the manifest.
        parts: The images of an index.
        blobs: The config and the layers.
    """
    raw = json.dumps(document).encode()
    manifests: dict[str, tuple[str, bytes]] = {}
    contents = {digest_of(blob): blob for blob in blobs}
    for part in parts:
        manifests |= part.manifests
        contents |= part.blobs
    return BuiltImage(digest_of(raw), media_type, manifests | {digest_of(raw): (media_type, raw)}, contents)


def build_image(layers: Iterable[bytes], platform: str = "linux/amd64", **more: Any) -> BuiltImage:
    """Return an image with one manifest.

    Args:
        layers: The layers, any bytes.
        platform: The platform for the config.
        more: Further fields of the manifest.
    """
    contents = list(layers)
    system, architecture, *variant = platform.split("/")
    config = json.dumps(
        {
            "os": system,
            "architecture": architecture,
            **({"variant": variant[0]} if variant else {}),
            "config": {"Labels": {"platform": platform}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in contents]},
        }
    ).encode()
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(OCI_CONFIG, config),
        "layers": [descriptor(OCI_LAYER, layer) for layer in contents],
        **more,
    }
    return build_manifest(document, OCI_MANIFEST, blobs=[config, *contents])


def build_index(parts: dict[str, BuiltImage], *, without_platform: Iterable[BuiltImage] = ()) -> BuiltImage:
    """Return an image with an index.

    Args:
        parts: The images by platform.
        without_platform: Images whose descriptors have no platform.
    """
    entries = []
    for platform, part in parts.items():
        system, architecture, *variant = platform.split("/")
        where = {"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {})}
        entries.append({**descriptor_of(part), "platform": where})
    entries += [descriptor_of(part) for part in without_platform]
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return build_manifest(document, OCI_INDEX, [*parts.values(), *without_platform])


def descriptor_of(image: BuiltImage) -> dict[str, Any]:
    """Return the descriptor of an image's manifest or index.

    Args:
        image: The image.
    """
    return descriptor(image.media_type, image.manifests[image.root][1])


def store_image(registry: EmbeddedRegistry, repo: str, image: BuiltImage, tag: str | None) -> None:
    """Store an image in an embedded registry, without a request.

    Args:
        registry: The registry.
        repo: The name of the repository.
        image: The image.
        tag: The tag; None to store the image without a tag.
    """
    store(registry, repo, image.blobs.values(), image.manifests.values(), {} if tag is None else {tag: image.root})


def push_image(repo_url: str, image: BuiltImage, tag: str | None, **options: Any) -> None:
    """Push an image with the methods of a client.

    Args:
        repo_url: The URL of the registry, a slash and the name of the repository.
        image: The image.
        tag: The tag; None to push the image by its digest only.
        options: The options of the client.
    """
    with RegistryClientV2(repo_url, **options) as client:
        for blob in image.blobs.values():
            client.blob_upload(blob)
        for digest, (media_type, raw) in image.manifests.items():
            client.put_manifest(raw, digest, media_type=media_type)
        if tag is not None:
            client.put_manifest(image.manifests[image.root][1], tag, media_type=image.media_type)


def check_pushed_image(repo_url: str, image: BuiltImage, tag: str, **options: Any) -> None:
    """Check that a repository has all manifests and blobs of an image, byte for byte.

    Args:
        repo_url: The URL of the registry, a slash and the name of the repository.
        image: The image.
        tag: The tag of the image.
        options: The options of the client.
    """
    with RegistryClientV2(repo_url, **options) as client:
        assert client.get_manifest(tag).raw == image.manifests[image.root][1]
        for digest, (media_type, raw) in image.manifests.items():
            found = client.get_manifest(digest)
            assert (found.raw, found.media_type) == (raw, media_type)
        for digest, content in image.blobs.items():
            with client.create_blob_read_stream(digest) as stream:
                assert stream.read() == content


BASE_LAYER = b"base" * 1000
AMD64 = build_image([BASE_LAYER, b"for amd64"], "linux/amd64")
ARM64 = build_image([BASE_LAYER, b"for arm64"], "linux/arm64/v8")
INDEX = build_index({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})
