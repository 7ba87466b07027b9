"""The Python blocks and the sections of the README."""

from __future__ import annotations

from tests.support.markdown import PROJECT, Block, python_blocks

README = PROJECT / "README.md"
# The registry in the blocks.
REGISTRY = "localhost:5000"


def readme_blocks() -> list[Block]:
    """Return the Python blocks of the README."""
    return python_blocks(README)


def section(title: str) -> str:
    """Return the text between a heading of the README and the next one."""
    text = README.read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
