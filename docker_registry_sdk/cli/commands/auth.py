"""The commands about authentication: `login` and `auth explain`."""

from __future__ import annotations

from typing import Any

import click

from ..command import command, group
from ..connection import Connection, read_login
from ..errors import ExitCode
from ..options import with_output, with_registry
from ..output import Output


@command("login")
@click.argument("index", required=False)
@with_registry
@with_output
def login_command(index: str | None, output: Output, connection: Connection) -> None:
    """Check a user name and password, and store them.

    INDEX is the host of the registry; the default is Docker Hub. As docker login does, this stores the login in docker's
    config.json, readable by you alone, or in the credential helper that config.json names. Nothing is stored if the registry
    rejects the login. Use docker logout to delete a stored login.

    \b
    Examples:
      docker-registry-sdk login ghcr.io
      docker-registry-sdk login localhost:5000 -u ann --password-stdin < password.txt
    """
    from ... import login
    from ...credentials import ConfigFileCredentials
    from ...reference import parse_index

    registry = parse_index(index)
    username, password = read_login(connection.username, from_stdin=connection.password_stdin)
    options: dict[str, Any] = {**connection.client_options, "username": username, "password": password}
    result = login(registry, store=True, **options)
    output.print_facts(
        {
            "index": registry.name,
            "api_version": result.version,
            "username": username,
            "checked": result.checked,
            "stored": result.stored,
        }
    )
    if result.checked == "nothing":
        output.print_note(f"{registry.name} requires no login, and did not check the password.")
    found = ConfigFileCredentials().get_credential(registry.name)
    if found is None or (found.username, found.password) != (username, password):
        reason = "no credential was found" if found is None else f"the first credential found comes from {found.source}"
        output.print_note(f"Warning: the stored login for {registry.name} is not used: {reason}.")


@group("auth")
def auth_command() -> None:
    """Find out how a registry authorizes you.

    \b
    Example:
      docker-registry-sdk auth explain ghcr.io/owner/name
    """


@auth_command.command("explain")
@click.argument("name")
@with_registry
@with_output
@click.pass_context
def explain_command(context: click.Context, name: str, output: Output, connection: Connection) -> None:
    """Show each step of authentication with a registry.

    Requests the tags of the repository NAME. Then shows which credential was found and where, which challenge the registry sent,
    which token service issued the token, the scopes and lifetime of the token, and the last response. No secrets are shown. The
    exit status is 4 if the registry does not authorize you.

    \b
    Example:
      docker-registry-sdk auth explain alpine
    """
    from ...errors import AuthError, ForbiddenError, NotFoundError, UnauthorizedError
    from ...reference import parse_repo_and_ref

    with connection.open(parse_repo_and_ref(name)) as client:
        refused = False
        try:
            if client.version == 2:
                next(client.iter_tags(page_size=1), None)
            else:
                client.list_repo_tags()
        except NotFoundError:
            pass  # authorized, or the registry hides private repositories; `outcome` shows the response
        except (AuthError, ForbiddenError, UnauthorizedError):
            refused = True
        report = client.explain_auth()
    output.print_facts(
        {
            "registry": report.registry,
            "api_version": client.version,
            "credential": report.credential,
            "username": report.username,
            "passed_over": list(report.passed_over) or None,
            "challenge": report.challenge,
            "realm": report.realm,
            "service": report.service,
            "scopes": list(report.scopes) or None,
            "grant": report.grant,
            "lifetime": report.lifetime,
            "outcome": report.outcome,
        }
    )
    if refused:
        context.exit(ExitCode.AUTH)
