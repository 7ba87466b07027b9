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

# The phases of an operation in which bytes of blobs are transferred.
_TRANSFER_PHASES = ("download", "upload", "move")


class ProgressTotal:
    """The sum of the progress of all blobs of a command.

    Args:
        total: The number of bytes to transfer. If it is None, the total is the sum of the sizes of the blobs whose transfer has
            started.
    """

    def __init__(self, total: int | None) -> None:
        self._fixed_total = total
        self._done: dict[str | None, int] = {}
        self._totals: dict[str | None, int] = {}

    @property
    def done(self) -> int:
        """Return the number of bytes transferred so far."""
        return sum(self._done.values())

    @property
    def total(self) -> int:
        """Return the number of bytes to transfer, as far as it is known."""
        started = sum(max(total, self._done[digest]) for digest, total in self._totals.items())
        return started if self._fixed_total is None else max(self._fixed_total, self.done)

    def add(self, progress: Progress) -> None:
        """Record the progress of one blob. Phases that transfer no bytes are ignored.

        Args:
            progress: The value that a progress callback received.
        """
        if progress.phase in _TRANSFER_PHASES:
            # Replace the earlier value: a transfer that is restarted reports fewer bytes than before.
            self._done[progress.digest] = progress.bytes
            self._totals[progress.digest] = progress.total or 0


@contextmanager
def progress_bar(label: str, total: int | None = None) -> Iterator[OnProgress | None]:
    """Show a progress bar, and yield the progress callback that updates it; yield None if no bar is shown.

    No bar is shown if stderr is not a terminal or is a dumb terminal, or if `-v` is given.

    Args:
        label: The word before the bar, such as `pull`.
        total: The number of bytes to transfer; None if it is unknown.
    """
    verbose = click.get_current_context().ensure_object(Verbosity).verbose  # log lines would overwrite the bar
    if verbose or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    sum_of_blobs = ProgressTotal(total)
    console = Console(stderr=True, color_system=None) if os.environ.get("NO_COLOR") else Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(label, total=total)

        def update(progress: object) -> None:
            sum_of_blobs.add(progress)  # type: ignore[arg-type]
            bars.update(bar, completed=sum_of_blobs.done, total=sum_of_blobs.total)

        yield update
