"""A group whose commands are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose commands stand in modules of their own.

    Args:
        modules: The names of the modules, which are those of the commands, in the order of the help text.
        package: The package that they are in.
        options: Those of `click.Group`.
    """

    def __init__(self, *args: Any, modules: Iterable[str], package: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._modules = tuple(modules)
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None when there is none of that name."""
        if cmd_name not in self._modules:
            return None
        found: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return found
