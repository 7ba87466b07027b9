"""The commands and groups of the program: click's, which also refuse repeated options and suggest names of commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        if not ctx.resilient_parsing:
            _, _, given = self.make_parser(ctx).parse_args(args=list(args))
            options = [option for option in given if isinstance(option, click.Option) and _has_one_value(option)]
            for number, option in enumerate(options):
                if option in options[:number]:
                    raise click.UsageError(f"The option {option.opts[-1]} is given twice, and has only one value.", ctx)
        return super().parse_args(ctx, args)


def _has_one_value(option: click.Option) -> bool:
    is_switch = option.is_flag and not option.secondary_opts  # giving `--json` twice changes nothing
    return not (option.multiple or option.count or is_switch)


class Group(click.Group):
    """A group that suggests the names of commands after a misspelt one."""

    command_class = Command

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
            similar = [repr(match) for match in get_close_matches(name, self.list_commands(ctx))]
            suggestion = f" Did you mean {' or '.join(similar)}?" if similar else ""
            raise click.UsageError(f"No such command {name!r}.{suggestion}", ctx) from None


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
