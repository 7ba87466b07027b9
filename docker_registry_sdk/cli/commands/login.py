"""`login`: check a user name and password, and store them."""

from __future__ import annotations

import sys

import click

from ..options import Connection, read_password, with_output, with_registry
from ..output import Output


@click.command("login")
@click.argument("index", required=False)
@with_registry
@with_output
def command(index: str | None, output: Output, connection: Connection) -> None:
    """Check a user name and password, and store them.

    INDEX is the host of the registry; without it they are those of Docker Hub. As with docker login they go into the file
    that docker login writes, readable by you alone, or into the credential helper that this file names. Nothing is stored
    when the registry refuses them. docker logout takes them out again.

    \b
    Examples:
      docker-registry-sdk login ghcr.io
      docker-registry-sdk login localhost:5000 -u ann --password-stdin < password.txt
    """
    from ...connect._sync.login import login
    from ...credentials import ConfigFileCredentials
    from ...reference import parse_index
    from ..credential_store import store_credential

    where = parse_index(index)
    username = connection.username
    if username is None:
        if connection.password_stdin or not sys.stdin.isatty():
            raise click.UsageError("Give the user's name with --username.")
        username = click.prompt("Username", err=True)
    password = read_password(from_stdin=connection.password_stdin)
    result = login(where, username=username, password=password, **connection.others)  # type: ignore[misc]
    stored = store_credential(where, username, password)
    output.facts(
        {"index": where.name, "api_version": result.version, "username": username, "checked": result.checked, "stored": stored}
    )
    if result.checked == "nothing":
        output.note(f"{where.name} lets everybody in, and did not look at the password.")
    found = ConfigFileCredentials().get_credential(where.name)
    if found is None or (found.username, found.password) != (username, password):
        source = "nothing" if found is None else found.source
        output.note(f"What comes first for {where.name} is not what was stored, but {source}.")
