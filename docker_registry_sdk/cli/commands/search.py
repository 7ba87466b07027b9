"""`search`: repositories whose name or description has a word."""

from __future__ import annotations

from itertools import islice

import click

from ..options import Connection, with_output, with_registry
from ..output import Output


@click.command("search")
@click.argument("term")
@click.option("--index", metavar="HOST", help="Search this registry instead of Docker Hub.")
@click.option("--limit", type=click.IntRange(min=1), default=25, show_default=True, help="Show this many at the most.")
@with_registry
@with_output
def command(term: str, index: str | None, limit: int, output: Output, connection: Connection) -> None:
    """Search Docker Hub or another registry.

    It shows the repositories' names, their stars, whether they are official, and their descriptions. The search is a part of
    API v1, which Docker Hub still answers. With --json there is an object a line.

    \b
    Example:
      docker-registry-sdk search nginx --limit 5
    """
    from ...legacy_v1._sync.client import RegistryClientV1

    with RegistryClientV1(index=index, **connection.options()) as client:
        found = islice(client.iter_search(term, page_size=min(limit, 100)), limit)
        output.items(
            ["name", "stars", "official", "description"],
            (
                {
                    "name": one.name,
                    "stars": one.star_count,
                    "official": bool(one.is_official),
                    "description": one.description,
                }
                for one in found
            ),
        )
