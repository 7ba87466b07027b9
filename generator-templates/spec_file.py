"""Specifications read from YAML, with the lines of their objects and keywords, so that an error can name the line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode

_P = ParamSpec("_P")
_T = TypeVar("_T")


class SpecError(Exception):
    """The specification contains a keyword, value or combination that the generator does not support.

    Attributes:
        line: The line in the YAML file, counted from 1; None if it is not known.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Located(dict[Any, Any]):
    """An object of a YAML file.

    Attributes:
        line: The line where the object begins, counted from 1.
        lines: The line of each key, by its text.
    """

    line: int
    lines: dict[str, int]

    def with_keywords(self, reference: dict[Any, Any]) -> Located:
        """Return a copy of the object with the keywords that stand beside a `$ref` to it.

        Args:
            reference: The object with the `$ref`. If it has other keywords, the copy begins in its line.
        """
        beside = {key: value for key, value in reference.items() if key != "$ref"}
        copy = Located({**self, **beside})
        copy.line, copy.lines = self.line, self.lines
        if beside and isinstance(reference, Located):
            copy.line, copy.lines = reference.line, {**self.lines, **reference.lines}
        return copy


class _Constructor(SafeConstructor):
    def construct_located(self, node: MappingNode) -> Iterator[Located]:
        data = Located()
        data.line = node.start_mark.line + 1
        data.lines = {key.value: key.start_mark.line + 1 for key, _ in node.value}
        yield data
        data.update(self.construct_mapping(node))


_Constructor.add_constructor("tag:yaml.org,2002:map", _Constructor.construct_located)


@cache
def parse_yaml(text: str) -> Any:
    """Return the document of a YAML file, in which each object is a `Located`.

    The document of the same text is parsed once, which takes a second: do not change it.

    Args:
        text: The text of the file.

    Raises:
        SpecError: The text is not valid YAML.
    """
    yaml = YAML(typ="safe")
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ": ".join(str(part) for part in (error.context, error.problem) if part)
        raise SpecError(reason, line=None if mark is None else mark.line + 1) from None
    except YAMLError as error:
        raise SpecError(str(error)) from None


def line_of(node: object, key: object = None) -> int | None:
    """Return the line of a key of an object, or the line where the object begins if it does not have the key.

    Args:
        node: The object.
        key: The key; None means the object itself.

    Returns:
        The line, counted from 1; None if the object was not read from a file.
    """
    return node.lines.get(str(key), node.line) if isinstance(node, Located) else None


def line_of_path(node: object, path: str) -> int | None:
    """Return the line of the innermost part of a document that a path leads to.

    Args:
        node: The document.
        path: The keys and positions on the way to the part, separated by dots. A key may contain dots. Other words are skipped.
    """
    line = line_of(node)
    while path and isinstance(node, (dict, list)):
        keys = [*node] if isinstance(node, dict) else [*range(len(node))]
        key = next((key for key in keys if f"{path}.".startswith(f"{key}.")), None)
        if key is None:
            path = path.partition(".")[2]
            continue
        line = line_of(node, key) or line
        node, path = node[key], path[len(str(key)) + 1 :]
    return line


@contextmanager
def at(node: object, key: object = None) -> Iterator[None]:
    """Return a context manager that gives an error without a line the line of an object, or of one of its keys.

    Args:
        node: The object.
        key: The key; None means the object itself.
    """
    try:
        yield
    except SpecError as error:
        if error.line is None:
            error.line = line_of(node, key)
        raise


def located(parameter: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Return a decorator for a function whose errors get the line of the object in one of its arguments.

    Args:
        parameter: The name of the argument. An error that has a line keeps it.
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        signature = inspect.signature(function)

        @wraps(function)
        def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            try:
                return function(*args, **kwargs)
            except SpecError as error:
                if error.line is None:
                    error.line = line_of(signature.bind(*args, **kwargs).arguments[parameter])
                raise

        return wrapper

    return decorate
