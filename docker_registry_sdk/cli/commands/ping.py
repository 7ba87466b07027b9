"""`ping`: whether there is a registry, and which API it speaks."""

from __future__ import annotations

import click

from ..options import Connection, with_output, with_registry
from ..output import Output


@click.command("ping")
@click.argument("index", required=False)
@with_registry
@with_output
def command(index: str | None, output: Output, connection: Connection) -> None:
    """Ask whether a registry is there and lets you in.

    INDEX is its host; without it Docker Hub is asked. The answer tells the API version: 2 where the registry speaks that, else 1.

    \b
    Example:
      docker-registry-sdk ping localhost:5000
    """
    with connection.open(index=index) as client:
        client.ping()
        report = client.explain_auth()
        facts = {"index": client.index.name, "url": report.registry, "api_version": client.version}
        output.facts({**facts, "challenge": report.challenge, "username": report.username})
