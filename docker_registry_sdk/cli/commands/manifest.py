"""`manifest`: a manifest, read or as it is."""

from __future__ import annotations

import json

import click

from ..options import Connection, with_output, with_registry
from ..output import Output


@click.command("manifest")
@click.argument("reference")
@click.option("--raw", is_flag=True, help="Print the bytes of the manifest as they are; its digest is made of these.")
@with_registry
@with_output
def command(reference: str, raw: bool, output: Output, connection: Connection) -> None:
    """Print the manifest or index of an image.

    Its digest is checked, and it is indented for reading. --json puts it into a document with its digest, media type and size.

    \b
    Examples:
      docker-registry-sdk manifest alpine:3.20
      docker-registry-sdk manifest alpine --raw | sha256sum
    """
    if raw and output.json:
        raise click.UsageError("--raw and --json do not go together.")
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    with connection.open_v2(ref) as client:
        found = client.get_manifest(ref.digest or ref.tag or "")
    if raw:
        output.raw(found.raw)
        return
    document = json.loads(found.raw)
    if output.json:
        facts = {"digest": found.digest, "media_type": found.media_type, "size": len(found.raw)}
        document = {**facts, "manifest": document}
    output.document(document)
