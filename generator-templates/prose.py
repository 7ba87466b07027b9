"""Text of the specification, formatted for docstrings and string literals."""

from __future__ import annotations

import json
import textwrap

WIDTH = 118


def wrapped(text: str, indent: int, hanging: int = 0) -> str:
    """Return the text escaped and wrapped for a docstring, with the lines after the first indented.

    Args:
        text: The text.
        indent: The indentation of the docstring, in columns.
        hanging: The additional indentation of every line after the first, in columns.
    """
    safe = escaped(" ".join(text.split()))
    lines = textwrap.wrap(safe, WIDTH - indent - hanging, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * (indent + hanging)}".join(lines)


def escaped(text: str) -> str:
    """Return the text with the escapes that a docstring requires."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def sentence(text: str) -> str:
    """Return the text with a full stop at its end."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def prose(value: str) -> str:
    """Return the text, joined to one line, as a Python literal in double quotes."""
    return literal(" ".join(value.split()))


def literal(value: str) -> str:
    """Return the text, unchanged, as a Python literal in double quotes."""
    return json.dumps(value, ensure_ascii=False)
