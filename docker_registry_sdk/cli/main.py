"""The program: its commands, how a run ends, and what is said then."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from .errors import report
from .exit_codes import ExitCode, exit_code_table
from .lazy import LazyGroup
from .options import Verbosity, with_verbosity

PROGRAM = "docker-registry-sdk"
COMPLETION_VARIABLE = "_DOCKER_REGISTRY_SDK_COMPLETE"
COMMANDS = (
    "parse",
    "ping",
    "login",
    "search",
    "repos",
    "tags",
    "inspect",
    "manifest",
    "config",
    "blob",
    "referrers",
    "pull",
    "push",
    "copy",
    "delete",
    "auth",
    "api",
    "serve",
    "completion",
)


@click.group(
    cls=LazyGroup,
    modules=COMMANDS,
    package=f"{__package__}.commands",
    epilog=exit_code_table(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="docker-registry-sdk", message="%(version)s")
@with_verbosity
def root() -> None:
    """Look into container registries, and move images between them.

    Images are named as in docker pull: alpine, alpine:3.20, ghcr.io/owner/name@sha256:…, localhost:5000/name. A terminal gets
    tables; a pipe gets plain lines with tabs between values; --json gives one JSON document, or one JSON object a line where
    a list has no known end. Credentials come from docker login, podman login and this program's own login.
    With http:// before it a name is reached without TLS; on this machine that is tried by itself.

    \b
    Examples:
      docker-registry-sdk tags alpine
      docker-registry-sdk inspect ghcr.io/owner/name:1.2
      docker-registry-sdk COMMAND --help
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        arguments: The command line without the program's name; None takes that of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not know every character
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except BrokenPipeError:
        # What is left in the buffers has no reader any more, and the interpreter would complain when it ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return ExitCode.PIPE_CLOSED


def _run(arguments: list[str]) -> int:
    verbosity = Verbosity()
    try:
        code = _answer(arguments, verbosity)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except (KeyboardInterrupt, click.Abort):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would only spoil the end
        click.echo("Interrupted", err=True)
        return ExitCode.INTERRUPTED
    except Exception as error:
        return report(error, debug=verbosity.debug)


def _answer(arguments: list[str], verbosity: Verbosity) -> int:
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        with root.make_context(PROGRAM, arguments, obj=verbosity) as context:
            root.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    return ExitCode.OK
