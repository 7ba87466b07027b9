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
    """Serve until the process is told to end.

    Args:
        arguments: The command line without the program's name; None takes that of the process.

    Returns:
        The exit status: 0 after a signal, 1 when it could not serve.
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
        description="Serve a container registry, for tests: until SIGINT or SIGTERM, in memory unless --storage is given.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s, this machine alone)")
    add("--port", type=int, default=5000, help="the port, 0 for a free one (default: %(default)s)")
    add("--storage", metavar="DIR", help="keep everything in this directory")
    add("--profile", choices=PROFILE_NAMES, help="be like a registry out there, with its quirks")
    add(
        "--auth",
        choices=("none", "basic", "token"),
        help="how callers say who they are (default: that of the profile, else none)",
    )
    add("--tls", action="store_true", help="serve HTTPS, with a certificate made for it")
    add(
        "--username",
        default=os.environ.get(USERNAME_VARIABLE),
        help=f"the user's name (default: ${USERNAME_VARIABLE}, else a random one)",
    )
    add(
        "--password",
        default=os.environ.get(PASSWORD_VARIABLE),
        help=f"the user's password, which others on this machine can see here; better set ${PASSWORD_VARIABLE} (default: that, "
        "else a random one, which is printed)",
    )
    return parser


def _announce(registry: "EmbeddedRegistry", options: argparse.Namespace) -> None:
    """Tell where the registry is and what a client needs; a password that was chosen is not repeated."""
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
