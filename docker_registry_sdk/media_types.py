"""Media types of manifests, indexes, configs and layers.

Sources: https://github.com/opencontainers/image-spec/blob/main/media-types.md and
https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "DOCKER_CONFIG",
    "DOCKER_LAYER",
    "DOCKER_LIST",
    "DOCKER_MANIFEST",
    "DOCKER_SCHEMA1",
    "DOCKER_SCHEMA1_UNSIGNED",
    "EXTERNAL_LAYERS",
    "OCI_CONFIG",
    "OCI_EMPTY",
    "OCI_INDEX",
    "OCI_MANIFEST",
    "OCTET_STREAM",
]

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
"""The manifest of an OCI image or artifact."""
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
"""The index of an OCI image: a list of manifests, such as one for each platform."""
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
"""A Docker image manifest of version 2, schema 2."""
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
"""A Docker manifest list: one manifest for each platform."""
DOCKER_SCHEMA1: Final = "application/vnd.docker.distribution.manifest.v1+prettyjws"
"""A signed Docker image manifest of schema 1, the format before Docker 1.10."""
DOCKER_SCHEMA1_UNSIGNED: Final = "application/vnd.docker.distribution.manifest.v1+json"
"""A Docker image manifest of schema 1 without signatures."""

OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
"""The config of an OCI image."""
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
"""The config of a Docker image."""
OCI_EMPTY: Final = "application/vnd.oci.empty.v1+json"
"""The blob `{}`, as the config of an artifact that needs no config."""

DOCKER_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar"
"""An uncompressed layer of a Docker image; `.gzip` is appended for a compressed layer."""
EXTERNAL_LAYERS: Final = frozenset(
    {
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    }
)
"""Layers that registries may not store, such as those of Windows base images; clients fetch them from external URLs."""

OCTET_STREAM: Final = "application/octet-stream"
"""Bytes of an unknown kind."""
