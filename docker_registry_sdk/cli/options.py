"""The options that commands share, and what they make of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .output import Output

if TYPE_CHECKING:
    from .._core.transport.options import ClientOptions
    from ..client._sync.client import RegistryClientV2
    from ..legacy_v1._sync.client import RegistryClientV1
    from ..reference import Repo

_Function = TypeVar("_Function", bound=Callable[..., Any])
_File = click.Path(exists=True, dir_okay=False)


class Verbosity:
    """How much a run tells of what it does; `-v` and `--debug` may stand anywhere on the command line."""

    def __init__(self) -> None:
        self.debug = False
        self.verbose = False

    def show_requests(self) -> None:
        """Write each request and each step of authentication to stderr."""
        if not self.verbose:
            from .logs import log_to_stderr

            log_to_stderr()
            self.verbose = True


def with_verbosity(function: _Function) -> _Function:
    """Give a command the options `-v` and `--debug`."""

    def verbose(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Verbosity).show_requests()

    def debug(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Verbosity).debug = True

    function = click.option(
        "--debug", is_flag=True, expose_value=False, is_eager=True, callback=debug, help="Show the traceback of an error."
    )(function)
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=verbose,
        help="Show each request and each step of authentication on stderr, without secrets.",
    )(function)


def with_output(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `--json`, `-v` and `--debug`, and an argument `output` for what it prints."""

    @wraps(function)
    def run(*args: Any, as_json: bool, **values: Any) -> None:
        function(*args, output=Output(as_json=as_json), **values)

    run = with_verbosity(run)
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(run)


@dataclass(frozen=True)
class Connection:
    """How registries are reached, and as whom.

    Attributes:
        username: The user's name; None to use the credentials that are stored.
        password_stdin: Whether the password is on stdin.
        others: Further options of the clients.
    """

    username: str | None
    password_stdin: bool
    others: ClientOptions

    def options(self) -> ClientOptions:
        """Return the options of a client; asks for the password where only a user name was given.

        Raises:
            click.UsageError: The password is nowhere to be had.
        """
        if self.username is None:
            if self.password_stdin:
                raise click.UsageError("--password-stdin goes with --username.")
            return self.others
        return {**self.others, "username": self.username, "password": read_password(from_stdin=self.password_stdin)}

    def open(self, name: str | Repo | None = None, *, index: str | None = None) -> RegistryClientV1 | RegistryClientV2:
        """Return a client of the API version that the registry speaks.

        Args:
            name: A repository.
            index: A registry, when no repository is meant.
        """
        from ..connect._sync.create import create_client

        return create_client(name, index=index, **self.options())

    def open_v2(self, name: str | Repo | None = None, *, index: str | None = None) -> RegistryClientV2:
        """Return a client of a registry that has to speak API v2.

        Args:
            name: A repository.
            index: A registry, when no repository is meant.

        Raises:
            RegistryError: It speaks API v1 only.
        """
        from ..errors import RegistryError

        client = self.open(name, index=index)
        if client.version == 2:
            return client
        client.close()
        raise RegistryError(
            f"{client.index.name} speaks API v1 only, which does not have this; see docker-registry-sdk api v1 --help"
        )


def with_registry(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how registries are reached, and an argument `connection` made of them."""

    @wraps(function)
    def run(*args: Any, username: str | None, password_stdin: bool, **values: Any) -> None:
        others: Any = {name: values.pop(name) for name in _CONNECTION_OPTIONS}
        given = {name: value for name, value in others.items() if value not in (None, False, ())}
        function(*args, connection=Connection(username, password_stdin, given), **values)  # type: ignore[arg-type]

    made: Callable[..., None] = run
    for option in reversed(list(_CONNECTION_OPTIONS.values())):
        made = option(made)
    made = click.option("--password-stdin", is_flag=True, help="Read the password from stdin; with --username.")(made)
    return click.option("-u", "--username", metavar="NAME", help="Log in as this user for this call; the password is asked for.")(
        made
    )


_CONNECTION_OPTIONS: dict[str, Callable[[Callable[..., None]], Callable[..., None]]] = {
    "insecure": click.option("--insecure", is_flag=True, help="Do not check the registry's certificate."),
    "ca_file": click.option("--ca-file", type=_File, help="Also trust the certificates in this PEM file."),
    "client_cert": click.option("--client-cert", type=_File, help="Show this client certificate; a PEM file with its key."),
    "proxy": click.option("--proxy", metavar="URL", help="Use this proxy instead of that of the environment."),
    "timeout": click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Wait this long for each step of a request.",
    ),
    "trusted_realms": click.option(
        "--trusted-realm",
        "trusted_realms",
        multiple=True,
        metavar="HOST",
        help="Let this host give out tokens although it is of another site. May be given several times.",
    ),
}


def platform_option(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option `--platform`.

    Args:
        text: Its help text.
    """

    def check(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            from ..errors import ImageError
            from ..images.platforms import parse_platform

            try:
                parse_platform(value)
            except ImageError as error:
                raise click.BadParameter(f"{error}.") from None
        return value

    return click.option("--platform", metavar="OS/ARCH", callback=check, help=text)


def read_password(*, from_stdin: bool) -> str:
    """Return the password: from stdin, or asked for on the terminal without showing it.

    Args:
        from_stdin: Whether it is on stdin.

    Raises:
        click.UsageError: There is no terminal to ask on, or nothing came.
    """
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for the password on; pipe it in, and give --password-stdin.")
    else:
        from getpass import getpass

        try:
            password = getpass("Password: ")
        except EOFError:
            password = ""
    if not password:
        raise click.UsageError("The password is empty.")
    return password
