"""Calling one operation of a specification, and printing the response as JSON or writing the streamed body."""

from __future__ import annotations

import json
import re
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import click
from attrs import fields, frozen

from .._core.files import write_atomically
from .._core.wire.operations import Operation, RequestBody
from ..errors import ParseError
from ..reference import Repo
from .connection import Connection
from .output import Output

# Matches the type of a JSON body that is a list or a map; group 2 is the type of the values.
_COLLECTION = re.compile(r"(list|dict)\[(?:str, )?(.+)\]")
# The attributes that every response has; the other attributes of a response are documented headers.
_NOT_HEADERS = ("status", "headers", "media_type", "body", "raw")


@frozen(kw_only=True)
class OperationCall:
    """One call of an operation, as given on the command line.

    Attributes:
        operation: The operation.
        version: The version of the operation's API, 1 or 2.
        repo: The repository that the client is for; None for a client without a repository.
        index: The host of the registry, for a client without a repository; None for Docker Hub.
        arguments: The arguments of the generated function of the operation by name, except `body`.
        body: The path of the file with the request body; `-` for stdin, None for a request without a body.
        path: The file to write a streamed response body to; None for stdout.
    """

    operation: Operation
    version: int
    repo: str | Repo | None
    index: str | None
    arguments: dict[str, Any]
    body: str | None
    path: Path | None

    def run(self, connection: Connection, output: Output) -> None:
        """Send the request, and print the response as JSON, or write a streamed body to the file or to stdout.

        Args:
            connection: The options for connecting to the registry.
            output: The output of the command.
        """
        if self.operation.streams and self.path is None and output.terminal:
            raise click.UsageError("Binary data is not printed on a terminal; give -o FILE, or use a pipe.")
        if connection.password_stdin and self.body == "-":
            raise click.UsageError("The password and the body cannot both come from stdin.")
        module = self.operation.load()
        arguments = {name: value for name, value in self.arguments.items() if value not in (None, ())}
        with ExitStack() as stack:
            if self.operation.body is not None and self.body is not None:
                file: IO[bytes] = stack.enter_context(click.open_file(self.body, "rb"))
                arguments["body"] = file if self.operation.body.kind == "raw" else self._parse_body(self.operation.body, file)
            client = stack.enter_context(self._open_client(connection))
            if any(parameter.location == "url" and parameter.name in arguments for parameter in self.operation.parameters):
                # A URL from the registry begins with http or https. Whether a registry on loopback uses http is known only after
                # a response, so a request is sent first.
                _ = client.supports_v1() if self.version == 1 else client.supports_v2()
            if self.operation.streams:
                with module.stream(client, **arguments) as response:
                    self._write_body(response, output)
                return
            response = module.sync(client, **arguments)
            document = _head(response)
            if response.body is not None:
                document["body"] = _as_json(response.body)
            output.print_document(document)
            output.print_problems(getattr(response.body, "problems", ()))

    def _open_client(self, connection: Connection) -> Any:
        if self.version == 1:
            from .. import RegistryClientV1 as ClientClass
        else:
            from .. import RegistryClientV2 as ClientClass  # type: ignore[assignment]
        return ClientClass(self.repo, index=self.index, **connection.options())

    def _parse_body(self, body: RequestBody, file: IO[bytes]) -> Any:
        try:
            document = json.load(file)
        except ValueError as error:
            raise click.BadParameter(f"the file is not JSON: {error}", param_hint="--body") from None
        models = import_module(f"{self.operation.module.partition('.api.')[0]}.models")
        try:
            return _as_typed(body.type, document, models)
        except ParseError as error:
            raise click.BadParameter(error.problem, param_hint="--body") from None

    def _write_body(self, response: Any, output: Output) -> None:
        if self.path is None:
            for chunk in response.body:
                sys.stdout.buffer.write(chunk)
            return
        size = 0
        with write_atomically(self.path) as file:
            for chunk in response.body:
                size += file.write(chunk)
        output.print_document({**_head(response), "file": str(self.path), "size": size})


def _as_typed(type_name: str, document: Any, models: Any) -> Any:
    """Convert a JSON document to the type of a request body: a model, or a list or map of models. Other types stay unchanged."""
    if collection := _COLLECTION.fullmatch(type_name):
        if collection[1] == "list" and isinstance(document, list):
            return [_as_typed(collection[2], value, models) for value in document]
        if collection[1] == "dict" and isinstance(document, dict):
            return {key: _as_typed(collection[2], value, models) for key, value in document.items()}
        expected = "array" if collection[1] == "list" else "object"
        raise ParseError(model=type_name, field="", problem=f"should be a JSON {expected}")
    model = getattr(models, type_name) if type_name in models.__all__ else None
    return document if model is None else model.from_dict(document, strict=True)


def _head(response: Any) -> dict[str, Any]:
    names = [field.name for field in fields(type(response)) if field.name not in _NOT_HEADERS]
    headers = {name: value for name in names if (value := getattr(response, name)) is not None}
    return {"status": response.status, "media_type": response.media_type, "headers": headers}


def _as_json(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return value
