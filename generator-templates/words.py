"""The checks that `vocabulary.py` makes of each node of a specification."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from schemas import Node, SpecError

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def check_words(node: Any, where: str, needed: Collection[str], allowed: Collection[str] = ()) -> None:
    """Check that a node has the words that it needs, and others only of those allowed."""
    if not isinstance(node, dict):
        raise SpecError(f"{where}: this should be an object, not {node!r}")
    for word in node:
        if word not in needed and word not in allowed:
            raise SpecError(f"{where}: {word!r} means nothing to the generator here, and nothing is dropped")
    for word in needed:
        value = node.get(word)
        if value is None or (word != "schema" and not (value.strip() if isinstance(value, str) else value)):
            raise SpecError(f"{where}: {'a description' if word == 'description' else word} is missing")


def check_value(node: Node, word: str, where: str, *accepted: bool | str) -> None:
    """Check that a word, if it is there, has one of the values accepted."""
    if word in node and not any(type(node[word]) is type(one) and node[word] == one for one in accepted):
        raise SpecError(f"{where}: {word} is {' or '.join(map(str, accepted))}, not {node[word]!r}")


def check_name(node: Node, where: str) -> None:
    """Check that the name in Python, if one is given, is such a name."""
    if "x-python-name" in node and not SNAKE_CASE.fullmatch(str(node["x-python-name"])):
        raise SpecError(f"{where}: x-python-name is a name in snake case, not {node['x-python-name']!r}")


def refuse_circles(schemas: Node) -> None:
    """Check that no schema leads back to itself."""

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise SpecError(f"{' -> '.join((*path, name))}: schemas must not go in a circle")
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
