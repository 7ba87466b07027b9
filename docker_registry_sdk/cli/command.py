"""The commands and groups of the program: click's, which also refuse repeated options and suggest names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click


class Command(click.Command):
    """A command that refuses an option with one value if the option is given twice; click would use the last value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments of the command, and return those that are left.

        Args:
            ctx: The context, which receives the values.
            args: The arguments.

        Raises:
            click.UsageError: The arguments are wrong, or an option that has one value is given twice.
        """
        with _explained(self, ctx, args):
            if not ctx.resilient_parsing:
                _, _, given = self.make_parser(ctx).parse_args(args=list(args))
                options = [option for option in given if isinstance(option, click.Option) and _has_one_value(option)]
                for number, option in enumerate(options):
                    if option in options[:number]:
                        raise click.UsageError(_given_twice(option), ctx)
            return super().parse_args(ctx, args)


def _has_one_value(option: click.Option) -> bool:
    is_switch = option.is_flag and not option.secondary_opts  # giving `--json` twice changes nothing
    return not (option.multiple or option.count or is_switch)


def _given_twice(option: click.Option) -> str:
    if option.secondary_opts:
        return f"Give only one of {option.opts[-1]} and {option.secondary_opts[-1]}, and give it once."
    return f"The option {option.opts[-1]} is given twice, and has only one value."


class Group(click.Group):
    """A group that suggests the names of commands after a misspelt one."""

    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments before the name of the command, and return those that are left.

        Args:
            ctx: The context, which receives the values.
            args: The arguments.

        Raises:
            click.UsageError: The arguments are wrong.
        """
        with _explained(self, ctx, args):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the name and the command that the arguments begin with, and the other arguments.

        Args:
            ctx: The context of the group.
            args: The arguments.

        Raises:
            click.UsageError: There is no such command. The message names the commands with a similar name.
        """
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            name = args[0]
            if name.startswith("-"):  # an option, which click reports
                raise
            raise click.UsageError(f"No such command {name!r}.{_suggest(name, self.list_commands(ctx))}", ctx) from None


@contextmanager
def _explained(command: click.Command, ctx: click.Context, args: list[str]) -> Iterator[None]:
    """Let errors of click name the command, and suggest options for one that does not exist."""
    try:
        yield
    except click.NoSuchOption as error:
        raise click.UsageError(_no_such_option(error.option_name, command, ctx, args), ctx) from None
    except click.UsageError as error:
        error.ctx = error.ctx or ctx
        raise


def _no_such_option(name: str, command: click.Command, ctx: click.Context, args: list[str]) -> str:
    known = _option_names(command, ctx)
    if not name.startswith("--"):  # click names the first letter of a long option with one dash only
        given = next((arg.partition("=")[0] for arg in args if arg.startswith(name)), name)
        if f"-{given}" in known:
            return f"No such option {given!r}. Did you mean '-{given}'?"
    if isinstance(command, click.Group):
        named = next((found for arg in args if (found := command.get_command(ctx, arg)) is not None), None)
        if named is not None and name in _option_names(named, ctx):
            return f"The option {name!r} belongs after the name of the command, {named.name!r}."
    return f"No such option {name!r}.{_suggest(name, known)}"


def _option_names(command: click.Command, ctx: click.Context) -> list[str]:
    options = [option for option in command.get_params(ctx) if isinstance(option, click.Option)]
    return [name for option in options for name in (*option.opts, *option.secondary_opts)]


def _suggest(name: str, known: list[str]) -> str:
    """Return a question with the known names that are similar to a name, in whatever case; an empty text without such names."""
    by_lower_case = {one.lower(): one for one in known}
    similar = [repr(by_lower_case[match]) for match in get_close_matches(name.lower(), by_lower_case)]
    return f" Did you mean {' or '.join(similar)}?" if similar else ""


class LazyGroup(Group):
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


def command(name: str) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a `Command` from a function.

    Args:
        name: The name of the command.
    """
    return click.command(name, cls=Command)


def group(name: str) -> Callable[[Callable[..., Any]], Group]:
    """Return a decorator that makes a `Group` from a function.

    Args:
        name: The name of the group.
    """
    return click.group(name, cls=Group)
