"""Descriptions of the operations in the OpenAPI descriptions, for tools such as the command line."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Literal

from attrs import frozen


@frozen(kw_only=True)
class Parameter:
    """An argument of the Python functions that are generated for an operation.

    Attributes:
        name: The name of the argument in Python.
        wire_name: The name of the parameter in the request, such as `If-None-Match`.
        location: The part of the request that contains the value. `url` means that the value is a URL that a server sent, and
            replaces the whole URL of the request.
        type: The Python type as text, such as `str`, `int`, `bool`, `datetime` or `list[str]`.
        required: Whether the argument must be given.
        description: The meaning of the argument.
    """

    name: str
    wire_name: str
    location: Literal["path", "query", "header", "url"]
    type: str
    required: bool
    description: str


@frozen(kw_only=True)
class RequestBody:
    """The request body of an operation.

    Attributes:
        kind: `raw` for bytes, `json` for a JSON value, `form` for form fields.
        type: The Python type of the argument `body`, as text.
        media_types: The media types that the operation documents for the body.
        required: Whether the body must be given.
        description: The contents of the body.
    """

    kind: Literal["raw", "json", "form"]
    type: str
    media_types: tuple[str, ...]
    required: bool
    description: str


@frozen(kw_only=True)
class Operation:
    """An operation of an OpenAPI description, such as `get_manifest`: one HTTP method on one path.

    Attributes:
        id: The id, which is also the name of the operation's module and method.
        module: The full name of the Python module that contains the operation's functions.
        tag: The group of operations that this operation belongs to, such as `blobs`.
        method: The HTTP method.
        path: The path of the URL, with parameters in braces.
        summary: The purpose of the operation, in a few words.
        description: A description of the details.
        source: The document, and usually the section, that defines the operation.
        parameters: The arguments, in the order of the functions' signature.
        body: The request body; None if the operation sends no body.
        streams: Whether the module has the functions `stream` and `asyncio_stream`, which yield the response before its body is
            read.
    """

    id: str
    module: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    source: str
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    streams: bool

    def load(self) -> ModuleType:
        """Import the Python module that contains the operation's functions, and return the module."""
        return import_module(self.module)
