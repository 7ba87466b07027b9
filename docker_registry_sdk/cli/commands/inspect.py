"""The command `inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..command import command
from ..connection import Connection
from ..options import with_output, with_platform, with_registry
from ..output import Output, Size

if TYPE_CHECKING:
    from ...client.manifest_types import Manifest
    from ...images._sync.registry import RegistryImage
    from ...images.manifest_contents import StoredManifest
    from ...v2.models import ImageConfig


@command("inspect")
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
    from ..._core.wire import call_limits
    from ...client.platforms import default_platforms, parse_platform, show
    from ...errors import PlatformNotFoundError
    from ...images._sync.config import descend
    from ...images._sync.registry import RegistryImage
    from ...images.manifest_contents import parse_contents
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    with connection.open_v2(ref) as client:
        source = RegistryImage(client, ref.tag, ref.digest, call_limits(client))
        root = source.read_root()
        try:
            top, *path = descend(source, root, default_platforms() if platform is None else (parse_platform(platform),))
        except PlatformNotFoundError:
            if platform is not None:
                raise
            top, *path = _first_of_each(source, root)
        chosen = path[-1] if path else top
        config = _read_config(source, chosen)
    contents = parse_contents(chosen)
    facts = {"reference": str(ref), "digest": top.digest, "media_type": top.media_type, **_config_facts(config)}
    platforms = [
        {
            "platform": entry.platform and show(entry.platform),
            "digest": entry.digest,
            "size": Size(entry.size),
            "shown": bool(path) and entry.digest == path[0].digest,
        }
        for entry in parse_contents(top).children
    ]
    layers = _layers(contents.document)
    labels = dict((config and config.config and config.config.labels) or {})
    annotations = dict(getattr(contents.document, "annotations", None) or {})
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


def _first_of_each(source: RegistryImage, root: StoredManifest) -> list[StoredManifest]:
    """Return an index, its first manifest, the first manifest of that if it is an index, and so on."""
    from ...client.manifests import is_manifest_type
    from ...client.platforms import MAX_INDEX_DEPTH
    from ...images.manifest_contents import parse_contents

    path = [root]
    while len(path) <= MAX_INDEX_DEPTH:
        first = next((one for one in parse_contents(path[-1]).children if is_manifest_type(one.media_type)), None)
        if first is None:
            break
        path.append(source.read_manifest(first))
    return path


def _read_config(source: RegistryImage, chosen: StoredManifest) -> ImageConfig | None:
    from ...errors import ImageError
    from ...images._sync.config import read_config

    try:
        return read_config(source, chosen)
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


def _layers(document: Manifest | None) -> list[dict[str, Any]]:
    from ...v2.models import DockerManifest, DockerSchema1Manifest, ImageManifest

    if isinstance(document, ImageManifest | DockerManifest):
        return [{"digest": layer.digest, "size": Size(layer.size), "media_type": layer.media_type} for layer in document.layers]
    if isinstance(document, DockerSchema1Manifest):  # lists the top layer first, and no sizes
        return [{"digest": layer.blob_sum, "size": None, "media_type": None} for layer in reversed(document.fs_layers)]
    return []
