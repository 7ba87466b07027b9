"""The options that commands share, as decorators of click commands."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias, TypeVar

import click

from .._core.text.redaction import one_line
from .connection import Connection
from .errors import MAX_LINE_CHARACTERS
from .output import Output

_Function = TypeVar("_Function", bound=Callable[..., Any])
Decorator: TypeAlias = Callable[[Callable[..., None]], Callable[..., None]]

_File = click.Path(exists=True, dir_okay=False)


class Verbosity:
    """The settings of `-v` and `--debug`, which may be given before or after the name of a command, for reports about errors.

    Attributes:
        debug: Whether to print the traceback of an error.
        verbose: Whether the library's log goes to stderr.
        command: The name of the command; None until it was run.
    """

    def __init__(self) -> None:
        self.debug = False
        self.verbose = False
        self.command: str | None = None

    def log_to_stderr(self) -> None:
        """Write the library's log to stderr: a line for each request and each step of authentication, without secrets."""
        if self.verbose:
            return
        self.verbose = True
        handler = logging.StreamHandler()
        handler.setFormatter(_OneLineFormatter())
        log = logging.getLogger("docker_registry_sdk")
        log.addHandler(handler)
        log.setLevel(logging.DEBUG)
        log.propagate = False


class _OneLineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"* {one_line(record.getMessage(), MAX_LINE_CHARACTERS)}"


def with_verbosity(function: _Function) -> _Function:
    """Add the options `-v` and `--debug` to a command."""

    def set_verbose(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Verbosity).log_to_stderr()

    def set_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Verbosity).debug = True

    function = click.option(
        "--debug", is_flag=True, expose_value=False, is_eager=True, callback=set_debug, help="Show the traceback of an error."
    )(function)
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=set_verbose,
        help="Show each request and each step of authentication on stderr, without secrets.",
    )(function)


def with_output(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options `--json`, `-v` and `--debug` to a command. The command's function receives an `Output` as `output`."""

    @wraps(function)
    def run(*args: Any, as_json: bool, **values: Any) -> None:
        function(*args, output=Output(as_json=as_json), **values)

    run = with_verbosity(run)
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(run)


def with_registry(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options for connecting to a registry to a command. The function receives a `Connection` as `connection`."""

    @wraps(function)
    def run(*args: Any, username: str | None, password_stdin: bool, **values: Any) -> None:
        options: Any = {name: values.pop(name) for name in _CONNECTION_OPTIONS}
        given = {name: value for name, value in options.items() if value not in (None, False, ())}
        function(*args, connection=Connection(username, password_stdin, given), **values)  # type: ignore[arg-type]

    command: Callable[..., None] = run
    for option in reversed(list(_CONNECTION_OPTIONS.values())):
        command = option(command)
    command = click.option("--password-stdin", is_flag=True, help="Read the password from stdin; needs --username.")(command)
    text = "Log in as this user for this command. You are prompted for the password."
    return click.option("-u", "--username", metavar="NAME", help=text)(command)


# The decorators that add the options for connecting, by the names of the client's options.
_CONNECTION_OPTIONS: dict[str, Decorator] = {
    "insecure": click.option("--insecure", is_flag=True, help="Do not verify the registry's certificate."),
    "ca_file": click.option("--ca-file", type=_File, help="Also trust the certificates in this PEM file."),
    "client_cert": click.option("--client-cert", type=_File, help="Use this client certificate: a PEM file with its key."),
    "proxy": click.option("--proxy", metavar="URL", help="Use this proxy instead of the proxy in the environment variables."),
    "timeout": click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Wait at most this number of seconds to connect, and for each read and write.",
    ),
    "trusted_realms": click.option(
        "--trusted-realm",
        "trusted_realms",
        multiple=True,
        metavar="HOST",
        help=(
            "Send credentials to the token service on this host although it is not on the registry's site. May be repeated. "
            "DOCKER_REGISTRY_SDK_TRUSTED_REALMS lists further hosts."
        ),
    ),
}


def with_platform(text: str) -> Decorator:
    """Return a decorator that adds the option `--platform` to a command.

    Args:
        text: The help text of the option.
    """

    def check(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            from ..errors import InvalidPlatformError
            from ..images import parse_platform

            try:
                parse_platform(value)
            except InvalidPlatformError as error:
                raise click.BadParameter(str(error)) from None
        return value

    return click.option("--platform", metavar="OS/ARCH", callback=check, help=text)
