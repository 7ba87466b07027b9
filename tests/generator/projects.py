"""Copies of this project, for tests that change specifications or generated code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def generator_folder() -> Path:
    """Return the folder of the generator's modules."""
    return ROOT / "generator-templates"


def copy_project(folder: Path) -> Path:
    """Copy the files that the generator reads and writes, and return the folder of the copy.

    Args:
        folder: A folder that does not exist yet.
    """
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
    for name in ("openapi", "generator-templates", "scripts", "docker_registry_sdk"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run_python(project: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy of the project, so that it imports the package of the copy.

    Args:
        project: The folder of the copy.
        arguments: The arguments after `python` on the command line.
        environment: Additional environment variables.
    """
    variables = {**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, timeout=120, check=False)


def run_generate(project: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the generator of a copy of the project.

    Args:
        project: The folder of the copy.
        arguments: The arguments of `scripts/generate`.
        environment: Additional environment variables.
    """
    return run_python(project, project / "generator-templates" / "generate.py", *arguments, **environment)


def edit_spec(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Change a specification in place.

    Args:
        path: The file.
        edit: A function that changes the parsed document.
    """
    document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    edit(document)
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True), encoding="utf-8")
