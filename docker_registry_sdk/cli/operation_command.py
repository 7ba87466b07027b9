"""The command of one operation, made from its entry in the table of operations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

from .._core.wire.operations import Operation, Parameter
from .options import Connection, with_output, with_registry
from .output import Output

REPO_ARGUMENT = "name"
"""The argument that names the repository, in every operation that is about one."""

_Decorator: TypeAlias = Callable[[Callable[..., None]], Callable[..., None]]
_TYPES: dict[str, dict[str, Any]] = {
    "int": {"type": int},
    "bool": {"is_flag": True, "default": None},
    "list[str]": {"multiple": True},
}


class OperationCommand(click.Command):
    """A command that takes what the operation's functions take besides the parameters of the table."""

    operation: Operation
    _completed = False

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options; those that only the functions' signature tells are found when they are first needed."""
        if not self._completed:
            self._completed = True
            arguments = inspect.signature(self.operation.load().sync).parameters
            if "content_type" in arguments:
                media_types = self.operation.body.media_types if self.operation.body else ()
                text = f"The media type of the body, such as {', '.join(media_types)}."
                required = arguments["content_type"].default is inspect.Parameter.empty
                self.params.insert(0, click.Option(["--content-type"], required=required, metavar="TYPE", help=text))
            if "accept" in arguments:
                text = "Accept this media type; may be given several times. All documented ones when not given."
                self.params.insert(0, click.Option(["--accept"], multiple=True, metavar="TYPE", help=text))
        return super().get_params(ctx)


def operation_command(operation: Operation, version: int) -> click.Command:
    """Return the command of an operation.

    Args:
        operation: The operation.
        version: The version of its API.
    """

    @with_registry
    @with_output
    def run(output: Output, connection: Connection, **values: Any) -> None:
        from .operation_call import call

        call(operation, version, values, output=output, connection=connection)

    decorators: list[_Decorator] = []
    if not names_repo(operation):
        decorators.append(click.option("--index", metavar="HOST", help="The registry; Docker Hub when not given."))
        if version == 1:
            text = "The repository, as in docker pull, in whose session the call is made."
            decorators.append(click.option("--repo", metavar="NAME", help=text))
    if operation.body is not None:
        source = click.Path(exists=True, dir_okay=False, allow_dash=True)
        text = f"{operation.body.description} In a file, - for stdin."
        decorators.append(click.option("--body", type=source, required=operation.body.required, help=text))
    if operation.streams:
        target = click.Path(dir_okay=False, path_type=Path)
        decorators.append(click.option("-o", "--output", "path", type=target, help="Write the body to this file."))
    function: Callable[..., None] = run
    for decorator in reversed(decorators):
        function = decorator(function)
    taken = {flag for one in function.__click_params__ for flag in one.opts}  # type: ignore[attr-defined]
    for parameter in reversed(operation.parameters):
        function = _parameter(parameter, taken)(function)
    made = click.command(operation.id, cls=OperationCommand, help=_help(operation, version), short_help=operation.summary)(
        function
    )
    made.operation = operation
    return made


def names_repo(operation: Operation) -> bool:
    """Return whether an operation has the argument that names a repository.

    Args:
        operation: The operation.
    """
    return any(one.name == REPO_ARGUMENT and one.location == "path" for one in operation.parameters)


def variable(parameter: Parameter) -> str:
    """Return the name that a parameter's value has among the values of the command; some are named as common options are.

    Args:
        parameter: The parameter.
    """
    return f"parameter_{parameter.name}"


def _parameter(parameter: Parameter, taken: set[str]) -> _Decorator:
    if parameter.location == "path":
        return click.argument(variable(parameter), metavar=parameter.name.upper())
    flag = parameter.name.replace("_", "-")
    if f"--{flag}" in taken:
        flag = f"{parameter.location}-{flag}"
    declared = f"--{flag}/--no-{flag}" if parameter.type == "bool" else f"--{flag}"
    kind = _TYPES.get(parameter.type, {})
    return click.option(declared, variable(parameter), required=parameter.required, help=parameter.description, **kind)


def _help(operation: Operation, version: int) -> str:
    words = [f"docker-registry-sdk api v{version} {operation.id}"]
    for parameter in operation.parameters:
        if parameter.location == "path":
            words.append("alpine" if parameter.name == REPO_ARGUMENT else parameter.name.upper())
        elif parameter.required:
            words.append(f"--{parameter.name.replace('_', '-')} {'URL' if parameter.location == 'url' else 'VALUE'}")
    if operation.body is not None and len(operation.body.media_types) > 1:
        words.append("--content-type TYPE")
    if operation.body is not None and operation.body.required:
        words.append("--body FILE")
    parts = [
        f"{operation.summary}: {operation.method} {operation.path}",
        operation.description,
        f"Source: {operation.source}.",
        f"\b\nExample:\n  {' '.join(words)}",
    ]
    return "\n\n".join(parts)
