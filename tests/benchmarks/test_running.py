"""The benchmark runs tools in turns, and verifies each outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.benchmarks.transfer.figures import OURS, Series
from tests.benchmarks.transfer.running import measure
from tests.benchmarks.transfer.tasks import WrongOutcomeError
from tests.benchmarks.transfer.tools import COPY, DOWNLOAD, UPLOAD, Job, Tool


class Writing:
    """A task whose tools write a letter to a file."""

    name = "download"

    def __init__(self, folder: Path, *tools: Tool) -> None:
        self.tools = tools
        self.path = folder / "written"
        self.order: list[str] = []

    @contextmanager
    def job(self) -> Iterator[Job]:
        try:
            yield Job("127.0.0.1:5000", "some/repo", path=self.path)
            written = self.path.read_text(encoding="ascii") if self.path.exists() else ""
            self.order.append(written)
            if len(written) != 1:
                raise WrongOutcomeError("it wrote nothing")
        finally:
            self.path.unlink(missing_ok=True)


def sh(script: str) -> Callable[[Job], list[str]]:
    return lambda job: ["sh", "-c", script, "sh", str(job.path)]


def writer(letter: str) -> Tool:
    return Tool(letter, "writes", sh(f"printf {letter} >$1"))


def by_tool(series: list[Series]) -> dict[str, Series]:
    return {one.tool: one for one in series}


def test_tools_take_turns_after_a_warm_up(tmp_path: Path) -> None:
    task = Writing(tmp_path, writer("a"), writer("b"), writer("c"))
    series = measure(task, 2, tmp_path)
    assert task.order == list("abc" * 3)
    assert [(one.tool, len(one.runs), one.failure) for one in series] == [("a", 2, ""), ("b", 2, ""), ("c", 2, "")]
    assert all(seconds > 0 for one in series for seconds in one.runs)


def test_a_tool_that_fails_is_kept_with_its_reason_and_runs_no_more(tmp_path: Path) -> None:
    count = tmp_path / "count"
    tools = (
        Tool("fails", "", sh(f"echo x >>{count}; echo not this >&2; echo no such blob >&2; exit 3")),
        Tool("silent", "", sh("exit 4")),
        Tool("missing", "", lambda job: ["/nowhere/at/all"]),
        Tool("lies", "", sh("exit 0")),
        writer("a"),
    )
    series = by_tool(measure(Writing(tmp_path, *tools), 3, tmp_path))
    assert series["fails"].failure == "exit status 3, no such blob"
    assert series["silent"].failure == "exit status 4, it said nothing"
    assert series["missing"].failure.startswith("/nowhere/at/all is not there")
    assert series["lies"].failure == "it wrote nothing"
    assert [series[name].median for name in ("fails", "silent", "missing", "lies")] == [None] * 4
    assert len(series["a"].runs) == 3
    assert count.read_text(encoding="ascii") == "x\n"


def test_a_tool_that_fails_late_has_no_median(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    late = Tool("late", "", sh(f"printf a >$1; test ! -e {flag} || exit 5; touch {flag}"))
    (series,) = measure(Writing(tmp_path, late), 2, tmp_path)
    assert series.failure == "exit status 5, it said nothing"
    assert series.median is None


def test_the_call_of_a_library_is_compared_and_its_process_is_supplementary(tmp_path: Path) -> None:
    task = Writing(tmp_path, Tool("lib", "", sh("printf a >$1; echo 0.0001"), library=True))
    call, process = measure(task, 2, tmp_path)
    assert (call.tool, call.runs, call.supplementary) == ("lib", (0.0001, 0.0001), False)
    assert (process.tool, process.supplementary) == ("lib, whole process", True)
    assert min(process.runs) > 0.0001


def test_tools_see_no_variables_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    task = Writing(tmp_path, Tool("env", "", sh('test -z "$HTTP_PROXY" && test "$HOME" = ' + f"{tmp_path} && printf a >$1")))
    assert measure(task, 1, tmp_path)[0].failure == ""


def test_the_yardstick_comes_first_and_names_differ() -> None:
    for tools, yardstick in ((DOWNLOAD, "curl"), (UPLOAD, "curl"), (COPY, "skopeo")):
        names = [tool.name for tool in tools]
        assert names[0] == yardstick
        assert OURS in names
        assert len(names) == len(set(names))
        job = Job("127.0.0.1:5000", "some/repo", "sha256:ab", Path("/file"), "127.0.0.1:5001", "other/repo")
        for tool in tools:
            assert tool.does
            assert "some/repo" in " ".join(tool.command(job))
