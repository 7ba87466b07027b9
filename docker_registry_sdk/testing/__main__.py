"""The embedded registry as a program: `python -m docker_registry_sdk.testing`."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docker_registry_sdk.testing.profiles import PROFILE_NAMES

if TYPE_CHECKING:
    from docker_registry_sdk.testing.registry import EmbeddedRegistry

USERNAME_VARIABLE = "EMBEDDED_REGISTRY_USERNAME"
PASSWORD_VARIABLE = "EMBEDDED_REGISTRY_PASSWORD"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a registry until the process receives SIGINT or SIGTERM.

    Args:
        arguments: The command line without the name of the program; None selects that of the process.

    Returns:
        The exit status: 0 after a signal, 1 if the registry could not start.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        from docker_registry_sdk.testing import EmbeddedRegistry

        registry = EmbeddedRegistry(
            auth=options.auth,
            username=options.username,
            password=options.password,
            storage=options.storage,
            host=options.host,
            port=options.port,
            tls=options.tls,
            profile=options.profile,
        )
        registry.start()
    except (ImportError, OSError, OverflowError, RuntimeError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    try:
        _announce(registry, options)
        stop.wait()
    finally:
        registry.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m docker_registry_sdk.testing",
        description="Run a container registry for tests until SIGINT or SIGTERM, in memory unless --storage is given.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s, for clients on this machine only)")
    add("--port", type=int, default=5000, help="the port; 0 selects a free port (default: %(default)s)")
    add("--storage", metavar="DIR", help="store the content in this directory")
    add("--profile", choices=PROFILE_NAMES, help="reproduce the quirks of a real registry")
    add(
        "--auth",
        choices=("none", "basic", "token"),
        help="the authentication of clients (default: that of the profile, otherwise none)",
    )
    add("--tls", action="store_true", help="serve HTTPS with a generated certificate")
    add(
        "--username",
        default=os.environ.get(USERNAME_VARIABLE),
        help=f"the name of the user (default: ${USERNAME_VARIABLE}, otherwise a random name)",
    )
    add(
        "--password",
        default=os.environ.get(PASSWORD_VARIABLE),
        help=f"the password of the user (default: ${PASSWORD_VARIABLE}, otherwise a random password, which is printed). Other "
        f"users of this machine can see the command line: prefer ${PASSWORD_VARIABLE}",
    )
    return parser


def _announce(registry: "EmbeddedRegistry", options: argparse.Namespace) -> None:
    """Print the URL of the registry and its credentials; a password that was given is not printed."""
    lines = [f"url: {registry.url}"]
    if registry.auth != "none":
        lines.append(f"username: {registry.username}")
        if options.password is None:
            lines.append(f"password: {registry.password}")
    if options.tls:
        lines.append(f"ca file: {registry.ca_file}")
    lines.append("ready: send SIGINT or SIGTERM to end")
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main())
