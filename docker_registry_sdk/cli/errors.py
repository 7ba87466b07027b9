"""The exit statuses, and the two lines that are printed after a failure: the problem, and a suggestion."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from .._core.text.redaction import one_line

if TYPE_CHECKING:
    from ..errors import RegistryError, StatusError

_LOGIN_HINT = (
    "log in with docker-registry-sdk login HOST, or give --username; docker-registry-sdk auth explain NAME shows what was tried"
)
_VERBOSE_HINT = "run the command again with -v to see each request"
MAX_LINE_CHARACTERS = 2000
# The library's messages end with hints for programmers. The command line removes these hints, since it prints hints for users.
_LIBRARY_HINTS = (
    " The server, or a proxy in front of it, sent a malformed document.",
    " Discard the bytes and fetch them again.",
    " The body is in .raw.",
)


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
        failure = _describe_registry_error(error)
        notes = getattr(error, "__notes__", ())
        return replace(failure, problem=f"{failure.problem.rstrip('.')}. {' '.join(notes)}") if notes else failure
    if isinstance(error, FileExistsError):
        problem = f"{error.filename}: {(error.strerror or 'the file exists').partition(': ')[0]}"
        return Failure(ExitCode.FAILURE, problem, "remove the file, or write to another file")
    if isinstance(error, OSError):
        path = f"{error.filename}: " if error.filename is not None else ""
        return Failure(
            ExitCode.FAILURE, f"{path}{error.strerror or error}", "check the path, its permissions and the free space on the disk"
        )
    if isinstance(error, ImportError) and "pip install" in str(error):
        problem, _, hint = str(error).partition(": ")
        return Failure(ExitCode.FAILURE, problem, hint)
    if isinstance(error, ModuleNotFoundError) and error.name is not None and error.name.partition(".")[0] == "rich":
        problem = "tables need the package rich, which is not installed (extra: cli)"
        return Failure(ExitCode.FAILURE, problem, "pip install 'docker-registry-sdk[cli]'")
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
    from .. import errors as library

    problem = str(error)
    for hint in _LIBRARY_HINTS:
        problem = problem.removesuffix(hint)
    match error:
        case library.StatusError():
            return _describe_status_error(error, problem.removesuffix(error.hint).rstrip(". "))
        case library.AuthError():
            return Failure(ExitCode.AUTH, problem, _LOGIN_HINT)
        case library.TransportError():
            hint = (
                "trust the registry's certificate with --ca-file FILE, or accept any certificate with --insecure"
                if "certificate" in problem.lower()
                else "check the registry's name, the network and any proxy"
            )
            return Failure(ExitCode.NETWORK, problem.removesuffix(error.hint).rstrip(". "), hint)
        case library.DigestMismatchError():
            hint = "discard the bytes and fetch them again; the registry or a proxy may be broken"
            return Failure(ExitCode.DIGEST, problem.rstrip("."), hint)
        case library.InvalidReferenceError():
            hint = "write names as docker pull accepts them: alpine:3.20, ghcr.io/owner/name@sha256:…"
            return Failure(ExitCode.USAGE, problem, hint)
        case library.ImageError():
            hint = "docker-registry-sdk inspect NAME shows the platforms and layers of an image"
            return Failure(ExitCode.FAILURE, problem.rstrip("."), hint)
        case library.ParseError() | library.UnexpectedContentTypeError():
            hint = f"the server may not be a registry, or a proxy may have sent this response; {_VERBOSE_HINT}"
            return Failure(ExitCode.FAILURE, problem.rstrip("."), hint)
    return Failure(ExitCode.FAILURE, problem, _VERBOSE_HINT)


def _describe_status_error(error: StatusError, problem: str) -> Failure:
    from .. import errors as library

    match error:
        case library.UnauthorizedError() | library.ForbiddenError():
            return Failure(ExitCode.AUTH, problem, _LOGIN_HINT)
        case library.NotFoundError():
            hint = (
                "check the name, tag and digest; docker-registry-sdk tags NAME lists the tags; private repositories need a login"
            )
            return Failure(ExitCode.NOT_FOUND, problem, hint)
        case library.RateLimitedError():
            wait = "some minutes" if error.retry_after is None else f"{error.retry_after:g} seconds"
            hint = f"wait {wait} and run the command again; logging in often raises the limit"
            return Failure(ExitCode.NETWORK, problem, hint)
        case library.ServerError():
            hint = "run the command again later; if the error persists, tell the registry's operator"
            return Failure(ExitCode.NETWORK, problem, hint)
        case library.BadRequestError():
            hint = "check the name, the tag and the digest; some registries delete by digest only, not by tag"
            return Failure(ExitCode.FAILURE, problem, hint)
        case library.MethodNotAllowedError():
            hint = "this registry does not support this operation, or has disabled it: ask its operator"
            return Failure(ExitCode.FAILURE, problem, hint)
    return Failure(ExitCode.FAILURE, problem, _VERBOSE_HINT)
