"""What is said when something fails: what happened, and what to do; and with which exit status."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from .._core.text.redaction import one_line
from .exit_codes import ExitCode

if TYPE_CHECKING:
    from ..errors import RegistryError, StatusError

_AUTH_ADVICE = (
    "log in with docker-registry-sdk login HOST, or give --username; docker-registry-sdk auth explain NAME shows what was tried"
)
_AGAIN = "run it again with -v to see each request"
# Advice for programs at the end of the library's messages; here another one follows.
_ENDINGS = (
    " Check the address, the network and any proxy.",
    " The server, or a proxy before it, sent a malformed document.",
    " Discard them and fetch them again.",
    " Its bytes are in .raw.",
)


@dataclass(frozen=True)
class Failure:
    """What is said of an error.

    Attributes:
        code: The exit status.
        what: What happened.
        advice: What to do.
    """

    code: ExitCode
    what: str
    advice: str


def report(error: Exception, *, debug: bool) -> int:
    """Say in two lines on stderr what happened and what to do, and return the exit status.

    Args:
        error: The error.
        debug: Whether its traceback comes first.
    """
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()  # a group by itself: its commands are what to do
        return ExitCode.USAGE
    if debug:
        import traceback

        traceback.print_exception(error)
    failure = describe(error)
    click.echo(f"Error: {one_line(failure.what, 2000)}\nTry: {one_line(failure.advice, 2000)}", err=True)
    sys.stderr.flush()
    return failure.code


def describe(error: Exception) -> Failure:
    """Return what is said of an error.

    Args:
        error: The error.
    """
    if isinstance(error, click.ClickException):
        return _usage(error)
    from ..errors import RegistryError

    if isinstance(error, RegistryError):
        return _registry(error)
    if isinstance(error, FileExistsError):
        return Failure(
            ExitCode.FAILURE,
            f"{error.filename}: {(error.strerror or 'it exists').partition(': ')[0]}",
            "remove it, or write to another file",
        )
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        return Failure(
            ExitCode.FAILURE, f"{place}{error.strerror or error}", "check the path, its permissions and the space that is left"
        )
    if isinstance(error, ImportError) and "pip install" in str(error):
        what, _, advice = str(error).partition(": ")
        return Failure(ExitCode.FAILURE, what, advice)
    if isinstance(error, ModuleNotFoundError) and error.name is not None and error.name.partition(".")[0] == "rich":
        return Failure(
            ExitCode.FAILURE,
            "tables need an extra that is not installed: there is no rich",
            "pip install 'docker-registry-sdk[cli]'",
        )
    return Failure(
        ExitCode.FAILURE,
        f"{type(error).__name__}: {error}",
        "run it again with --debug, and report the traceback if this should not happen",
    )


def _usage(error: click.ClickException) -> Failure:
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "docker-registry-sdk"
    code = ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.FAILURE
    return Failure(code, error.format_message(), f"{command} --help")


def _registry(error: RegistryError) -> Failure:
    from .. import errors as kinds

    what = str(error)
    for ending in _ENDINGS:
        what = what.removesuffix(ending)
    match error:
        case kinds.StatusError():
            return _status(error, what.removesuffix(error.hint).rstrip(". "))
        case kinds.AuthError():
            return Failure(ExitCode.AUTH, what, _AUTH_ADVICE)
        case kinds.TransportError():
            certificate = "certificate" in what.lower()
            advice = (
                "trust the registry's certificate with --ca-file FILE, or check nothing with --insecure"
                if certificate
                else "check the registry's name, the network and any proxy"
            )
            return Failure(ExitCode.NETWORK, what.rstrip("."), advice)
        case kinds.DigestMismatchError():
            return Failure(
                ExitCode.DIGEST, what.rstrip("."), "discard what came and fetch it again; the registry or a proxy may be broken"
            )
        case kinds.InvalidReferenceError():
            return Failure(
                ExitCode.USAGE, what, "write names as docker pull takes them: alpine:3.20, ghcr.io/owner/name@sha256:…"
            )
        case kinds.ImageError():
            return Failure(ExitCode.FAILURE, what.rstrip("."), "docker-registry-sdk inspect NAME shows what there is of an image")
        case kinds.ParseError() | kinds.UnexpectedContentType():
            return Failure(ExitCode.FAILURE, what.rstrip("."), f"it may be no registry, or a proxy answers for it; {_AGAIN}")
    return Failure(ExitCode.FAILURE, what, _AGAIN)


def _status(error: StatusError, what: str) -> Failure:
    from .. import errors as kinds

    match error:
        case kinds.UnauthorizedError() | kinds.ForbiddenError():
            return Failure(ExitCode.AUTH, what, _AUTH_ADVICE)
        case kinds.NotFoundError():
            return Failure(
                ExitCode.NOT_FOUND,
                what,
                "check the name, and the tag or digest; docker-registry-sdk tags NAME lists tags; what is private needs a login",
            )
        case kinds.RateLimitedError():
            wait = "some minutes" if error.retry_after is None else f"{error.retry_after:g} seconds"
            return Failure(ExitCode.NETWORK, what, f"wait {wait} and run it again; logging in often raises the limit")
        case kinds.ServerError():
            return Failure(ExitCode.NETWORK, what, "run it again later; if it stays, the registry's operator has to look at it")
        case kinds.BadRequestError():
            return Failure(
                ExitCode.FAILURE,
                what,
                "check the name, the tag and the digest; some registries delete by digest only, not by tag",
            )
        case kinds.MethodNotAllowedError():
            return Failure(ExitCode.FAILURE, what, "this registry does not offer that, or has it switched off: ask its operator")
    return Failure(ExitCode.FAILURE, what, _AGAIN)
