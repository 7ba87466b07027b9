"""`inspect`: an image at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..image_view import find_config, find_manifest, members
from ..options import Connection, platform_option, with_output, with_registry
from ..output import Output, Size

if TYPE_CHECKING:
    from ...client.manifests import ManifestResponse
    from ...v2.models import ImageConfig


@click.command("inspect")
@click.argument("reference")
@platform_option("Of an image for several platforms show this one, such as linux/arm64.")
@with_registry
@with_output
def command(reference: str, platform: str | None, output: Output, connection: Connection) -> None:
    """Show platforms, layers, sizes and labels of an image.

    Of an image for several platforms, layers and labels are those of this machine's, or of --platform. In a pipe each line begins
    with what it tells: platform, layer, label, or the name of a fact.

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
        chosen = find_manifest(client, top, platform)
        config = find_config(client, chosen)
    facts = {"reference": str(ref), "digest": top.digest, "media_type": top.media_type, **_config_facts(config)}
    platforms = [
        {
            "platform": entry.platform and show(entry.platform),
            "digest": entry.digest,
            "size": Size(entry.size),
            "shown": entry.digest == chosen.digest,
        }
        for entry in members(top)
    ]
    layers = _layers(chosen)
    labels = dict((config and config.config and config.config.labels) or {})
    annotations = dict(getattr(chosen.manifest, "annotations", None) or {})
    if layers and all(layer["size"] is not None for layer in layers):
        facts["size"] = Size(sum(layer["size"] for layer in layers))
    if output.json:
        lists = {"platforms": platforms, "layers": layers, "labels": labels, "annotations": annotations}
        output.document({**facts, **lists})
        return
    output.facts(facts)
    for kind, rows in (("platform", platforms), ("layer", layers)):
        columns = list(rows[0]) if rows else []
        output.rows(kind, columns, [list(row.values()) for row in rows])
    output.rows("label", ["name", "value"], list(labels.items()))
    output.rows("annotation", ["name", "value"], list(annotations.items()))


def _config_facts(config: ImageConfig | None) -> dict[str, Any]:
    if config is None:
        return {}
    runs = config.config
    facts = {
        "os": config.os,
        "architecture": config.architecture,
        "variant": config.variant,
        "created": config.created and config.created.isoformat(),
        "user": (runs and runs.user) or None,
        "entrypoint": runs and runs.entrypoint,
        "command": runs and runs.cmd,
        "working_dir": (runs and runs.working_dir) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _layers(manifest: ManifestResponse) -> list[dict[str, Any]]:
    from ...v2.models import DockerManifest, DockerSchema1Manifest, ImageManifest

    document = manifest.manifest
    if isinstance(document, ImageManifest | DockerManifest):
        return [{"digest": layer.digest, "size": Size(layer.size), "media_type": layer.media_type} for layer in document.layers]
    if isinstance(document, DockerSchema1Manifest):  # the top layer comes first there, and none has a size
        return [{"digest": layer.blob_sum, "size": None, "media_type": None} for layer in reversed(document.fs_layers)]
    return []
