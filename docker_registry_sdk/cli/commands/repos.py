"""`repos`: the repositories of a registry."""

from __future__ import annotations

import click

from ..options import Connection, with_output, with_registry
from ..output import Output


@click.command("repos")
@click.argument("index")
@with_registry
@with_output
def command(index: str, output: Output, connection: Connection) -> None:
    """List the repositories of a registry.

    INDEX is its host. Docker Hub and others do not offer this. With --json there is an object a line: {"repo": …}.

    \b
    Example:
      docker-registry-sdk repos localhost:5000
    """
    with connection.open_v2(index=index) as client:
        output.items(["repo"], ({"repo": name} for name in client.iter_repositories()))
