"""The program: the list of commands, and the handling of errors and interrupts."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from .errors import ExitCode, exit_code_table, report
from .options import Verbosity, with_verbosity

PROGRAM = "docker-registry-sdk"
COMPLETION_VARIABLE = "_DOCKER_REGISTRY_SDK_COMPLETE"

# The commands in the order of the help text, each with its module in `commands/`. The command `tags` is the object
# `tags_command` of its module.
COMMANDS: dict[str, str] = {
    "parse": "local",
    "ping": "registry",
    "login": "auth",
    "search": "registry",
    "repos": "registry",
    "tags": "repository",
    "inspect": "inspect",
    "manifest": "content",
    "config": "content",
    "blob": "content",
    "referrers": "repository",
    "pull": "transfer",
    "push": "transfer",
    "copy": "transfer",
    "delete": "repository",
    "auth": "auth",
    "api": "api",
    "serve": "serve",
    "completion": "local",
}


class LazyGroup(click.Group):
    """A group that imports the module of a command when the command is used.

    Args:
        modules: The name of the module for each command, in the order of the help text.
        package: The package that contains the modules.
        options: Further arguments of `click.Group`.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], package: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._modules = modules
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name, or None if there is no such command."""
        if cmd_name not in self._modules:
            return None
        module = import_module(f"{self._package}.{self._modules[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


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
    """Inspect container registries, and copy images between them.

    Images are named as in docker pull: alpine, alpine:3.20, ghcr.io/owner/name@sha256:…, localhost:5000/name. Write http://
    before a name to connect without TLS; for a registry on this machine, plain HTTP is tried automatically.

    A terminal shows tables. A pipe receives plain lines with tabs between values. --json prints one JSON document, or one JSON
    object per line for lists of unknown length. Credentials are those of docker login, podman login and this program's own
    login.

    \b
    Examples:
      docker-registry-sdk tags alpine
      docker-registry-sdk inspect ghcr.io/owner/name:1.2
      docker-registry-sdk COMMAND --help
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        arguments: The arguments without the program's name; None uses the arguments of this process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # the encoding of a terminal may lack a character
    try:
        return _run_and_report(list(sys.argv[1:] if arguments is None else arguments))
    except BrokenPipeError:
        # The program that read the output has exited. Send the rest of the output to the null device, since the interpreter
        # would otherwise report an error when it flushes the buffers at exit.
        null_device = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(null_device, stream.fileno())
        return ExitCode.PIPE_CLOSED


def _run_and_report(arguments: list[str]) -> int:
    verbosity = Verbosity()
    try:
        code = _run_command(arguments, verbosity)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except (KeyboardInterrupt, click.Abort):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the exit
        click.echo("Interrupted", err=True)
        return ExitCode.INTERRUPTED
    except Exception as error:
        return report(error, debug=verbosity.debug)


def _run_command(arguments: list[str], verbosity: Verbosity) -> int:
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        with root.make_context(PROGRAM, arguments, obj=verbosity) as context:
            root.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    return ExitCode.OK
