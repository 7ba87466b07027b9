"""`api v1` and `api v2`: a subcommand for every operation of the specifications, made from the generated layer."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..._core.wire.operations import Operation


class OperationGroup(click.Group):
    """The operations of one API.

    Args:
        version: The version of the API.
        options: Those of `click.Group`.
    """

    def __init__(self, version: int, **options: Any) -> None:
        super().__init__(f"v{version}", **options)
        self._version = version

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the ids of the operations."""
        return list(self._operations())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of an operation, None when there is none of that id."""
        from ..operation_command import operation_command

        operation = self._operations().get(cmd_name.replace("-", "_"))
        return None if operation is None else operation_command(operation, self._version)

    def _operations(self) -> dict[str, Operation]:
        module = import_module(f"docker_registry_sdk.v{self._version}.operations")
        return {operation.id: operation for operation in module.OPERATIONS}


@click.group("api")
def command() -> None:
    """Call any operation of API v1 or v2 by itself.

    Calls pass the client's authentication, retries and redirects. Results are JSON: the status, the documented headers and the
    body. Locations and links that a registry gives are options, followed as they are.

    \b
    Examples:
      docker-registry-sdk api v2 list_tags alpine --n 5
      docker-registry-sdk api v2 put_manifest localhost:5000/name tag --content-type … --body manifest.json
    """


for _version, _words in ((1, "that of the first registries"), (2, "that of today's registries")):
    command.add_command(OperationGroup(_version, help=f"Call an operation of API v{_version}, {_words}."))
