"""`tags`: the tags of a repository."""

from __future__ import annotations

import click

from ..options import Connection, with_output, with_registry
from ..output import Output


@click.command("tags")
@click.argument("name")
@with_registry
@with_output
def command(name: str, output: Output, connection: Connection) -> None:
    """List the tags of a repository.

    A registry of API v1 also tells the image of each tag. With --json there is an object a line: {"tag": …}.

    \b
    Example:
      docker-registry-sdk tags alpine
    """
    with connection.open(name) as client:
        if client.version == 2:
            output.items(["tag"], ({"tag": tag} for tag in client.iter_tags()))
        else:
            tags = client.list_repo_tags()
            output.items(["tag", "image"], ({"tag": tag, "image": image} for tag, image in tags.items()))
