"""The functions of images, sync and async behind one face, and images to hand to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from attrs import frozen

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2, images
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.images import OCI_INDEX, OCI_MANIFEST, descriptor, digest_of

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"


@frozen
class Calls:
    """What a test calls: the functions of one kind.

    Attributes:
        kind: `sync` or `async`.
    """

    kind: str

    async def __call__(self, name: str, *args: Any, **options: Any) -> Any:
        """Call a function of images; the sync one in place, which holds up the event loop but no server."""
        if self.kind == "async":
            return await getattr(images, f"async_{name}")(*args, **options)
        return getattr(images, name)(*args, **options)

    @asynccontextmanager
    async def client(self, name: str, **options: Any) -> AsyncIterator[Any]:
        """Give a client of the kind, as a pair needs it."""
        if self.kind == "async":
            async with AsyncRegistryClientV2(name, **options) as client:
                yield client
        else:
            with RegistryClientV2(name, **options) as client:
                yield client


@frozen
class Made:
    """An image that a test has made.

    Attributes:
        root: Its digest.
        media_type: The media type of that.
        manifests: Manifests and indexes by digest, children before parents, each with its media type.
        blobs: Configs and layers by digest.
    """

    root: str
    media_type: str
    manifests: dict[str, tuple[str, bytes]]
    blobs: dict[str, bytes]

    @property
    def size(self) -> int:
        """How many bytes its blobs have."""
        return sum(map(len, self.blobs.values()))


def made_manifest(document: dict[str, Any], media_type: str, parts: Iterable[Made] = (), blobs: Iterable[bytes] = ()) -> Made:
    """Return an image of a manifest and of what it names.

    Args:
        document: The manifest.
        media_type: Its media type.
        parts: Images that it names.
        blobs: Blobs that it names.
    """
    raw = json.dumps(document).encode()
    manifests: dict[str, tuple[str, bytes]] = {}
    contents = {digest_of(blob): blob for blob in blobs}
    for part in parts:
        manifests |= part.manifests
        contents |= part.blobs
    return Made(digest_of(raw), media_type, manifests | {digest_of(raw): (media_type, raw)}, contents)


def made_image(layers: Iterable[bytes], platform: str = "linux/amd64", **more: Any) -> Made:
    """Return an image with these layers, which need be no tar files.

    Args:
        layers: The layers.
        platform: The platform in its config.
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
    return made_manifest(document, OCI_MANIFEST, blobs=[config, *contents])


def made_index(parts: dict[str, Made], *, without_platform: Iterable[Made] = ()) -> Made:
    """Return an index of images by platform.

    Args:
        parts: The images.
        without_platform: Images that the index names without a platform.
    """
    entries = []
    for platform, part in parts.items():
        system, architecture, *variant = platform.split("/")
        where = {"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {})}
        entries.append({**named(part), "platform": where})
    entries += [named(part) for part in without_platform]
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return made_manifest(document, OCI_INDEX, [*parts.values(), *without_platform])


def named(made: Made) -> dict[str, Any]:
    """Return the descriptor of an image."""
    return descriptor(made.media_type, made.manifests[made.root][1])


def store(url: str, made: Made, tag: str | None, **options: Any) -> None:
    """Push an image, by the plain calls of the client.

    Args:
        url: The registry's address, a slash and the repository.
        made: The image.
        tag: Its tag, None for none.
        options: The options of the client.
    """
    with RegistryClientV2(url, **options) as client:
        for blob in made.blobs.values():
            client.blob_upload(blob)
        for digest, (media_type, raw) in made.manifests.items():
            client.put_manifest(raw, digest, media_type=media_type)
        if tag is not None:
            client.put_manifest(made.manifests[made.root][1], tag, media_type=made.media_type)


def fetch(url: str, made: Made, tag: str, **options: Any) -> None:
    """Check that an image is there whole, byte for byte, and under its tag.

    Args:
        url: The registry's address, a slash and the repository.
        made: The image.
        tag: Its tag.
        options: The options of the client.
    """
    with RegistryClientV2(url, **options) as client:
        assert client.get_manifest(tag).raw == made.manifests[made.root][1]
        for digest, (media_type, raw) in made.manifests.items():
            found = client.get_manifest(digest)
            assert (found.raw, found.media_type) == (raw, media_type)
        for digest, content in made.blobs.items():
            with client.create_blob_read_stream(digest) as stream:
                assert stream.read() == content


@contextmanager
def counted(registry: EmbeddedRegistry) -> Iterator[list[str]]:
    """Give a list that has the requests of a block when it is over, as `METHOD kind status`."""
    registry.requests.clear()
    found: list[str] = []
    yield found
    for record in registry.requests.snapshot():
        kinds = ("manifests", "blobs", "referrers", "tags", "token")
        kind = next((kind for kind in kinds if f"/{kind}" in record.path.partition("?")[0]), "ping")
        found.append(f"{record.method} {kind} {record.status}")
