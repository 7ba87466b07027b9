"""Opening clients with the options of the command line, and reading passwords."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from .. import Registries, RegistryClientV1, RegistryClientV2
    from ..reference import Repo
    from ..types import ClientOptions


@dataclass(frozen=True)
class Connection:
    """The options for connecting to a registry, and the user to log in as.

    Attributes:
        username: The name of the user; None uses stored credentials.
        password_stdin: Whether the password is on stdin.
        client_options: The other options of the clients, such as `ca_file` and `timeout`.
    """

    username: str | None
    password_stdin: bool
    client_options: ClientOptions

    def options(self) -> ClientOptions:
        """Return the options for a client. If a user name was given, read the password, and include user name and password.

        Raises:
            click.UsageError: The password cannot be read, the user name or password cannot be sent to a registry, or
                `--password-stdin` was given without `--username`.
        """
        if self.username is None:
            if self.password_stdin:
                raise click.UsageError("--password-stdin needs --username.")
            return self.client_options
        username, password = read_login(self.username, from_stdin=self.password_stdin)
        return {**self.client_options, "username": username, "password": password}

    def open_registries(self, registries: Collection[str]) -> Registries:
        """Return the owner of connections and logins, for commands that access several registries or none.

        Args:
            registries: The names of the registries that the command accesses. The user name and password are sent to these only.
        """
        from .. import Registries

        options: dict[str, Any] = {**(self.options() if registries else self.client_options)}
        username, password = options.pop("username", None), options.pop("password", None)
        if username is not None:
            options["credentials"] = dict.fromkeys(registries, (username, password))
        return Registries(**options)

    def open(self, name: str | Repo | None = None, *, index: str | None = None) -> RegistryClientV1 | RegistryClientV2:
        """Return a client of the API version that the registry supports.

        Args:
            name: The repository; None for a client without a repository.
            index: The host of the registry, if `name` does not contain the host; None for Docker Hub.
        """
        from .. import create_client

        return create_client(name, index=index, **self.options())

    def open_v2(self, name: str | Repo | None = None, *, index: str | None = None) -> RegistryClientV2:
        """Return a client of API v2.

        Args:
            name: The repository; None for a client without a repository.
            index: The host of the registry, if `name` does not contain the host; None for Docker Hub.

        Raises:
            RegistryError: The registry supports API v1 only.
        """
        from ..errors import RegistryError

        client = self.open(name, index=index)
        if client.version == 2:
            return client
        client.close()
        raise RegistryError(
            f"this command needs API v2, but {client.index.name} supports only API v1",
            hint="See docker-registry-sdk api v1 --help.",
        )


def read_login(username: str | None, *, from_stdin: bool) -> tuple[str, str]:
    """Return a user name and a password. Prompt on the terminal for what is missing; the password is not shown when it is typed.

    Args:
        username: The name of the user; None to prompt for it.
        from_stdin: Whether to read the password from the first line of stdin instead of prompting.

    Raises:
        click.UsageError: A prompt is necessary but stdin is not a terminal, or a value is empty or cannot be sent to a registry.
    """
    if username is None:
        if from_stdin or not sys.stdin.isatty():
            raise click.UsageError("Give the user's name with --username.")
        username = _read("user name", _prompt_for_username)
    _check_login(username, "x")  # before the prompt for the password
    if from_stdin:
        password = _read("password", lambda: sys.stdin.readline().rstrip("\r\n"))
    elif sys.stdin.isatty():
        password = _read("password", _prompt_for_password)
    else:
        raise click.UsageError(
            "Cannot prompt for the password without a terminal; pass the password on stdin, and give --password-stdin."
        )
    _check_login(username, password)
    return username, password


def _read(what: str, read: Callable[[], str]) -> str:
    try:
        text = read()
    except UnicodeDecodeError:
        raise click.UsageError(f"The {what} is not text in UTF-8.") from None
    except EOFError:  # Ctrl-D
        text = ""
        click.echo(err=True)  # ends the line of the prompt
    except KeyboardInterrupt:
        click.echo(err=True)
        raise
    if not text:
        raise click.UsageError(f"The {what} is empty.")
    return text


def _prompt_for_username() -> str:
    while True:
        click.echo("Username: ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        if name := line.strip():
            return name


def _prompt_for_password() -> str:
    from getpass import getpass

    return getpass("Password: ")


def _check_login(username: str, password: str) -> None:
    from ..credentials import Credential

    try:
        Credential(username, password, source="the command line")
    except ValueError as error:
        problem = str(error).partition(";")[0].replace("username", "user name")
        raise click.UsageError(f"The {problem}.") from None
