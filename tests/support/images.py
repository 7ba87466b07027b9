"""Small images for tests."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import Any

from attrs import frozen

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"


def digest_of(content: bytes) -> str:
    """Return the sha256 digest of the bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@frozen
class Image:
    """An image for one platform.

    Attributes:
        layer: The one layer, a gzipped tar.
        config: The config, as JSON.
        oci: The OCI manifest.
        docker: The Docker manifest, schema 2.
    """

    layer: bytes
    config: bytes
    oci: bytes
    docker: bytes


def make_image(text: str = "hello\n", architecture: str = "amd64") -> Image:
    """Return an image that holds one small file.

    Args:
        text: The content of the file.
        architecture: The image's architecture.
    """
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        entry = tarfile.TarInfo("greeting")
        entry.size = len(text.encode())
        tar.addfile(entry, io.BytesIO(text.encode()))
    layer = gzip.compress(plain.getvalue(), mtime=0)
    config = _json(
        {
            "architecture": architecture,
            "os": "linux",
            "created": "2024-05-06T07:08:09.123456789Z",
            "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/greet"], "Labels": {"who": "tests"}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(plain.getvalue())]},
            "history": [{"created": "2024-05-06T07:08:09Z", "created_by": "COPY greeting /"}],
        }
    )
    return Image(
        layer,
        config,
        oci=manifest_of("oci", config, layer),
        docker=manifest_of("docker", config, layer),
    )


def manifest_of(form: str, config: bytes, layer: bytes) -> bytes:
    """Return a manifest of the form `oci` or `docker` for a config and a layer."""
    forms = {
        "oci": (
            OCI_MANIFEST,
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+gzip",
        ),
        "docker": (
            DOCKER_MANIFEST,
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
        ),
    }
    manifest, config_type, layer_type = forms[form]
    return _json(
        {
            "schemaVersion": 2,
            "mediaType": manifest,
            "config": descriptor(config_type, config),
            "layers": [descriptor(layer_type, layer)],
        }
    )


def index_of(media_type: str, manifest_type: str, manifests: dict[str, bytes]) -> bytes:
    """Return an index or list of manifests by architecture."""
    entries = [
        descriptor(manifest_type, content) | {"platform": {"architecture": architecture, "os": "linux"}}
        for architecture, content in manifests.items()
    ]
    return _json({"schemaVersion": 2, "mediaType": media_type, "manifests": entries})


def descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    """Return the descriptor of the bytes."""
    return {"mediaType": media_type, "size": len(content), "digest": digest_of(content)}


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2).encode()
