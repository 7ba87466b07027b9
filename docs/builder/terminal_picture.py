"""Renew docs/pictures/copy.svg, a terminal with the plan and the progress of a copy between two embedded registries.

.venv/bin/python docs/builder/terminal_picture.py
"""

from __future__ import annotations

import os
import re
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from docker_registry_sdk import Progress, images
from docker_registry_sdk.testing import EmbeddedRegistry

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "copy.svg"
_SOURCE, _TARGET = "ghcr.io/example/app:1.0", "registry.example.com/mirror/app:1.0"
_MIB = 1024 * 1024
_SHOWN_SHARE = 0.62
_FONT = re.compile(r"@font-face \{.*?\}\n *", re.DOTALL)


def main() -> None:
    """Copy an image, and write what a terminal shows."""
    console = Console(record=True, width=96, force_terminal=True, file=StringIO())
    bars = Bars(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn(), console=console
    )
    bar = bars.add_task("copy", total=None)
    shown = False

    def update(progress: Progress) -> None:
        nonlocal shown
        assert progress.overall_bytes is not None
        bars.update(bar, completed=progress.overall_bytes, total=progress.overall_total)
        if not shown and progress.overall_bytes >= _SHOWN_SHARE * (progress.overall_total or 0):
            shown = True
            console.print(bars)

    with EmbeddedRegistry() as source, EmbeddedRegistry() as target:
        files = {f"opt/{number}": os.urandom(12 * _MIB) for number in range(2)}
        source.add_image("example/app:1.0", files=files, platforms=["linux/amd64", "linux/arm64"])
        places = f"{source.url}/example/app:1.0", f"{target.url}/mirror/app:1.0"
        console.print(f"[bold green]$[/] docker-registry-sdk copy {_SOURCE} {_TARGET} --plan")
        plan = images.plan_copy(*places)
        text = str(plan).replace(places[0].partition("://")[2], _SOURCE).replace(places[1].partition("://")[2], _TARGET)
        console.print(text.replace("http://", ""), highlight=False)
        console.print(f"[bold green]$[/] docker-registry-sdk copy {_SOURCE} {_TARGET}")
        images.apply_copy(plan, on_progress=update)
    svg = console.export_svg(title="docker-registry-sdk", unique_id="copy")
    # The fonts would come from the network.
    PICTURE.write_text(_FONT.sub("", svg).replace("font-family: Fira Code", "font-family: ui-monospace"), encoding="utf-8")


if __name__ == "__main__":
    main()
