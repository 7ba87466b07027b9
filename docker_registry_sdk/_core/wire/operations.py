"""The table of operations: the contents of a specification, as values for tools such as the command line."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Literal

from attrs import frozen


@frozen(kw_only=True)
class Parameter:
    """One argument of an operation's functions.

    Attributes:
        name: Its name in Python.
        wire_name: Its name in the request, such as `If-None-Match`.
        location: Its place in the request; `url` is an opaque URL that a server gave.
        type: Its Python type as text, such as `str`, `int`, `bool` or `list[str]`.
        required: Whether a call must give it.
        description: Its meaning.
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
        kind: `raw` bytes, a `json` value or a `form`.
        type: The Python type of the `body` argument as text.
        media_types: The documented media types.
        required: Whether a call must give it.
        description: Its contents.
    """

    kind: Literal["raw", "json", "form"]
    type: str
    media_types: tuple[str, ...]
    required: bool
    description: str


@frozen(kw_only=True)
class Operation:
    """One operation of a specification.

    Attributes:
        id: Its id, which is also the name of its module and method.
        module: The full name of the module with its functions.
        tag: The group that it belongs to.
        method: The HTTP method.
        path: The path with its parameters in braces.
        summary: Its purpose, in a few words.
        description: Its details.
        source: The document that defines it.
        parameters: The arguments in the order of the functions' signature.
        body: Its request body, or None.
        streams: Whether it has `stream` and `asyncio_stream`.
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
        """Import and return the module with the operation's functions."""
        return import_module(self.module)
