"""`parse`: what a name of an image means."""

from __future__ import annotations

import click

from ..options import with_output
from ..output import Output


@click.command("parse")
@click.argument("reference")
@with_output
def command(reference: str, output: Output) -> None:
    """Show what the name of an image means.

    That is its registry, its repository, its tag and its digest. No registry is asked.

    \b
    Example:
      docker-registry-sdk parse alpine:3.20
    """
    from ...reference import parse_repo_and_ref

    found = parse_repo_and_ref(reference)
    output.facts(
        {
            "index": found.index.name,
            "scheme": found.index.scheme,
            "official": found.official,
            "remote_name": found.remote_name,
            "local_name": found.local_name,
            "canonical_name": found.canonical_name,
            "tag": found.tag,
            "digest": found.digest,
        }
    )
