"""The command `python -m docker_registry_sdk.testing`, which runs the embedded registry."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docker_registry_sdk.errors import RegistryError
from docker_registry_sdk.testing.profiles import PROFILE_NAMES

if TYPE_CHECKING:
    from docker_registry_sdk.testing.registry import EmbeddedRegistry

USERNAME_VARIABLE = "EMBEDDED_REGISTRY_USERNAME"
PASSWORD_VARIABLE = "EMBEDDED_REGISTRY_PASSWORD"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a registry until the process receives SIGINT or SIGTERM.

    Args:
        arguments: The command-line arguments, without the name of the program. None means the arguments of this process.

    Returns:
        The exit status: 0 if a signal stopped the registry, or 1 if the registry could not start.

    Raises:
        SystemExit: The arguments are invalid (exit status 2), or request the help (exit status 0).
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
    except (ImportError, OSError, OverflowError, RuntimeError, ValueError, RegistryError) as error:
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
        description="Run a container registry for tests until the process receives SIGINT or SIGTERM. "
        "The registry keeps its content in memory, unless --storage is given.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s, which only this machine can reach)")
    add("--port", type=int, default=5000, help="the port to listen on; 0 selects a free port (default: %(default)s)")
    add(
        "--storage",
        metavar="DIR",
        help="keep the content in this directory: a new or empty one, or that of an earlier registry",
    )
    add("--profile", choices=PROFILE_NAMES, help="reproduce the quirks of this registry")
    add(
        "--auth",
        choices=("none", "basic", "token"),
        help="the authentication of clients (default: the authentication of the profile, or none without a profile)",
    )
    add("--tls", action="store_true", help="serve HTTPS with a generated certificate")
    add(
        "--username",
        default=os.environ.get(USERNAME_VARIABLE),
        help=f"the name of the user (default: the value of ${USERNAME_VARIABLE}, or a random name)",
    )
    add(
        "--password",
        default=os.environ.get(PASSWORD_VARIABLE),
        help=f"the password of the user (default: the value of ${PASSWORD_VARIABLE}, or a random password, which is printed). "
        f"Other users of this machine can read the command line, so it is safer to use ${PASSWORD_VARIABLE}",
    )
    return parser


def _announce(registry: "EmbeddedRegistry", options: argparse.Namespace) -> None:
    """Print the URL of the registry and, depending on the options, the credentials and the path of the CA certificate.

    The user name is printed if the registry requires authentication. The password is printed, too, but only if the
    registry generated it.
    """
    lines = [f"url: {registry.url}"]
    if registry.auth != "none":
        lines.append(f"username: {registry.username}")
        if options.password is None:
            lines.append(f"password: {registry.password}")
    if options.tls:
        lines.append(f"ca file: {registry.ca_file}")
    lines.append("ready: send SIGINT or SIGTERM to stop the registry")
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main())
