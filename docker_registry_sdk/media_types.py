"""TODO: docstring of docker_registry_sdk/media_types.py."""

from __future__ import annotations

from typing import Final

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"


OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"


DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"


DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"


DOCKER_SCHEMA1: Final = "application/vnd.docker.distribution.manifest.v1+prettyjws"
