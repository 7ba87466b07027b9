"""Install Go programs from the module proxy, once per version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CACHE = Path(__file__).parents[2] / ".cache" / "go"
MIN_GO_VERSION = (1, 24)


def require_go_program(package: str, version: str) -> Path:
    """Return the path of a Go program; without Go, skip the test, or fail it where CI=true.

    Args:
        package: The import path of the program's package.
        version: The version to install.
    """
    path = CACHE / version / package.rpartition("/")[2]
    if not path.exists() and (problem := _install(package, version, path.parent)):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(problem)
    return path


def _install(package: str, version: str, folder: Path) -> str | None:
    """Install a program; return why that failed, or None."""
    if shutil.which("go") is None:
        return f"{package} needs Go, which is not installed"
    found = re.search(r"go(\d+)\.(\d+)", subprocess.check_output(["go", "version"], text=True))
    if found is None or (int(found[1]), int(found[2])) < MIN_GO_VERSION:
        return f"{package} needs Go {'.'.join(map(str, MIN_GO_VERSION))} or newer"
    environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod"}
    run = subprocess.run(["go", "install", f"{package}@{version}"], env=environment, capture_output=True, text=True, timeout=1500)
    return f"{package} could not be installed: {run.stderr}" if run.returncode else None
