"""The exit statuses, and the two lines that are printed after a failure: the problem, and a suggestion."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from .._core.text.redaction import one_line

if TYPE_CHECKING:
    from ..errors import RegistryError

MAX_LINE_CHARACTERS = 2000
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


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "success",
    ExitCode.FAILURE: "a failure of any other kind",
    ExitCode.USAGE: "wrong command line: an option, an argument or the name of an image",
    ExitCode.NOT_FOUND: "not found (or not visible to you)",
    ExitCode.AUTH: "credentials are missing or wrong, or do not allow this",
    ExitCode.NETWORK: "no response, a failing server or a rate limit: try again later",
    ExitCode.DIGEST: "the bytes do not match their digest",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
    ExitCode.PIPE_CLOSED: "the program that was reading the output has exited",
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


def report(error: Exception, *, debug: bool) -> int:
    """Print the problem and a hint for an error on stderr, and return the exit status.

    Args:
        error: The exception that ended the command.
        debug: Whether to print the traceback first.
    """
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()  # a group without a command: show the list of its commands
        return ExitCode.USAGE
    if debug:
        import traceback

        traceback.print_exception(error)
    failure = describe(error)
    problem, hint = (one_line(text, MAX_LINE_CHARACTERS) for text in (failure.problem, failure.hint))
    click.echo(f"Error: {problem}\nTry: {hint}", err=True)
    sys.stderr.flush()
    return failure.code


def describe(error: Exception) -> Failure:
    """Return the exit status, the problem and a hint for an error.

    Args:
        error: Any exception that a command raised.
    """
    if isinstance(error, click.ClickException):
        return _describe_usage_error(error)
    from ..errors import RegistryError

    if isinstance(error, RegistryError):
        return _describe_registry_error(error)
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


def _describe_registry_error(error: RegistryError) -> Failure:
    notes = getattr(error, "__notes__", ())
    problem = f"{error.problem}. {' '.join(notes)}" if notes else error.problem
    return Failure(_exit_code(error), problem, f"{error.hint} {_command(error)}".strip())


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


def _command(error: RegistryError) -> str:
    """Return a sentence that names the command or option that helps after an error; an empty string for other errors."""
    from .. import errors as library

    match error:
        case library.AuthError() | library.LoginError() | library.UnauthorizedError() | library.ForbiddenError():
            return "To log in: docker-registry-sdk login HOST. To see what was tried: docker-registry-sdk auth explain NAME."
        case library.NotFoundError():
            return "To list the tags: docker-registry-sdk tags NAME."
        case library.PlatformNotFoundError():
            return "To list the platforms: docker-registry-sdk inspect NAME."
        case library.ResponseError() | library.ParseError():
            return "To see each request: run the command again with -v."
    return ""
