"""The output of commands: tables on a terminal, plain lines in a pipe, or JSON.

Text from a registry is untrusted: control characters become blanks, and rich's markup is printed verbatim.
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

_DIGEST = re.compile(r"[a-z0-9]:[0-9a-f]{32}")
_MIN_COLUMN_WIDTH = 12
_MAX_PROBLEMS = 10
_COLUMN_GAP = 2
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Size(int):
    """A number of bytes, which terminals show in KiB, MiB, GiB or TiB."""

    def __str__(self) -> str:
        number, unit = float(self), 0
        while number >= 1024 and unit < len(_UNITS) - 1:
            number, unit = number / 1024, unit + 1
        return f"{number:.1f} {_UNITS[unit]}" if unit else f"{int(self)} B"


class Output:
    """A command's standard output.

    Args:
        as_json: Whether to print JSON.

    Attributes:
        json: Whether to print JSON.
        terminal: Whether the output goes to a terminal.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.json = as_json
        self.terminal = sys.stdout.isatty()

    def print_document(self, document: Any) -> None:
        """Print one JSON document.

        Args:
            document: A value that the module `json` can write.
        """
        # `json.dumps` escapes control characters, so that a terminal does not interpret them.
        text = json.dumps(document, indent=2)
        if self.terminal:
            self._console().print_json(text, ensure_ascii=True)
        else:
            click.echo(text)

    def print_facts(self, facts: Mapping[str, Any]) -> None:
        """Print named values: a line with the name and the value for each, or with `--json` one JSON object.

        Args:
            facts: The values by their names, which are in snake_case. A value that is None is shown in JSON only.
        """
        if self.json:
            self.print_document(dict(facts))
            return
        self.print_rows("", [], [(name, value) for name, value in facts.items() if value is not None])

    def print_record(self, facts: Mapping[str, Any]) -> None:
        """Print named values as `print_facts` does, but with `--json` on one line, for a program that reads a line.

        Args:
            facts: The values by their names, which are in snake_case. A value that is None is shown in JSON only.
        """
        if self.json:
            click.echo(json.dumps(dict(facts)))
        else:
            self.print_facts(facts)

    def print_items(self, columns: Sequence[str], items: Iterable[Mapping[str, Any]]) -> None:
        """Print a list of unknown length.

        With `--json`, each item is a JSON object on one line. Without it, a terminal shows a table if there are several columns;
        otherwise each item is a line with the values separated by tabs.

        Args:
            columns: The names of the values to show, in order; JSON shows all values.
            items: The items, each with its values by name.
        """
        if self.json:
            for item in items:
                click.echo(json.dumps(dict(item)))
        elif self.terminal and len(columns) > 1:
            self._table("", columns, ([item.get(name) for name in columns] for item in items))
        else:
            for item in items:
                click.echo("\t".join(_as_plain_text(item.get(name)) for name in columns))

    def print_rows(self, kind: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Print rows: on a terminal as a table with a title, otherwise as one line for each row.

        Args:
            kind: One word for the kind of row, such as `layer`: the title of the table, and the first word of each line. If the
                kind is empty, the table has no title, and lines begin with the first value.
            columns: The names of the columns; if empty, the table has no header.
            rows: The values of each row.
        """
        if not rows:
            return
        if self.terminal:
            self._table(kind, columns, rows)
        else:
            for row in rows:
                click.echo("\t".join([kind] * bool(kind) + [_as_plain_text(value) for value in row]))

    def print_bytes(self, content: bytes) -> None:
        """Print bytes: in a pipe verbatim, on a terminal as text with blanks instead of control characters.

        Args:
            content: The bytes to print.
        """
        if self.terminal:
            click.echo("\n".join(clean(line) for line in content.decode("utf-8", "replace").splitlines()))
        else:
            sys.stdout.buffer.write(content)

    def print_note(self, text: str) -> None:
        """Print a remark for a person on stderr, since stdout holds only results.

        Args:
            text: One line of text.
        """
        click.echo(clean(text), err=True)

    def print_problems(self, problems: Sequence[str]) -> None:
        """Print the problems of a document on stderr: the values that have a wrong type, and how they were read.

        Args:
            problems: The `problems` of a model or of a listing. At most 10 are printed, and the others are counted.
        """
        for problem in problems[:_MAX_PROBLEMS]:
            self.print_note(f"Note: {problem}")
        if len(problems) > _MAX_PROBLEMS:
            self.print_note(f"Note: there are {len(problems) - _MAX_PROBLEMS} more problems.")

    def _console(self) -> Console:
        from rich.console import Console

        # With NO_COLOR alone, rich still prints bold text. Without a colour system it prints plain text.
        plain: dict[str, Any] = {"color_system": None} if os.environ.get("NO_COLOR") else {}
        return Console(highlight=False, markup=False, emoji=False, **plain)

    def _table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        from rich.table import Table
        from rich.text import Text

        console = self._console()
        cells = [[_as_text(value) for value in row] for row in rows]
        if not cells:
            return
        headers = [name.replace("_", " ").upper() for name in columns]
        if not headers:  # each row is a fact: its name, then its value
            cells = [[row[0].replace("_", " "), *row[1:]] for row in cells]
        widths = [_min_width(column) for column in zip(*([headers] if headers else []), *cells, strict=True)]
        # A table that is wider than the terminal is printed as it is, and the terminal wraps its lines.
        console.width = max(console.width, sum(widths) + _COLUMN_GAP * len(widths))
        table = Table(box=None, pad_edge=False, show_header=bool(headers), header_style="bold", padding=(0, _COLUMN_GAP, 0, 0))
        natural = [max(map(len, column)) for column in zip(*([headers] if headers else []), *cells, strict=True)]
        is_too_wide = sum(natural) + _COLUMN_GAP * len(natural) > console.width
        for number in range(len(cells[0])):
            # rich narrows the widest columns first, also below `min_width`, but no column with a `width`.
            is_fixed = is_too_wide and widths[number] > _MIN_COLUMN_WIDTH
            table.add_column(
                headers[number] if headers else "",
                overflow="fold",
                style="" if headers or number else "bold",
                min_width=widths[number],
                width=widths[number] if is_fixed else None,
            )
        for row in cells:
            table.add_row(*map(Text, row))
        if title:
            console.print(Text(f"\n{title}s", style="bold"))
        console.print(table)


def clean(text: str) -> str:
    """Return text as one line, with blanks instead of control characters.

    Args:
        text: Text from a registry.
    """
    return "".join(character if character.isprintable() else " " for character in text)


def _as_plain_text(value: Any) -> str:
    if isinstance(value, Size):
        return str(int(value))
    return _as_text(value)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(_as_text, value))
    return clean(str(value))


def _min_width(column: Sequence[str]) -> int:
    """Return the smallest width of a column of a table. A digest is never broken, so that it can be copied.

    Args:
        column: The cells of the column, with its header.
    """
    digests = [len(word) for cell in column for word in cell.split() if _DIGEST.search(word)]
    return max([min(_MIN_COLUMN_WIDTH, max(map(len, column))), *digests])
