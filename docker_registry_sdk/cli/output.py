"""What commands print: tables on a terminal, plain lines in a pipe, or JSON.

Whatever a registry says is foreign: control characters in it become blanks, and markup is shown as it is.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

# A whole digest, and as much of it as tells it from others.
_DIGEST = re.compile(r"^([a-z0-9]+:[0-9a-f]{12})[0-9a-f]{20,}$")
_GAP = 2
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Size(int):
    """A number of bytes, which a terminal shows in larger units."""

    def __str__(self) -> str:
        number, unit = float(self), 0
        while number >= 1024 and unit < len(_UNITS) - 1:
            number, unit = number / 1024, unit + 1
        return f"{number:.1f} {_UNITS[unit]}" if unit else f"{int(self)} B"


class Output:
    """Where a command prints.

    Args:
        as_json: Whether to print JSON.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.json = as_json
        self.terminal = sys.stdout.isatty()

    def document(self, document: Any) -> None:
        """Print one JSON document.

        Args:
            document: What `json` can write.
        """
        # Its escapes keep control characters off the terminal.
        text = json.dumps(document, indent=2)
        if self.terminal:
            self._console().print_json(text, ensure_ascii=True)
        else:
            click.echo(text)

    def facts(self, facts: Mapping[str, Any]) -> None:
        """Print facts, a line for each: a name and its value.

        Args:
            facts: The values by their names in snake_case; those that are None are left out, save in JSON.
        """
        if self.json:
            self.document(dict(facts))
            return
        self.rows("", [], [(name, value) for name, value in facts.items() if value is not None])

    def items(self, columns: Sequence[str], items: Iterable[Mapping[str, Any]]) -> None:
        """Print a list whose end need not be known: a JSON object a line, a line with tabs each, or a table.

        Args:
            columns: The names of the values to show, in their order.
            items: The entries, with their values by name.
        """
        if self.json:
            for item in items:
                click.echo(json.dumps(dict(item)))
        elif self.terminal and len(columns) > 1:
            self._table("", columns, ([item.get(name) for name in columns] for item in items))
        else:
            for item in items:
                click.echo("\t".join(_plain(item.get(name)) for name in columns))

    def rows(self, kind: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Print rows, as a table with a title on a terminal, else a line each that begins with what it is.

        Args:
            kind: What a row is, in one word; empty for none.
            columns: The names of the columns; none for a table without a head.
            rows: The values.
        """
        if not rows:
            return
        if self.terminal:
            self._table(kind, columns, rows)
        else:
            for row in rows:
                click.echo("\t".join([kind] * bool(kind) + [_plain(value) for value in row]))

    def raw(self, content: bytes) -> None:
        """Print bytes as they are; on a terminal as text without control characters.

        Args:
            content: The bytes.
        """
        if self.terminal:
            click.echo("\n".join(clean(line) for line in content.decode("utf-8", "replace").splitlines()))
        else:
            sys.stdout.buffer.write(content)

    def note(self, text: str) -> None:
        """Tell a person something that is no result, on stderr.

        Args:
            text: One line.
        """
        click.echo(clean(text), err=True)

    def _console(self) -> Console:
        from rich.console import Console

        # rich keeps bold and its like with NO_COLOR; without a colour system it keeps nothing.
        plain: dict[str, Any] = {"color_system": None} if os.environ.get("NO_COLOR") else {}
        return Console(highlight=False, markup=False, emoji=False, **plain)

    def _table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        from rich.table import Table
        from rich.text import Text

        console = self._console()
        cells = [[_shown(value) for value in row] for row in rows]
        if not cells:
            return
        heads = [name.replace("_", " ").upper() for name in columns]
        cells = _fitting(heads, cells, console.width) if heads else [[row[0].replace("_", " "), *row[1:]] for row in cells]
        table = Table(box=None, pad_edge=False, show_header=bool(heads), header_style="bold", padding=(0, _GAP, 0, 0))
        for number in range(len(cells[0])):
            table.add_column(heads[number] if heads else "", overflow="fold", style="" if heads or number else "bold")
        for row in cells:
            table.add_row(*map(Text, row))
        if title:
            console.print(Text(f"\n{title}s", style="bold"))
        console.print(table)


def clean(text: str) -> str:
    """Return foreign words as one line that does nothing to a terminal.

    Args:
        text: What a registry said.
    """
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _plain(value: Any) -> str:
    if isinstance(value, Size):
        return str(int(value))
    return _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(_shown, value))
    return clean(str(value))


def _fitting(heads: list[str], cells: list[list[str]], width: int) -> list[list[str]]:
    """Return the cells, digests shortened where the table would be wider than the terminal."""
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    if sum(widths) + _GAP * (len(widths) - 1) <= width:
        return cells
    return [[_DIGEST.sub(r"\1…", cell) for cell in row] for row in cells]
