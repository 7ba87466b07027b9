"""Prose from the specification, made fit for docstrings and code."""

from __future__ import annotations

import json
import textwrap

WIDTH = 118


def wrapped(text: str, indent: int, hanging: int = 0) -> str:
    """Return the text wrapped for a docstring; lines after the first are indented.

    Args:
        text: Plain prose.
        indent: The columns before every line.
        hanging: Further columns before every line but the first.
    """
    safe = escaped(" ".join(text.split()))
    lines = textwrap.wrap(safe, WIDTH - indent - hanging, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * (indent + hanging)}".join(lines)


def escaped(text: str) -> str:
    """Return the text as it can stand in a docstring."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def sentence(text: str) -> str:
    """Return the text with a full stop at its end."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def prose(value: str) -> str:
    """Return the text on one line, as a Python literal in double quotes."""
    return literal(" ".join(value.split()))


def literal(value: str) -> str:
    """Return the text, exactly, as a Python literal in double quotes."""
    return json.dumps(value, ensure_ascii=False)
