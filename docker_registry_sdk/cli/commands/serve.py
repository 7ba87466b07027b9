"""The command `serve`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from ..command import command
from ..options import with_output
from ..output import Output

if TYPE_CHECKING:
    from ...testing import EmbeddedRegistry

_AUTH = ("none", "basic", "token")
_APIS = ("v1", "v2")
_PASSWORD_VARIABLE = "EMBEDDED_REGISTRY_PASSWORD"


@command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="Listen on this port; 0 takes a free one."
)
@click.option(
    "--storage",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Store everything in this folder (new, empty, or of an earlier registry), not in memory.",
)
@click.option("--profile", metavar="NAME", help="Imitate a public registry with its quirks: docker-hub, ecr, ghcr and others.")
@click.option(
    "--auth", type=click.Choice(_AUTH), help="The authentication; the default is the authentication of the profile, or none."
)
@click.option("--api", type=click.Choice(_APIS), help="Serve only this version of the API; the default is both.")
@click.option("--username", metavar="NAME", help="The user's name; the default is a random one.")
@click.option("--tls", is_flag=True, help="Serve HTTPS with a certificate created at start.")
@with_output
def serve_command(
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

    The registry runs until Ctrl-C, and stores everything in memory unless --storage is given. It serves API v2 and v1 unless
    --api is given. This command requires the package extra `testing`. If the registry requires a login (see
    --auth), the password is the value of $EMBEDDED_REGISTRY_PASSWORD. If this variable is not set, a random password is generated
    and printed with the URL. The URL is printed as soon as the registry accepts requests.

    \b
    Examples:
      docker-registry-sdk serve --port 5000
      docker-registry-sdk serve --port 0 --auth token --json
    """
    from ...testing.profiles import PROFILE_NAMES

    if profile is not None and profile not in PROFILE_NAMES:
        raise click.BadParameter(f"{profile!r} is unknown; the profiles are {', '.join(PROFILE_NAMES)}.", param_hint="--profile")
    from ...testing import EmbeddedRegistry

    password = os.environ.get(_PASSWORD_VARIABLE)
    try:
        registry = EmbeddedRegistry(
            auth=auth,  # type: ignore[arg-type]  # the choices of --auth are the words of the type
            apis=None if api is None else (api,),  # type: ignore[arg-type]  # the same for --api
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
    former_handlers = {
        number: signal.signal(number, lambda _number, _frame: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with _listening(registry, host, port):
            facts = {"url": registry.url, "username": None, "password": None, "ca_file": str(registry.ca_file) if tls else None}
            if registry.auth != "none":
                facts["username"] = registry.username
                facts["password"] = registry.password if password is None else None
            output.print_record(facts)
            sys.stdout.flush()
            output.print_note("Ready. Press Ctrl-C to stop.")
            stop.wait()
    finally:
        for number, handler in former_handlers.items():
            signal.signal(number, handler)


@contextmanager
def _listening(registry: EmbeddedRegistry, host: str, port: int) -> Iterator[None]:
    """Run a registry.

    Args:
        registry: The registry.
        host: The address that it listens on.
        port: Its port.

    Raises:
        RegistryError: The registry cannot listen there.
    """
    from ...errors import RegistryError

    with ExitStack() as stack:
        try:
            stack.enter_context(registry)
        except OSError as error:
            if error.filename is not None:  # of the folder of --storage
                raise
            raise RegistryError(
                f"the registry cannot listen on {host}:{port}: {error.strerror or error}",
                hint="Choose another port with --port (0 takes a free one), or another address with --host.",
            ) from error
        yield
