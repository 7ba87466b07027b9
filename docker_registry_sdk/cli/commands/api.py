"""`api v1` and `api v2`: a subcommand for each operation of the specifications, made from the table of operations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..command import Command, Group, group
from ..connection import Connection
from ..options import Decorator, with_output, with_registry
from ..output import Output

if TYPE_CHECKING:
    from ..._core.wire.operations import Operation, Parameter

# The name of the path parameter for the repository, in every operation on a repository.
_REPO_PARAMETER = "name"


def _timestamp(text: str) -> datetime:
    """Return the datetime of an RFC 3339 timestamp with a time zone, as the value of an option."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter(f"{text!r} is not a timestamp with a time zone, such as 2024-05-01T10:00:00Z")
    return moment


# The arguments of `click.option` by the Python type of a parameter.
_OPTION_TYPES: dict[str, dict[str, Any]] = {
    "int": {"type": int},
    "bool": {"is_flag": True, "default": None},
    "list[str]": {"multiple": True},
    "datetime": {"type": _timestamp},
}


class OperationGroup(Group):
    """A group of commands, one for each operation of API v1 or v2.

    Args:
        version: The version of the API, 1 or 2.
        options: Further arguments of `click.Group`.
    """

    def __init__(self, version: int, **options: Any) -> None:
        super().__init__(f"v{version}", **options)
        self._version = version

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, which are the ids of the operations."""
        return list(self._operations())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command for an operation id, which may have `-` for `_`, or None if no operation has the id."""
        operation = self._operations().get(cmd_name.replace("-", "_"))
        return None if operation is None else _operation_command(operation, self._version)

    def _operations(self) -> dict[str, Operation]:
        module = import_module(f"docker_registry_sdk.v{self._version}.operations")
        return {operation.id: operation for operation in module.OPERATIONS}


@group("api")
def api_command() -> None:
    """Call a single operation of API v1 or v2.

    Calls use the client's authentication, retries and redirect rules. The result is JSON: the status, the documented headers
    and the body. To follow a Location or Link header of an earlier response, pass its URL as an option; the URL is not changed.

    \b
    Examples:
      docker-registry-sdk api v2 list_tags alpine --n 5
      docker-registry-sdk api v2 put_manifest localhost:5000/name tag --content-type … --body manifest.json
    """


api_command.add_command(OperationGroup(1, help="Call an operation of API v1, the API of the first registries."))
api_command.add_command(OperationGroup(2, help="Call an operation of API v2, the API of today's registries."))


class OperationCommand(Command):
    """The command of an operation. It has `--accept` and `--content-type` if the generated function has these arguments."""

    operation: Operation
    _has_all_options = False

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options of the command.

        The first call imports the generated function, and adds `--accept` and `--content-type` if it has these arguments.
        """
        if not self._has_all_options:
            self._has_all_options = True
            arguments = inspect.signature(self.operation.load().sync).parameters
            if "content_type" in arguments:
                media_types = self.operation.body.media_types if self.operation.body else ()
                text = f"The media type of the body, such as {', '.join(media_types)}."
                required = arguments["content_type"].default is inspect.Parameter.empty
                self.params.insert(0, click.Option(["--content-type"], required=required, metavar="TYPE", help=text))
            if "accept" in arguments:
                text = "Accept this media type; may be repeated. The default is all documented media types."
                self.params.insert(0, click.Option(["--accept"], multiple=True, metavar="TYPE", help=text))
        return super().get_params(ctx)


def _operation_command(operation: Operation, version: int) -> click.Command:
    @with_registry
    @with_output
    def run(output: Output, connection: Connection, **values: Any) -> None:
        _run_operation(operation, version, values, output, connection)

    decorators: list[Decorator] = []
    if not _has_repo_parameter(operation):
        decorators.append(click.option("--index", metavar="HOST", help="The registry; the default is Docker Hub."))
        if version == 1:
            text = "Call the operation in a session of this repository, named as in docker pull."
            decorators.append(click.option("--repo", metavar="NAME", help=text))
    if operation.body is not None:
        source = click.Path(exists=True, dir_okay=False, allow_dash=True)
        text = f"{operation.body.description} The path of a file, or - for stdin."
        decorators.append(click.option("--body", type=source, required=operation.body.required, help=text))
    if operation.streams:
        target = click.Path(dir_okay=False, path_type=Path)
        decorators.append(click.option("-o", "--output", "path", type=target, help="Write the body to this file."))
    function: Callable[..., None] = run
    for decorator in reversed(decorators):
        function = decorator(function)
    common_flags = {flag for option in function.__click_params__ for flag in option.opts}  # type: ignore[attr-defined]
    for parameter in reversed(operation.parameters):
        function = _parameter_decorator(parameter, common_flags)(function)
    make_command = click.command(operation.id, cls=OperationCommand, help=_help(operation, version), short_help=operation.summary)
    command = make_command(function)
    command.operation = operation
    return command


def _run_operation(operation: Operation, version: int, values: dict[str, Any], output: Output, connection: Connection) -> None:
    from ...reference import Repo, parse_repo
    from ..operation_call import OperationCall

    arguments = {parameter.name: values[_variable(parameter)] for parameter in operation.parameters}
    arguments |= {name: values[name] for name in ("accept", "content_type") if values.get(name)}
    repo: str | Repo | None = values.get("repo")
    if _has_repo_parameter(operation):
        repo = parse_repo(arguments[_REPO_PARAMETER])
        arguments[_REPO_PARAMETER] = repo.remote_name
    call = OperationCall(
        operation=operation,
        version=version,
        repo=repo,
        index=values.get("index"),
        arguments=arguments,
        body=values.get("body"),
        path=values.get("path"),
    )
    call.run(connection, output)


def _has_repo_parameter(operation: Operation) -> bool:
    return any(parameter.name == _REPO_PARAMETER and parameter.location == "path" for parameter in operation.parameters)


def _variable(parameter: Parameter) -> str:
    # The prefix is needed since some parameters have the name of an option that all commands share, such as `username`.
    return f"parameter_{parameter.name}"


def _parameter_decorator(parameter: Parameter, common_flags: set[str]) -> Decorator:
    if parameter.location == "path":
        return click.argument(_variable(parameter), metavar=parameter.name.upper())
    flag = parameter.name.replace("_", "-")
    if f"--{flag}" in common_flags:
        flag = f"{parameter.location}-{flag}"
    declaration = f"--{flag}/--no-{flag}" if parameter.type == "bool" else f"--{flag}"
    option_type = _OPTION_TYPES.get(parameter.type, {})
    return click.option(declaration, _variable(parameter), required=parameter.required, help=parameter.description, **option_type)


def _help(operation: Operation, version: int) -> str:
    words = [f"docker-registry-sdk api v{version} {operation.id}"]
    for parameter in operation.parameters:
        if parameter.location == "path":
            words.append("alpine" if parameter.name == _REPO_PARAMETER else parameter.name.upper())
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
