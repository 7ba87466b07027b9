"""The picture of the layers of the code, drawn from the diagram in ARCHITECTURE.md."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

ARCHITECTURE = Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"
_ROW = re.compile(r"^│ (.{18}) (.*?) *│$")
_COLOURS = ("#2b6cb0", "#2c7a7b", "#2f855a", "#975a16", "#6b46c1")
_WIDTH, _ROW_HEIGHT, _GAP, _PADDING = 760, 30, 12, 12


def layers() -> list[list[tuple[str, str]]]:
    """Return the groups of layers from top to bottom, each a list of (folders, description)."""
    groups: list[list[tuple[str, str]]] = []
    for line in ARCHITECTURE.read_text(encoding="utf-8").splitlines():
        if line.startswith(("┌", "├")):
            groups.append([])
        elif row := _ROW.match(line):
            groups[-1].append((row[1].strip(), row[2].strip()))
    return groups


def draw() -> str:
    """Return the picture as SVG, readable on light and on dark pages."""
    parts: list[str] = []
    top = 0
    for colour, group in zip(_COLOURS, layers(), strict=True):
        height = 2 * _PADDING + _ROW_HEIGHT * len(group)
        parts.append(f'<rect x="0" y="{top}" width="{_WIDTH}" height="{height}" rx="8" fill="{colour}"/>')
        for number, (folders, text) in enumerate(group):
            baseline = top + _PADDING + _ROW_HEIGHT * number + 20
            parts.append(f'<text x="18" y="{baseline}" class="folder">{escape(folders)}</text>')
            parts.append(f'<text x="220" y="{baseline}">{escape(text)}</text>')
        top += height + _GAP
    style = "text { font: 15px sans-serif; fill: #fff } .folder { font: bold 15px monospace }"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top - _GAP}" role="img">'
    title = "<title>The layers of the code: a module imports only from layers below its own</title>"
    return "\n".join([head, title, f"<style>{style}</style>", *parts, "</svg>"]) + "\n"
