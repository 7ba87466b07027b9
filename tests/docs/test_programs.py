"""The programs in docs/programs.md run, and pass mypy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.markdown import PROJECT, Block, python_blocks

_PROGRAMS = python_blocks(PROJECT / "docs" / "programs.md")
_TITLES = (
    "Tags and digests",
    "Copy an image with two logins",
    "Download with progress",
    "Push an SBOM, and find it again",
    "A service with FastAPI",
    "A pytest test",
)
_SERVICE, _PYTEST = _TITLES[4:]
_SERVERS = {"localhost:5000": "alice", "localhost:5001": "bob"}
_PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """Start the registries that the programs name, with their images, and yield their URLs by name."""
    with (
        EmbeddedRegistry(auth="token", username="alice", password=_PASSWORD) as source,
        EmbeddedRegistry(auth="basic", username="bob", password=_PASSWORD) as target,
        EmbeddedRegistry(profile="ghcr", username="alice", password=_PASSWORD) as ghcr,
    ):
        source.add_image("library/greeting:latest", files={"hello": "world"}, platforms=["linux/amd64", "linux/arm64"])
        ghcr.add_image("example/app:1.0", files={"app": "…"})
        yield {"localhost:5000": source.url, "localhost:5001": target.url, "ghcr.io": ghcr.url}


@pytest.fixture
def namespace(addresses: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Prepare the folder and the environment that the programs expect, and return the global names of a program."""
    for name in ("REGISTRY_PASSWORD", "SOURCE_PASSWORD", "TARGET_PASSWORD"):
        monkeypatch.setenv(name, _PASSWORD)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    Path("sbom.json").write_text('{"spdxVersion": "SPDX-2.3"}')
    return {"__name__": "__main__"}


def _run(program: Block, addresses: dict[str, str], namespace: dict[str, Any]) -> None:
    code = program.code
    for name, url in addresses.items():
        code = code.replace(name, url)
    exec(compile(code, f"{program.page.name}, line {program.line}", "exec"), namespace)


def _of(*titles: str) -> list[Block]:
    return [program for program in _PROGRAMS if program.title in titles]


def test_each_job_has_a_sync_and_an_async_program() -> None:
    assert [program.title for program in _PROGRAMS] == [title for title in _TITLES for _ in range(2)]
    assert ["async def" in program.code and "await" in program.code for program in _of(*_TITLES[:4])] == [False, True] * 4


@pytest.mark.parametrize("program", _of(*_TITLES[:4]), ids=str)
def test_a_program_runs(
    program: Block, addresses: dict[str, str], namespace: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    _run(program, addresses, namespace)
    assert capsys.readouterr().out


@pytest.mark.parametrize("program", _of(_SERVICE), ids=str)
def test_a_service_lists_tags(program: Block, addresses: dict[str, str], namespace: dict[str, Any]) -> None:
    _run(program, addresses, namespace)
    app, lifespan = namespace["app"], namespace["lifespan"]

    async def request(path: str) -> httpx.Response:
        async with lifespan(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return await client.get(path)

    with EmbeddedRegistry() as registry:
        registry.add_image("library/app:1")
        assert anyio.run(request, f"/tags/{registry.url}/library/app").json() == ["1"]
        absent = anyio.run(request, f"/tags/{registry.url}/library/absent")
        assert (absent.status_code, "404" in absent.json()["detail"]) == (404, True)


@pytest.mark.parametrize("program", _of(_PYTEST), ids=str)
def test_a_test_passes(program: Block, tmp_path: Path) -> None:
    file = tmp_path / "test_app.py"
    file.write_text(program.code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout


def test_the_programs_are_strictly_typed(tmp_path: Path) -> None:
    for program in _PROGRAMS:
        (tmp_path / f"line_{program.line}.py").write_text(program.code, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        f"--cache-dir={PROJECT / '.mypy_cache'}",
        "--config-file=",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, env=os.environ, check=False)
    assert done.returncode == 0, done.stdout
