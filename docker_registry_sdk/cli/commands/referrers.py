"""`referrers`: signatures and other artifacts that are about an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..options import Connection, with_output, with_registry
from ..output import Output, Size

if TYPE_CHECKING:
    from ...v2.models import Descriptor


@click.command("referrers")
@click.argument("reference")
@click.option("--type", "artifact_type", metavar="TYPE", help="Show only artifacts of this type.")
@with_registry
@with_output
def command(reference: str, artifact_type: str | None, output: Output, connection: Connection) -> None:
    """List the signatures and other artifacts that are about an image.

    They are those that name its digest as their subject. With --json there is an object a line, annotations included.

    \b
    Example:
      docker-registry-sdk referrers ghcr.io/owner/name:1.2
    """
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    with connection.open_v2(ref) as client:
        digest = ref.digest or client.get_manifest(ref.tag or "").digest
        found = client.iter_referrers(digest, artifact_type=artifact_type)
        output.items(["digest", "size", "artifact_type", "media_type"], map(_item, found))


def _item(descriptor: Descriptor) -> dict[str, Any]:
    return {
        "digest": descriptor.digest,
        "size": Size(descriptor.size),
        "artifact_type": descriptor.artifact_type,
        "media_type": descriptor.media_type,
        "annotations": descriptor.annotations and dict(descriptor.annotations),
    }
