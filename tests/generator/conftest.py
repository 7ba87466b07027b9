"""Makes the modules of the generator importable by the same names as when it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.generator.projects import copy_project, generator_folder

sys.path.insert(0, str(generator_folder()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of all files that the generator reads and writes."""
    return copy_project(tmp_path / "project")
