"""The evaluation of the measurements: medians, ratios, bars, a table and rows for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TypedDict

from attrs import frozen

OURS = "docker-registry-sdk"


@frozen
class Bar:
    """The requirement for our tool in a task.

    Attributes:
        yardstick: The tool that the ratios are taken to.
        limit: The highest ratio allowed.
        beats_peers: Whether it has to be faster than every peer too.
    """

    yardstick: str
    limit: float
    beats_peers: bool


BARS = {
    "download": Bar("curl", 1.25, beats_peers=True),
    "upload": Bar("curl", 1.25, beats_peers=True),
    "copy": Bar("skopeo", 1.0, beats_peers=False),
}


@frozen
class Series:
    """The times of one tool in one task.

    Attributes:
        task: The task's name.
        tool: The tool's name.
        runs: Wall time of each run in seconds, in order, without the warm-up.
        failure: The reason why a run failed; empty when all runs succeeded.
        supplementary: Whether the series is additional information, which takes no part in the comparison.
    """

    task: str
    tool: str
    runs: tuple[float, ...] = ()
    failure: str = ""
    supplementary: bool = False

    @property
    def median(self) -> float | None:
        """The median of the runs, None when it failed."""
        return None if self.failure or not self.runs else median(self.runs)


class Row(TypedDict):
    """One line of the file of `--json`.

    `runs` lists the seconds of each run in order; it is empty and `median_s` null for a tool that failed, and `error` then
    says why.
    """

    task: str
    tool: str
    median_s: float | None
    runs: list[float]
    error: str | None


@frozen
class Check:
    """The result of comparing a series with a bar.

    Attributes:
        claim: The requirement.
        found: The measured ratio.
        met: Whether the requirement is met.
    """

    claim: str
    found: str
    met: bool


def rows(series: Sequence[Series]) -> list[Row]:
    """Return the rows for JSON, without supplementary series.

    Args:
        series: The measured series.
    """
    return [
        {
            "task": one.task,
            "tool": one.tool,
            "median_s": one.median,
            "runs": [] if one.failure else list(one.runs),
            "error": one.failure or None,
        }
        for one in series
        if not one.supplementary
    ]


def ratio(one: Series, series: Sequence[Series]) -> float | None:
    """Return a median as a multiple of its task's yardstick, None when either failed.

    Args:
        one: The tool in question.
        series: The measured series.
    """
    against = _median(series, one.task, BARS[one.task].yardstick)
    return None if one.median is None or against is None else one.median / against


def checks(series: Sequence[Series]) -> list[Check]:
    """Compare the measured series with the bars; a tool that failed does not meet its bar.

    Args:
        series: The measured series.
    """
    found: list[Check] = []
    for task in dict.fromkeys(one.task for one in series):
        bar = BARS[task]
        tools = [one for one in series if one.task == task and not one.supplementary]
        ours = next((one for one in tools if one.tool == OURS), Series(task, OURS))
        against = ratio(ours, series)
        text = "not measured" if against is None else f"{against:.2f} x"
        claim = f"{task}: at most {bar.limit:.2f} x {bar.yardstick}"
        found.append(Check(claim, text, against is not None and against <= bar.limit))
        for peer in tools if bar.beats_peers else ():
            if peer.tool not in (OURS, bar.yardstick):
                found.append(_faster(task, ours, peer))
    return found


def table(series: Sequence[Series]) -> str:
    """Return the table of the measured series.

    Args:
        series: The measured series.
    """
    width = max([4, *(len(one.tool) for one in series)])
    lines = [f"{'task':<9} {'tool':<{width}} {'median':>9} {'fastest':>9} {'slowest':>9}  ratio"]
    for one in series:
        start = f"{one.task:<9} {one.tool:<{width}} "
        if one.median is None:
            lines.append(f"{start}failed: {one.failure or 'it did not run'}")
            continue
        against = ratio(one, series)
        times = " ".join(f"{seconds:7.3f} s" for seconds in (one.median, min(one.runs), max(one.runs)))
        lines.append(f"{start}{times}  {'' if against is None else f'{against:.2f} x {BARS[one.task].yardstick}'}".rstrip())
    return "\n".join(lines)


def verdicts(found: Sequence[Check]) -> str:
    """Return a line for each bar.

    Args:
        found: The results of the comparison.
    """
    width = max([0, *(len(one.claim) for one in found)])
    return "\n".join(f"{one.claim:<{width}}  {'met' if one.met else 'MISSED':<6}  {one.found}" for one in found)


def _median(series: Sequence[Series], task: str, tool: str) -> float | None:
    return next((one.median for one in series if (one.task, one.tool) == (task, tool)), None)


def _faster(task: str, ours: Series, peer: Series) -> Check:
    if ours.median is None or peer.median is None:
        return Check(f"{task}: faster than {peer.tool}", "not measured", False)
    return Check(f"{task}: faster than {peer.tool}", f"{ours.median / peer.median:.2f} x", ours.median < peer.median)
