"""The Python blocks of the README."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

README = Path(__file__).parents[2] / "README.md"
# The registry in the blocks.
REGISTRY = "localhost:5000"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@frozen
class Block:
    """A block of Python.

    Attributes:
        line: The line number of its first line in the README.
        code: The code.
    """

    line: int
    code: str

    def __str__(self) -> str:
        return f"line-{self.line}"


def readme_blocks() -> list[Block]:
    """Return the Python blocks of the README."""
    text = README.read_text(encoding="utf-8")
    return [Block(text.count("\n", 0, found.start(1)) + 1, found[1]) for found in _BLOCK.finditer(text)]


def section(title: str) -> str:
    """Return the text between a heading of the README and the next one."""
    text = README.read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
