"""What users install: the wheel holds what it should, builds to the same bytes, and works in an environment of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _build(target: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return _build(tmp_path_factory.mktemp("wheel"))


def test_it_holds_the_package_its_types_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = re.sub(r"-py3-none-any$", ".dist-info", wheel.stem)
    assert {"docker_registry_sdk/py.typed", f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"} <= names
    sources = (ROOT / "docker_registry_sdk").rglob("*.py")
    package = {path.relative_to(ROOT).as_posix() for path in sources}
    assert package <= names
    assert {name.split("/")[0] for name in names} == {"docker_registry_sdk", info}


def test_it_builds_to_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    assert _build(tmp_path).read_bytes() == wheel.read_bytes()


def test_it_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    code = "import docker_registry_sdk as sdk; print(*(getattr(sdk, name).__name__ for name in sdk.__all__ if name[1].islower()))"
    # -I: nothing of this checkout may be what is imported.
    done = subprocess.run([str(python), "-I", "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "RegistryClientV2" in done.stdout
    assert done.stderr == ""
