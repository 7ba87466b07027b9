"""Calling one operation: its arguments from the command line, its result as JSON or as the bytes that it streams."""

from __future__ import annotations

import json
import re
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import click
from attrs import fields

from .._core.wire import Client
from .._core.wire.operations import Operation, RequestBody
from ..errors import ParseError
from ..reference import Repo, parse_repo
from .files import new_file
from .operation_command import REPO_ARGUMENT, names_repo, variable
from .options import Connection
from .output import Output

_MANY = re.compile(r"(list|dict)\[(?:str, )?(.+)\]")
_ALWAYS = ("status", "headers", "media_type", "body", "raw")


def call(operation: Operation, version: int, values: dict[str, Any], *, output: Output, connection: Connection) -> None:
    """Call an operation and print its result.

    Args:
        operation: The operation.
        version: The version of its API.
        values: What stands on the command line, by the names of the options.
        output: Where the result goes.
        connection: How the registry is reached.
    """
    path: Path | None = values.pop("path", None)
    if operation.streams and path is None and output.terminal:
        raise click.UsageError("The body would go to the terminal; give -o FILE, or a pipe.")
    if connection.password_stdin and values.get("body") == "-":
        raise click.UsageError("Password and body cannot both be on stdin.")
    arguments: dict[str, Any] = {one.name: values[variable(one)] for one in operation.parameters}
    for key in ("accept", "content_type"):
        if values.get(key):
            arguments[key] = values[key]
    index: str | None = values.get("index")
    name: str | Repo | None = values.get("repo")
    if names_repo(operation):
        name = repo = parse_repo(arguments[REPO_ARGUMENT])
        arguments[REPO_ARGUMENT] = repo.remote_name
    module = operation.load()
    arguments = {key: value for key, value in arguments.items() if value not in (None, ())}
    with ExitStack() as opened:
        if operation.body is not None and values["body"] is not None:
            stream: IO[bytes] = opened.enter_context(click.open_file(values["body"], "rb"))
            arguments["body"] = stream if operation.body.kind == "raw" else _parsed(operation, operation.body, stream)
        client = opened.enter_context(_open(version, name, index, connection))
        if any(one.location == "url" and one.name in arguments for one in operation.parameters):
            # Such a URL tells http or https, and only an answer settles which of them a registry on loopback speaks.
            _ = client.supports_v1() if version == 1 else client.supports_v2()
        sender: Client = client._sender if version == 1 and name is not None else client._pipeline
        if not operation.streams:
            answer = module.sync(sender, **arguments)
            output.document(_document(answer) if answer.body is None else {**_document(answer), "body": _plain(answer.body)})
            return
        with module.stream(sender, **arguments) as answer:
            _write(answer, path, output)


def _open(version: int, name: str | Repo | None, index: str | None, connection: Connection) -> Any:
    if version == 1:
        from ..legacy_v1._sync.client import RegistryClientV1 as Kind
    else:
        from ..client._sync.client import RegistryClientV2 as Kind  # type: ignore[assignment]
    return Kind(name, index=index, **connection.options())


def _parsed(operation: Operation, body: RequestBody, stream: IO[bytes]) -> Any:
    try:
        document = json.load(stream)
    except ValueError as error:
        raise click.BadParameter(f"it is no JSON: {error}", param_hint="--body") from None
    models = import_module(f"{operation.module.partition('.api.')[0]}.models")
    try:
        return _typed(body.type, document, models)
    except ParseError as error:
        raise click.BadParameter(f"{error.model}, {error.field or 'as a whole'}: {error.problem}", param_hint="--body") from None


def _typed(kind: str, document: Any, models: Any) -> Any:
    """Return the value of a type that is given as text: a model, a list or map of them, or plain JSON."""
    if many := _MANY.fullmatch(kind):
        if many[1] == "list" and isinstance(document, list):
            return [_typed(many[2], one, models) for one in document]
        if many[1] == "dict" and isinstance(document, dict):
            return {key: _typed(many[2], one, models) for key, one in document.items()}
        raise ParseError(model=kind, field="", problem=f"should be a JSON {'array' if many[1] == 'list' else 'object'}")
    model = getattr(models, kind) if kind in models.__all__ else None
    return document if model is None else model.from_dict(document)


def _document(answer: Any) -> dict[str, Any]:
    headers = {
        one.name: value
        for one in fields(type(answer))
        if one.name not in _ALWAYS and (value := getattr(answer, one.name)) is not None
    }
    return {"status": answer.status, "media_type": answer.media_type, "headers": headers}


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _write(answer: Any, path: Path | None, output: Output) -> None:
    if path is None:
        for chunk in answer.body:
            sys.stdout.buffer.write(chunk)
        return
    size = 0
    with new_file(path) as file:
        for chunk in answer.body:
            size += file.write(chunk)
    output.document({**_document(answer), "file": str(path), "size": size})
