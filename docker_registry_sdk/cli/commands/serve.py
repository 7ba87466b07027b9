"""`serve`: the embedded registry, until it is told to end."""

from __future__ import annotations

import os
import signal
import sys
import threading

import click

from ..options import with_output
from ..output import Output

_AUTH = ("none", "basic", "token")
_APIS = ("v1", "v2")
_PASSWORD_VARIABLE = "EMBEDDED_REGISTRY_PASSWORD"


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="Listen on this port; 0 takes a free one."
)
@click.option("--storage", type=click.Path(file_okay=False), metavar="DIR", help="Keep everything in this folder.")
@click.option(
    "--profile", metavar="NAME", help="Be like a registry out there, with its quirks: docker-hub, ecr, ghcr and others."
)
@click.option("--auth", type=click.Choice(_AUTH), help="How callers say who they are; that of the profile, or none.")
@click.option("--api", type=click.Choice(_APIS), help="Speak this version of the API alone; both when not given.")
@click.option("--username", metavar="NAME", help="The user's name; a random one when not given.")
@click.option("--tls", is_flag=True, help="Serve HTTPS with a certificate made for it.")
@with_output
def command(
    host: str,
    port: int,
    storage: str | None,
    profile: str | None,
    auth: str | None,
    api: str | None,
    username: str | None,
    tls: bool,
    output: Output,
) -> None:
    """Run a container registry for tests.

    It runs until Ctrl-C and keeps everything in memory unless --storage is given. It speaks API v2 and v1 unless --api is
    given, and needs the extra testing. The user's password is that in $EMBEDDED_REGISTRY_PASSWORD, else a random one, which
    is printed with the address once requests are answered.

    \b
    Examples:
      docker-registry-sdk serve --port 5000
      docker-registry-sdk serve --port 0 --auth token --json
    """
    from ...testing.profiles import PROFILE_NAMES

    if profile is not None and profile not in PROFILE_NAMES:
        raise click.BadParameter(f"{profile!r} is none of {', '.join(PROFILE_NAMES)}.", param_hint="--profile")
    from ...testing import EmbeddedRegistry

    password = os.environ.get(_PASSWORD_VARIABLE)
    try:
        registry = EmbeddedRegistry(
            auth=auth,  # type: ignore[arg-type]  # a choice of the same words
            apis=None if api is None else (api,),  # type: ignore[arg-type]  # likewise
            username=username,
            password=password,
            storage=storage,
            host=host,
            port=port,
            tls=tls,
            profile=profile,  # pyright: ignore[reportArgumentType]  # checked above
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    stop = threading.Event()
    before = {number: signal.signal(number, lambda _number, _frame: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with registry:
            facts = {"url": registry.url, "username": None, "password": None, "ca_file": str(registry.ca_file) if tls else None}
            if registry.auth != "none":
                facts["username"] = registry.username
                facts["password"] = registry.password if password is None else None
            output.facts(facts)
            sys.stdout.flush()
            output.note("Ready. Ctrl-C ends it.")
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
