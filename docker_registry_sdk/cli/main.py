"""The program: the list of commands, and the handling of errors and interrupts."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType

import click

from .command import LazyGroup
from .errors import ExitCode, exit_code_table, report
from .options import Verbosity, with_verbosity
from .streams import drop_unwritten_output

PROGRAM = "docker-registry-sdk"
# Some programs send a signal to their whole group and then once more to each process.
_SECOND_SIGNAL_SECONDS = 1.0
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


class Terminated(KeyboardInterrupt):
    """The signal SIGTERM was received."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        arguments: The arguments without the program's name; None uses the arguments of this process.
    """
    with _ended_by_signals():
        try:
            return _run_and_report(list(sys.argv[1:] if arguments is None else arguments))
        except BrokenPipeError:
            return ExitCode.PIPE_CLOSED  # the program that read the output has exited
        finally:
            drop_unwritten_output()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the command in the same way as Ctrl-C: nothing is left half done. A later second signal ends it at once."""
    first: float | None = None

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal first
        if first is None:
            first = time.monotonic()
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        if time.monotonic() - first >= _SECOND_SIGNAL_SECONDS:
            _exit_at_once(number)

    usual = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    is_main = current_thread() is main_thread()
    handled = {number: handler for number, handler in usual.items() if is_main and signal.getsignal(number) is handler}
    for number in handled:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in handled.items():
            if number == signal.SIGTERM or signal.getsignal(number) is end:
                signal.signal(number, handler)


def _exit_at_once(number: int) -> None:
    """End the process without waiting for requests that are under way. Uploads are not cancelled; downloads can be resumed."""
    with suppress(OSError, ValueError):
        show_cursor = b"\x1b[?25h\r\n" if sys.stderr.isatty() else b""  # the progress bar hides the cursor
        os.write(2, show_cursor + b"Interrupted\n")
    os._exit(ExitCode.TERMINATED if number == signal.SIGTERM else ExitCode.INTERRUPTED)


def _run_and_report(arguments: list[str]) -> int:
    verbosity = Verbosity()
    try:
        code = _run_command(arguments, verbosity)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except (KeyboardInterrupt, click.Abort) as interruption:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the exit
        click.echo("Interrupted", err=True)
        return ExitCode.TERMINATED if isinstance(interruption, Terminated) else ExitCode.INTERRUPTED
    except Exception as error:
        return report(error, debug=verbosity.debug, command=verbosity.command)


def _run_command(arguments: list[str], verbosity: Verbosity) -> int:
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        with root.make_context(PROGRAM, arguments, obj=verbosity) as context:
            try:
                root.invoke(context)
            finally:
                verbosity.command = context.invoked_subcommand
    except click.exceptions.Exit as end:
        return end.exit_code
    return ExitCode.OK
