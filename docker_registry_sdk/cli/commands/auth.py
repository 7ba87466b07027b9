"""`auth explain`: how a registry lets one in, or why it does not."""

from __future__ import annotations

import click

from ..exit_codes import ExitCode
from ..options import Connection, with_output, with_registry
from ..output import Output


@click.group("auth")
def command() -> None:
    """Find out how a registry lets you in.

    \b
    Example:
      docker-registry-sdk auth explain ghcr.io/owner/name
    """


@command.command("explain")
@click.argument("name")
@with_registry
@with_output
@click.pass_context
def explain(context: click.Context, name: str, output: Output, connection: Connection) -> None:
    """Show how a registry lets you in, step by step.

    It asks for the tags of the repository, and tells which credential was found and where, what the registry asked for, where
    the token came from, for what it is good and how it ended. No secrets are shown. The exit status is 4 when the registry
    does not let you in.

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
                client.list_tags(n=1)
            else:
                client.list_repo_tags()
        except NotFoundError:
            pass  # it is let in, or may not know that it is not: the report says what was answered
        except (AuthError, ForbiddenError, UnauthorizedError):
            refused = True
        report = client.explain_auth()
    output.facts(
        {
            "registry": report.registry,
            "api_version": client.version,
            "credential": report.credential,
            "username": report.username,
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
