"""The evaluation of the measurements of the benchmark."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.transfer.figures import BARS, OURS, Check, Series, checks, ratio, rows, table, verdicts

CURL = Series("download", "curl", (2.0, 1.0, 9.0))
SLOWER = Series("download", "dxf", (4.0, 3.0, 5.0))
FAILED = Series("download", "node", (), "exit status 1, no such blob")


def ours(*runs: float, task: str = "download") -> Series:
    return Series(task, OURS, runs)


def test_failed_tools_have_no_median() -> None:
    assert CURL.median == 2.0
    assert Series("copy", "skopeo", (1.0, 2.0)).median == 1.5
    assert FAILED.median is None
    assert Series("copy", "skopeo", (1.0,), "the second run failed").median is None
    assert Series("copy", "skopeo").median is None


def test_ratios_are_taken_to_the_yardstick_of_the_same_task() -> None:
    upload = Series("upload", "curl", (5.0,))
    series = [upload, CURL, SLOWER, FAILED]
    assert ratio(SLOWER, series) == 2.0
    assert ratio(CURL, series) == 1.0
    assert ratio(FAILED, series) is None
    assert ratio(SLOWER, [SLOWER]) is None


def test_the_bars_hold_at_their_limit_and_not_above() -> None:
    assert [one.met for one in checks([CURL, ours(2.5)])] == [True]
    assert [one.met for one in checks([CURL, ours(2.501)])] == [False]
    skopeo = Series("copy", "skopeo", (1.0,))
    assert [one.met for one in checks([skopeo, ours(1.0, task="copy")])] == [True]
    assert [one.met for one in checks([skopeo, ours(1.01, task="copy")])] == [False]


def test_faster_than_a_peer_is_faster_than_its_median() -> None:
    assert checks([CURL, ours(3.0), SLOWER])[1] == Check("download: faster than dxf", "0.75 x", True)
    assert not checks([CURL, ours(4.0), SLOWER])[1].met


def test_copy_has_no_peers_to_beat() -> None:
    series = [Series("copy", "skopeo", (1.0,)), ours(1.0, task="copy"), Series("copy", "oras-go", (0.5,))]
    assert [one.claim for one in checks(series)] == ["copy: at most 1.00 x skopeo"]


def test_a_bar_without_a_measurement_is_not_met() -> None:
    failed = Series("download", OURS, (), "it broke")
    for series in ([CURL, SLOWER], [CURL, failed, SLOWER], [CURL, SLOWER, FAILED]):
        assert [one.met for one in checks(series)] == [False] * len(checks(series))
        assert all("not measured" in one.found for one in checks(series))
    limit, node = checks([CURL, ours(1.0), FAILED])
    assert limit.met
    assert (node.claim, node.met) == ("download: faster than node", False)


def test_supplementary_series_are_not_in_checks_and_json() -> None:
    supplementary = Series("download", f"{OURS}, whole process", (0.1,), supplementary=True)
    series = [CURL, ours(3.0), supplementary]
    assert len(checks(series)) == 1
    assert [one["tool"] for one in rows(series)] == ["curl", OURS]
    assert "whole process" in table(series)


def test_json_has_every_run_in_order_and_the_reason_of_a_failure() -> None:
    assert json.loads(json.dumps(rows([CURL, FAILED]))) == [
        {"task": "download", "tool": "curl", "median_s": 2.0, "runs": [2.0, 1.0, 9.0], "error": None},
        {"task": "download", "tool": "node", "median_s": None, "runs": [], "error": "exit status 1, no such blob"},
    ]


def test_the_table_shows_every_tool_and_why_one_failed() -> None:
    lines = table([CURL, ours(3.0), FAILED, Series("upload", "dxf")]).splitlines()
    assert lines == [
        "task      tool                   median   fastest   slowest  ratio",
        "download  curl                  2.000 s   1.000 s   9.000 s  1.00 x curl",
        "download  docker-registry-sdk   3.000 s   3.000 s   3.000 s  1.50 x curl",
        "download  node                failed: exit status 1, no such blob",
        "upload    dxf                 failed: it did not run",
    ]


def test_a_verdict_tells_whether_its_bar_was_met() -> None:
    assert verdicts([Check("one", "1.00 x", True), Check("three", "2.00 x", False)]).splitlines() == [
        "one    met     1.00 x",
        "three  MISSED  2.00 x",
    ]
    assert verdicts([]) == ""


TIMES = st.lists(st.floats(0.001, 1000), min_size=1, max_size=9).map(tuple)


@given(st.sampled_from(sorted(BARS)), TIMES, TIMES, TIMES)
def test_bars_agree_with_the_rows(
    task: str, yardstick: tuple[float, ...], mine: tuple[float, ...], theirs: tuple[float, ...]
) -> None:
    bar = BARS[task]
    series = [Series(task, bar.yardstick, yardstick), Series(task, OURS, mine), Series(task, "oras", theirs)]
    medians = {row["tool"]: row["median_s"] for row in rows(series)}
    against, our, peer = medians[bar.yardstick], medians[OURS], medians["oras"]
    assert against is not None and our is not None and peer is not None
    met = [one.met for one in checks(series)]
    assert met == [our / against <= bar.limit, *([our < peer] if bar.beats_peers else [])]


@pytest.mark.parametrize("task", sorted(BARS))
def test_every_task_has_a_table_on_its_own(task: str) -> None:
    assert "failed: gone" in table([Series(task, OURS, (), "gone")])
