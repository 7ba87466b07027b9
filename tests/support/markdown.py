"""The code blocks of the project's pages."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

PROJECT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@frozen
class Block:
    """A block of code.

    Attributes:
        page: The file that contains the block.
        line: The line number of the first line of the block in the file.
        title: The heading of the section that contains the block; empty before the first section.
        language: The word after the fence, such as `python`.
        code: The code.
    """

    page: Path
    line: int
    title: str
    language: str
    code: str

    def __str__(self) -> str:
        return f"line-{self.line}"


def code_blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page that name their language.

    Args:
        page: The path of a Markdown file.
    """
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=page,
            line=text.count("\n", 0, found.start(3)) + 1,
            title=(re.findall(r"^## (.*)$", text[: found.start()], re.MULTILINE) or [""])[-1],
            language=found[2],
            code=re.sub(f"^{found[1]}", "", found[3], flags=re.MULTILINE),
        )
        for found in _BLOCK.finditer(text)
    ]


def python_blocks(page: Path) -> list[Block]:
    """Return the Python blocks of a page.

    Args:
        page: The path of a Markdown file.
    """
    return [block for block in code_blocks(page) if block.language == "python"]
