"""The command `inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..connection import Connection
from ..options import with_output, with_platform, with_registry
from ..output import Output, Size

if TYPE_CHECKING:
    from ... import Descriptor, ManifestResponse, RegistryClientV2
    from ...v2.models import ImageConfig


@click.command("inspect")
@click.argument("reference")
@with_platform("The platform to choose from an image for several platforms, such as linux/arm64.")
@with_registry
@with_output
def inspect_command(reference: str, platform: str | None, output: Output, connection: Connection) -> None:
    """Show platforms, layers, sizes and labels of an image.

    If the image exists for several platforms, the layers and labels for --platform are shown; the default is Linux on the
    processor of this machine. In a pipe, each line begins with one word: platform, layer, label or annotation for a value of a
    list, otherwise the name of the value, such as digest.

    \b
    Examples:
      docker-registry-sdk inspect alpine
      docker-registry-sdk inspect alpine --json | jq .layers
    """
    from ...images.platforms import show
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    with connection.open_v2(ref) as client:
        top = client.get_manifest(ref.digest or ref.tag or "")
        chosen = _choose_manifest(client, top, platform)
        config = _get_config(client, chosen)
    facts = {"reference": str(ref), "digest": top.digest, "media_type": top.media_type, **_config_facts(config)}
    platforms = [
        {
            "platform": entry.platform and show(entry.platform),
            "digest": entry.digest,
            "size": Size(entry.size),
            "shown": entry.digest == chosen.digest,
        }
        for entry in _index_entries(top)
    ]
    layers = _layers(chosen)
    labels = dict((config and config.config and config.config.labels) or {})
    annotations = dict(getattr(chosen.manifest, "annotations", None) or {})
    if layers and all(layer["size"] is not None for layer in layers):
        facts["size"] = Size(sum(layer["size"] for layer in layers))
    if output.json:
        lists = {"platforms": platforms, "layers": layers, "labels": labels, "annotations": annotations}
        output.print_document({**facts, **lists})
        return
    output.print_facts(facts)
    for kind, rows in (("platform", platforms), ("layer", layers)):
        columns = list(rows[0]) if rows else []
        output.print_rows(kind, columns, [list(row.values()) for row in rows])
    output.print_rows("label", ["name", "value"], list(labels.items()))
    output.print_rows("annotation", ["name", "value"], list(annotations.items()))


def _index_entries(response: ManifestResponse) -> list[Descriptor]:
    """Return the entries of an index, or an empty list if the document is not an index."""
    from ...v2.models import DockerManifestList, ImageIndex

    document = response.manifest
    return document.manifests if isinstance(document, ImageIndex | DockerManifestList) else []


def _choose_manifest(client: RegistryClientV2, top: ManifestResponse, platform: str | None) -> ManifestResponse:
    """Return the manifest for one platform.

    Args:
        client: The client of the repository.
        top: An index to choose from, or a manifest that is not an index, which is returned unchanged.
        platform: The platform, such as `linux/arm64`. None chooses Linux on the processor of this machine, or the first
            entry of the index if the index has no image for that platform.

    Raises:
        ImageError: The index has no image for the requested platform.
    """
    from ...errors import ImageError
    from ...images import parse_platform
    from ...images.platforms import choose, default_platform

    entries = _index_entries(top)
    if not entries:
        return top
    try:
        entry = choose(entries, default_platform() if platform is None else parse_platform(platform))
    except ImageError:
        if platform is not None:
            raise
        entry = entries[0]
    return client.get_manifest(entry.digest)


def _get_config(client: RegistryClientV2, response: ManifestResponse) -> ImageConfig | None:
    from ...errors import ImageError
    from ...images import get_config

    try:
        return get_config(client, response.digest)
    except ImageError:
        return None  # an artifact, for example, has no config


def _config_facts(config: ImageConfig | None) -> dict[str, Any]:
    if config is None:
        return {}
    runtime = config.config
    facts = {
        "os": config.os,
        "architecture": config.architecture,
        "variant": config.variant,
        "created": config.created and config.created.isoformat(),
        "user": (runtime and runtime.user) or None,
        "entrypoint": runtime and runtime.entrypoint,
        "command": runtime and runtime.cmd,
        "working_dir": (runtime and runtime.working_dir) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _layers(response: ManifestResponse) -> list[dict[str, Any]]:
    from ...v2.models import DockerManifest, DockerSchema1Manifest, ImageManifest

    document = response.manifest
    if isinstance(document, ImageManifest | DockerManifest):
        return [{"digest": layer.digest, "size": Size(layer.size), "media_type": layer.media_type} for layer in document.layers]
    if isinstance(document, DockerSchema1Manifest):  # lists the top layer first, and no sizes
        return [{"digest": layer.blob_sum, "size": None, "media_type": None} for layer in reversed(document.fs_layers)]
    return []
