"""Wrong uses are errors for mypy and for pyright: exactly those lines of wrong/ that say so, and no others.

Right uses are proven by the assert_type files beside this one, which are part of every run of mypy and pyright.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
WRONG = Path(__file__).with_name("wrong")


def marked() -> set[str]:
    return {
        f"{path.name}:{number}"
        for path in WRONG.glob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.endswith("  # error")
    }


def run(*command: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-m", *map(str, command)]
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def explained(found: set[str], output: str) -> None:
    assert not found - marked(), f"errors on lines without a mark: {sorted(found - marked())}\n{output}"
    assert not marked() - found, f"no errors on marked lines: {sorted(marked() - found)}\n{output}"


def test_there_are_wrong_uses_of_every_kind() -> None:
    assert len(marked()) > 40


def test_mypy_finds_every_wrong_use() -> None:
    done = run("mypy", "--strict", "--show-error-end", "--no-error-summary", *sorted(WRONG.glob("*.py")))
    assert done.stderr == ""
    found = re.findall(r"^\S*?(\w+\.py):(\d+):.* error: ", done.stdout, re.MULTILINE)
    explained({f"{name}:{line}" for name, line in found}, done.stdout)


def test_pyright_finds_every_wrong_use(tmp_path: Path) -> None:
    # The settings of the project exclude the wrong uses, so run without them.
    options = ("--outputjson", "--pythonpath", sys.executable, "--pythonversion", "3.11")
    done = run("pyright", *options, *sorted(WRONG.glob("*.py")), folder=tmp_path)
    report: dict[str, Any] = json.loads(done.stdout)
    errors = [one for one in report["generalDiagnostics"] if one["severity"] == "error"]
    found = {f"{Path(one['file']).name}:{one['range']['start']['line'] + 1}" for one in errors}
    explained(
        found, "\n".join(f"{Path(one['file']).name}: {one['range']['start']['line'] + 1}: {one['message']}" for one in errors)
    )
