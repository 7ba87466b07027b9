"""A bar that shows how far a long operation has come: on a terminal, and nowhere else."""

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

_MOVING = ("download", "upload", "copy")


class Tally:
    """The sum of what moves, over all blobs.

    Args:
        total: How many bytes there are in all; None when only what begins to move tells.
    """

    def __init__(self, total: int | None) -> None:
        self._fixed = total
        self._done: dict[str | None, int] = {}
        self._totals: dict[str | None, int] = {}

    @property
    def done(self) -> int:
        """How many bytes have moved."""
        return sum(self._done.values())

    @property
    def total(self) -> int:
        """How many bytes there are, as far as that is known."""
        known = sum(max(total, self._done[digest]) for digest, total in self._totals.items())
        return known if self._fixed is None else max(self._fixed, self.done)

    def add(self, progress: Progress) -> None:
        """Note what an operation tells; what does not move bytes does not count.

        Args:
            progress: What it tells.
        """
        if progress.phase in _MOVING:
            # A transfer that starts over tells fewer than before.
            self._done[progress.digest] = progress.bytes
            self._totals[progress.digest] = progress.total or 0


@contextmanager
def progress_bar(label: str, total: int | None = None) -> Iterator[OnProgress | None]:
    """Give what an operation tells how far it has come, None where nobody would see the bar.

    Args:
        label: What is going on, in a word.
        total: How many bytes there are to move; None when it is not known.
    """
    told = click.get_current_context().ensure_object(Verbosity).verbose  # its lines would tear the bar
    if told or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    tally = Tally(total)
    console = Console(stderr=True, color_system=None) if os.environ.get("NO_COLOR") else Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(label, total=total)

        def show(progress: object) -> None:
            tally.add(progress)  # type: ignore[arg-type]
            bars.update(bar, completed=tally.done, total=tally.total)

        yield show
