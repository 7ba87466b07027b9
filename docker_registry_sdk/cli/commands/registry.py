"""The commands about a whole registry: `ping`, `search` and `repos`."""

from __future__ import annotations

from itertools import islice

import click

from ..command import command
from ..connection import Connection
from ..options import with_output, with_registry
from ..output import Output

_MAX_SEARCH_PAGE_SIZE = 100


@command("ping")
@click.argument("index", required=False)
@with_registry
@with_output
def ping_command(index: str | None, output: Output, connection: Connection) -> None:
    """Check that a registry responds and authorizes you.

    INDEX is the host of the registry; the default is Docker Hub. The output has the API version: 2 if the registry supports
    API v2, otherwise 1.

    \b
    Example:
      docker-registry-sdk ping localhost:5000
    """
    with connection.open(index=index) as client:
        client.ping()
        report = client.explain_auth()
        facts = {"index": client.index.name, "url": report.registry, "api_version": client.version}
        output.print_facts({**facts, "challenge": report.challenge, "username": report.username})


@command("search")
@click.argument("term")
@click.option("--index", metavar="HOST", help="Search this registry instead of Docker Hub.")
@click.option("--limit", type=click.IntRange(min=1), default=25, show_default=True, help="Show at most this many repositories.")
@with_registry
@with_output
def search_command(term: str, index: str | None, limit: int, output: Output, connection: Connection) -> None:
    """Search for repositories on Docker Hub or another registry.

    Lists repositories whose name or description contains TERM: name, stars, whether the repository is official, and
    description. Search is part of API v1; Docker Hub still supports search. --json prints one object per line.

    \b
    Example:
      docker-registry-sdk search nginx --limit 5
    """
    from ... import RegistryClientV1

    with RegistryClientV1(index=index, **connection.options()) as client:
        results = islice(client.iter_search(term, page_size=min(limit, _MAX_SEARCH_PAGE_SIZE)), limit)
        output.print_items(
            ["name", "stars", "official", "description"],
            (
                {
                    "name": result.name,
                    "stars": result.star_count,
                    "official": bool(result.is_official),
                    "description": result.description,
                }
                for result in results
            ),
        )


@command("repos")
@click.argument("index")
@with_registry
@with_output
def repos_command(index: str, output: Output, connection: Connection) -> None:
    """List the repositories of a registry.

    INDEX is the host of the registry. Docker Hub and some other registries do not support this command. --json prints one
    object per line: {"repo": …}.

    \b
    Example:
      docker-registry-sdk repos localhost:5000
    """
    with connection.open_v2(index=index) as client:
        repositories = client.iter_repositories()
        output.print_items(["repo"], ({"repo": name} for name in repositories))
        output.print_problems(repositories.problems)
