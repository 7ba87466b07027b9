"""`delete`: a tag, or a manifest with all its tags."""

from __future__ import annotations

import click

from ..options import Connection, with_output, with_registry
from ..output import Output


@click.command("delete")
@click.argument("reference")
@with_registry
@with_output
def command(reference: str, output: Output, connection: Connection) -> None:
    """Delete a tag, or a manifest by its digest.

    With a manifest all tags on it go. The tag or digest has to be written out, and nothing is asked before. A tag is never
    turned into its digest, since other tags would be lost with it. Registries that delete by digest only refuse tags.

    \b
    Examples:
      docker-registry-sdk delete localhost:5000/name:old
      docker-registry-sdk delete localhost:5000/name@sha256:…
    """
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    if ref.digest is None and not reference.endswith(f":{ref.tag}"):
        raise click.UsageError(f"{reference} names neither a tag nor a digest; write the one to delete.")
    if ref.digest is not None and ref.tag is not None:
        raise click.UsageError(f"{reference} names a tag and a digest; write only the one to delete.")
    with connection.open(ref) as client:
        if client.version == 2:
            client.delete_manifest(ref.digest or ref.tag or "")
        elif ref.tag is not None:
            client.delete_repo_tag(ref.tag)
        else:
            raise click.UsageError(f"{client.index.name} speaks API v1, which has tags but no digests.")
    output.facts({"deleted": ref.canonical_name, "tag": ref.tag, "digest": ref.digest})
