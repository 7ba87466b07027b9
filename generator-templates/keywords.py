"""Checks of the keywords in a node of a specification, used by `validation.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from schemas import Node
from spec_file import SpecError, line_of, located

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@located("node")
def check_keywords(node: Any, where: str, needed: Collection[str], allowed: Collection[str] = ()) -> None:
    """Check that a node has all needed keywords, and no keywords that are neither needed nor allowed.

    Args:
        node: The node, from the parsed YAML.
        where: The place of the node, for the error message.
        needed: The keywords that must be present with a value.
        allowed: The keywords that may be present.

    Raises:
        SpecError: The node is not an object, a needed keyword is missing, or a keyword is not supported.
    """
    if not isinstance(node, dict):
        raise SpecError(f"{where}: this must be an object, not {node!r}")
    for keyword in node:
        if keyword not in needed and keyword not in allowed:
            raise SpecError(f"{where}: {keyword!r} is not supported here", line=line_of(node, keyword))
    for keyword in needed:
        value = node.get(keyword)
        if value is None or (keyword != "schema" and not (value.strip() if isinstance(value, str) else value)):
            raise SpecError(
                f"{where}: {'a description' if keyword == 'description' else keyword} is missing", line=line_of(node, keyword)
            )


def check_value(node: Node, keyword: str, where: str, *accepted: bool | str) -> None:
    """Check that a keyword is absent or has one of the accepted values.

    Args:
        node: The node, from the parsed YAML.
        keyword: The keyword.
        where: The place of the node, for the error message.
        accepted: The accepted values; if no value is given, the keyword must be absent.

    Raises:
        SpecError: The keyword has another value.
    """
    if keyword not in node:
        return
    value = node[keyword]
    if not accepted:
        raise SpecError(f"{where}: {keyword!r} is not supported here", line=line_of(node, keyword))
    if not any(type(value) is type(allowed) and value == allowed for allowed in accepted):
        text = f"{where}: {keyword} must be {' or '.join(map(str, accepted))}, not {value!r}"
        raise SpecError(text, line=line_of(node, keyword))


def check_name(node: Node, where: str) -> None:
    """Check that `x-python-name`, if present, is in snake case."""
    if "x-python-name" in node and not SNAKE_CASE.fullmatch(str(node["x-python-name"])):
        text = f"{where}: x-python-name must be in snake case, not {node['x-python-name']!r}"
        raise SpecError(text, line=line_of(node, "x-python-name"))


def check_cycles(schemas: Node) -> None:
    """Check that no schema refers to itself, directly or through other schemas."""

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise SpecError(f"{' -> '.join((*path, name))}: the schemas form a cycle", line=line_of(schemas, name))
        for other in _references(schemas.get(name)):
            visit(other, (*path, name))

    for name in schemas:
        visit(name, ())


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
