"""The media types of manifests that the registry looks into; all others it takes as bytes."""

import re

from docker_registry_sdk.testing.v2.errors import MANIFEST_INVALID, ApiError

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

IMAGES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})

_TOKEN = "[A-Za-z0-9!#$&^_.+-]{1,127}"
_MEDIA_TYPE = re.compile(f"{_TOKEN}/{_TOKEN}")
_NOT_DISTRIBUTED = re.compile(
    r"application/vnd\.oci\.image\.layer\.nondistributable\.|application/vnd\.docker\.image\.rootfs\.foreign\."
)


def parse_content_type(header: str) -> str:
    """Read a `Content-Type` without its parameters.

    Args:
        header: Its value.

    Returns:
        The media type.

    Raises:
        ApiError: MANIFEST_INVALID.
    """
    media_type = header.partition(";")[0].strip()
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise ApiError(MANIFEST_INVALID, "the Content-Type is no media type")
    return media_type


def is_distributed(media_type: str) -> bool:
    """Say whether a layer of a media type is expected in the registry; foreign layers are somewhere else."""
    return not _NOT_DISTRIBUTED.match(media_type)
