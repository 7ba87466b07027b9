"""The exit statuses, and the two lines that are printed after a failure: the problem, and a suggestion."""

from __future__ import annotations

import errno
import re
import sys
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from .._core.text.redaction import one_line
from .streams import STDOUT

if TYPE_CHECKING:
    from ..errors import RegistryError

MAX_LINE_CHARACTERS = 2000
# The arguments of Python functions that hints name, and the options of commands in their place.
_OPTIONS = [
    (re.compile(r"pass trusted_realms=\['([^']+)'\]"), r"give --trusted-realm \1"),
    (re.compile(r"Choose one of its tags:"), "Give --tag TAG, or oci:FOLDER:TAG, with one of its tags:"),
    (re.compile(r"Choose one of its names:"), "Give --tag NAME, or docker-archive:FILE:NAME, with one of its names:"),
    (re.compile(r"pass a smaller page_size"), "use docker-registry-sdk api v2 list_tags NAME --n 100"),
]
# The extras by the packages that they install.
_EXTRAS = {"rich": "cli", **dict.fromkeys(("cryptography", "httptools", "joserfc", "starlette", "trustme", "uvicorn"), "testing")}


class ExitCode(IntEnum):
    """The exit statuses of the program."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    AUTH = 4
    NETWORK = 5
    DIGEST = 6
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    TERMINATED = 143


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "success",
    ExitCode.FAILURE: "a failure of any other kind",
    ExitCode.USAGE: "wrong command line: an option, an argument or the name of an image",
    ExitCode.NOT_FOUND: "not found (or not visible to you)",
    ExitCode.AUTH: "credentials are missing or wrong, or do not allow this",
    ExitCode.NETWORK: "no response, a failing server, a rate limit or a file in use: try again later",
    ExitCode.DIGEST: "the bytes do not match their digest",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
    ExitCode.PIPE_CLOSED: "the program that was reading the output has exited",
    ExitCode.TERMINATED: "ended by the signal SIGTERM",
}


def exit_code_table() -> str:
    r"""Return the table of exit statuses for help texts; its first line, `\b`, tells click not to wrap the lines."""
    lines = [f"  {code.value:>3}  {meaning}" for code, meaning in MEANINGS.items()]
    return "\n".join(["\b", "Exit status:", *lines])


@dataclass(frozen=True)
class Failure:
    """The description of an error for the user.

    Attributes:
        code: The exit status.
        problem: What happened.
        hint: What the user can do next.
    """

    code: ExitCode
    problem: str
    hint: str


def report(error: Exception, *, debug: bool, command: str | None = None) -> int:
    """Print the problem and a hint for an error on stderr, and return the exit status.

    Args:
        error: The exception that ended the command.
        debug: Whether to print the traceback first.
        command: The name of the command, such as `login`; None if it is not known.
    """
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()  # a group without a command: show the list of its commands
        return ExitCode.USAGE
    if debug:
        import traceback

        traceback.print_exception(error)
    failure = describe(error, command)
    problem, hint = (one_line(text, MAX_LINE_CHARACTERS) for text in (failure.problem, failure.hint))
    click.echo(f"Error: {problem}\nTry: {hint}", err=True)
    sys.stderr.flush()
    return failure.code


def describe(error: Exception, command: str | None = None) -> Failure:
    """Return the exit status, the problem and a hint for an error.

    Args:
        error: Any exception that a command raised.
        command: The name of the command, such as `login`; None if it is not known.
    """
    if isinstance(error, click.ClickException):
        return _describe_usage_error(error)
    from ..errors import RegistryError

    if isinstance(error, RegistryError):
        return _describe_registry_error(error, command)
    if isinstance(error, OSError) and error.filename == STDOUT:
        problem = f"{STDOUT} is closed" if error.errno == errno.EBADF else f"{STDOUT}: {error.strerror}"
        return Failure(ExitCode.FAILURE, problem, "send the output to a file or pipe that is open and has space")
    if isinstance(error, BlockingIOError):
        problem = f"{error.filename}: {(error.strerror or str(error)).partition(': ')[0]}"
        return Failure(ExitCode.NETWORK, problem, "wait until the other one has ended, or write to another path")
    if isinstance(error, FileExistsError):
        problem = f"{error.filename}: {(error.strerror or 'the file exists').partition(': ')[0]}"
        return Failure(ExitCode.FAILURE, problem, "remove the file, or write to another file")
    if isinstance(error, OSError):
        path = f"{error.filename}: " if error.filename is not None else ""
        return Failure(
            ExitCode.FAILURE, f"{path}{error.strerror or error}", "check the path, its permissions and the free space on the disk"
        )
    if isinstance(error, ImportError) and (extra := _EXTRAS.get((error.name or "").partition(".")[0])):
        problem = f"this command needs the package {error.name}, which is not installed (extra: {extra})"
        return Failure(ExitCode.FAILURE, problem, f"pip install 'docker-registry-sdk[{extra}]'")
    return Failure(
        ExitCode.FAILURE,
        f"{type(error).__name__}: {error}",
        "run the command again with --debug, and report the traceback if this is a bug",
    )


def _describe_usage_error(error: click.ClickException) -> Failure:
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "docker-registry-sdk"
    code = ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.FAILURE
    return Failure(code, error.format_message(), f"{command} --help")


def _describe_registry_error(error: RegistryError, command: str | None) -> Failure:
    notes = getattr(error, "__notes__", ())
    problem = f"{error.problem}. {' '.join(notes)}" if notes else error.problem
    hint = error.hint
    for argument, option in _OPTIONS:
        hint = argument.sub(option, hint)
    return Failure(_exit_code(error), problem, f"{hint} {_command(error, command)}".strip())


def _exit_code(error: RegistryError) -> ExitCode:
    from .. import errors as library

    match error:
        case library.AuthError() | library.LoginError() | library.UnauthorizedError() | library.ForbiddenError():
            return ExitCode.AUTH
        case library.NotFoundError():
            return ExitCode.NOT_FOUND
        case library.TransportError() | library.RateLimitedError() | library.ServerError():
            return ExitCode.NETWORK
        case library.DigestMismatchError():
            return ExitCode.DIGEST
        case library.InvalidReferenceError() | library.InvalidPlatformError():
            return ExitCode.USAGE
    return ExitCode.FAILURE


def _command(error: RegistryError, command: str | None) -> str:
    """Return sentences that name the commands that help after an error; an empty string for other errors.

    Args:
        error: The error.
        command: The command that failed, which is not advised again; None if it is not known.
    """
    from .. import errors as library

    advice: list[tuple[str, str]] = []
    match error:
        case library.StatusError(redirected_to=str()):
            return "To see each request: run the command again with -v."
        case library.AuthError() | library.LoginError() | library.UnauthorizedError() | library.ForbiddenError():
            if error.hint == type(error).hint:  # another hint says what to do before a login
                advice.append(("login", "To log in: docker-registry-sdk login HOST."))
            advice.append(("auth", "To see what was tried: docker-registry-sdk auth explain NAME."))
        case library.NotFoundError():
            advice.append(("tags", "To list the tags: docker-registry-sdk tags NAME."))
        case library.PlatformNotFoundError():
            advice.append(("", "To list the platforms: docker-registry-sdk inspect NAME, without --platform."))
        case library.ResponseError() | library.ParseError():
            advice.append(("", "To see each request: run the command again with -v."))
    return " ".join(text for name, text in advice if name != command)
