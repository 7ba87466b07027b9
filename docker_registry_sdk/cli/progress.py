"""A progress bar for long operations, shown on a terminal only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .options import Verbosity

if TYPE_CHECKING:
    from .._core.blobs.progress import OnProgress, Progress


@contextmanager
def progress_bar(label: str) -> Iterator[OnProgress | None]:
    """Show a progress bar of a copy or of a blob, and yield the progress callback that updates it; yield None if none is shown.

    No bar is shown if stderr is not a terminal or is a dumb terminal, or if `-v` is given.

    Args:
        label: The word before the bar, such as `pull`.
    """
    verbose = click.get_current_context().ensure_object(Verbosity).verbose  # log lines would overwrite the bar
    if verbose or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True, color_system=None) if os.environ.get("NO_COLOR") else Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn()
    try:
        with Bars(*columns, console=console, transient=True) as bars:
            bar = bars.add_task(label, total=None)

            def update(progress: Progress) -> None:
                if progress.overall_bytes is None:  # the only blob of the command
                    bars.update(bar, completed=progress.bytes, total=progress.total)
                else:
                    bars.update(bar, completed=progress.overall_bytes, total=progress.overall_total)

            yield update
    finally:
        console.show_cursor()  # also if a signal interrupted the start of the bar
