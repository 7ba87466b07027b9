"""Examples in a specification: checks of their keywords, and their text for docstrings."""

from __future__ import annotations

import json
from typing import Any

from keywords import check_keywords
from prose import sentence
from schemas import Document, Node
from spec_file import SpecError, located

KEYWORDS = ("example", "examples")
"""The keywords for examples of a parameter, a header or a media type."""


@located("node")
def check_examples(document: Document, node: Node, where: str) -> None:
    """Check the examples of a parameter, a header or a media type.

    Args:
        document: The specification.
        node: The node of the parameter, header or media type.
        where: The place of the node, for error messages.

    Raises:
        SpecError: An example is not supported.
    """
    if all(keyword in node for keyword in KEYWORDS):
        raise SpecError(f"{where}: example and examples must not be used together")
    if not isinstance(node.get("examples", {}), dict):
        raise SpecError(f"{where}: examples must be an object with a name for each example")
    for name, one in node.get("examples", {}).items():
        place = f"{where}, example {name}"
        if isinstance(one, dict) and "$ref" in one:
            check_keywords(one, place, ("$ref",))
            document.resolve(one)
            if str(one["$ref"]).rpartition("/")[0] != "#/components/examples":
                raise SpecError(f"{place}: {one['$ref']} is not in components/examples")
        else:
            check_example(one, place)


@located("node")
def check_example(node: Any, where: str) -> None:
    """Check an example that has a name.

    Args:
        node: The node of the example.
        where: The place of the node, for error messages.

    Raises:
        SpecError: A keyword is not supported, or `value` is missing.
    """
    check_keywords(node, where, (), ("summary", "description", "value"))
    if "value" not in node:
        raise SpecError(f"{where}: value is missing")


def with_example(text: str, document: Document, node: Node, label: str = "Example") -> str:
    """Return a text, followed by the first example of a parameter, a header or a media type, unless the text has it already.

    Args:
        text: The text.
        document: The specification.
        node: The node of the parameter, header or media type.
        label: The words before the example.
    """
    values = [document.resolve(one)["value"] for one in node.get("examples", {}).values()]
    if "example" in node:
        values = [node["example"]]
    if not values:
        return text
    value = values[0]
    shown = value if isinstance(value, str) else str(value) if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)
    note = f"{label}: `{shown}`."
    return text if f"`{shown}`" in text else f"{sentence(text)} {note}" if text else note
