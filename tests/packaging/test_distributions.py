"""The wheel and the source distribution: complete, reproducible, and usable apart from this checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _build(kind: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return _build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an unpacked source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(_build("sdist", folder)) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return unpacked


def test_the_wheel_holds_the_package_its_types_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = re.sub(r"-py3-none-any$", ".dist-info", wheel.stem)
    assert {"docker_registry_sdk/py.typed", f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"} <= names
    sources = (ROOT / "docker_registry_sdk").rglob("*.py")
    package = {path.relative_to(ROOT).as_posix() for path in sources}
    assert package <= names
    assert {f"docker_registry_sdk/openapi/registry-v2.{suffix}" for suffix in ("json", "yaml")} <= names
    assert {name.split("/")[0] for name in names} == {"docker_registry_sdk", info}


def test_the_wheel_builds_to_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    assert _build("wheel", tmp_path).read_bytes() == wheel.read_bytes()


def test_the_wheel_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-compile", str(wheel)], check=True, capture_output=True)
    code = "import docker_registry_sdk as sdk; print(*(getattr(sdk, name).__name__ for name in sdk.__all__ if name[1].islower()))"
    # -I: nothing of this checkout may be what is imported.
    done = subprocess.run([str(python), "-I", "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "RegistryClientV2" in done.stdout
    assert done.stderr == ""


def test_the_sdist_holds_every_source_and_its_scripts_can_be_run(unpacked_sdist: Path) -> None:
    folders = ("docker_registry_sdk", "docs", "generator-templates", "openapi", "scripts", "tests", ".github")
    suffixes = {".py", ".jinja", ".yaml", ".yml", ".json", ".js", ".txt", ".md", ""}
    for folder in folders:
        found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix in suffixes)
        here = {path.relative_to(ROOT) for path in found if ".ruff_cache" not in path.parts}
        there = {path.relative_to(unpacked_sdist) for path in (unpacked_sdist / folder).rglob("*") if path.is_file()}
        assert here - there == set()
    for script in (ROOT / "scripts").iterdir():
        assert (unpacked_sdist / "scripts" / script.name).stat().st_mode & 0o100


def test_the_sdist_regenerates_its_code_and_runs_its_tests(unpacked_sdist: Path) -> None:
    for command in (
        ["generator-templates/generate.py", "--check"],
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/core/names"],
    ):
        done = subprocess.run([sys.executable, *command], cwd=unpacked_sdist, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
