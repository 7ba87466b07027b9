"""The code blocks of README.md and docs/: Python and shell blocks run, Python is strictly typed, other blocks can be parsed.

The blocks of a page run one after the other in one folder, with the registries that the page names.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

from docker_registry_sdk.cli.main import run
from tests.docs.servers import HOSTS, PASSWORD, run_servers
from tests.support.markdown import PROJECT, Block, code_blocks

PLUGIN = "docker_registry_sdk.testing.pytest_plugin"
_PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
_BLOCKS = {page: code_blocks(page) for page in _PAGES}
_PYTHON = [block for blocks in _BLOCKS.values() for block in blocks if block.language == "python"]
# Programs that shell blocks may name, and that the tests do not run.
_OTHER_PROGRAMS = ("cosign", "docker", "git", "gunicorn", "pip", "podman", "pytest", "python", "uvicorn")


def _name(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


def _is_for_pytest(block: Block) -> bool:
    return "\ndef test_" in block.code or "\nasync def test_" in block.code


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the files that the blocks read, and the environment that they expect."""
    for name in ("REGISTRY_PASSWORD", "SOURCE_PASSWORD", "TARGET_PASSWORD", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, PASSWORD)
    monkeypatch.setenv("GITHUB_ACTOR", "alice")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_REGISTRY_SDK_TRUSTED_REALMS", "localhost")  # the token service in the profile of Docker Hub
    monkeypatch.chdir(tmp_path)
    Path("sbom.json").write_text('{"spdxVersion": "SPDX-2.3"}')
    Path("report.txt").write_text("all is well\n")
    with tarfile.open("layer.tar.gz", "w:gz") as tar:
        tar.add("report.txt", "hello")
    return tmp_path


@pytest.mark.parametrize("page", [page for page, blocks in _BLOCKS.items() if blocks], ids=_name)
def test_the_blocks_of_a_page_run(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = _BLOCKS[page]
    with run_servers("".join(block.code for block in blocks)) as addresses:
        logins = {address: _login(host) for host, address in addresses.items()}
        (folder / "config.json").write_text(json.dumps({"auths": logins}))
        for block in blocks:
            code = block.code
            for host, address in addresses.items():
                code = code.replace(f"https://{host}", f"http://{address}").replace(host, address)
            _run(block, code, monkeypatch)


def _login(host: str) -> dict[str, str]:
    username = HOSTS[host].get("username", "AWS")
    return {"auth": base64.b64encode(f"{username}:{PASSWORD}".encode()).decode()}


def _run(block: Block, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = f"{_name(block.page)}, line {block.line}"
    match block.language:
        case "python" if not _is_for_pytest(block):
            if "os.fork()" in code:  # of a process without other threads
                if not hasattr(os, "fork"):
                    return
                done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"{place}: {done.stderr}"
            else:
                exec(compile(code, place, "exec"), {"__name__": "__main__"})
        case "python":
            compile(code, place, "exec")
        case "sh":
            for line in code.replace("\\\n", " ").splitlines():
                _run_line(line, place, monkeypatch)
        case "yaml":
            _run_steps(yaml.safe_load(code))
        case "json":
            json.loads(code)
        case language:
            assert language in ("text", "toml", "dockerfile"), f"{place}: {language}"


def _run_line(line: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(os.path.expandvars(line), comments=True)
    if "|" in words:
        words = words[: words.index("|")]
    if not words:
        return
    if words[0] == "export":
        monkeypatch.setenv(*words[1].split("=", 1))
    elif words[:2] == ["docker-registry-sdk", "serve"]:
        return
    elif words[0] == "docker-registry-sdk":
        assert run(words[1:]) == 0, f"{place}: {line}"
    else:
        assert words[0] in _OTHER_PROGRAMS or words[0].startswith("scripts/"), f"{place}: {line}"


def _run_steps(workflow: dict[str, dict[str, dict[str, list[dict[str, str]]]]]) -> None:
    """Check the Python in the steps of a GitHub workflow."""
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if step.get("shell") == "python":
                compile(step["run"], "workflow", "exec")


def test_the_tests_in_the_pages_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [block for block in _PYTHON if _is_for_pytest(block)]
    for block in blocks:
        (tmp_path / f"test_{_module(block)}.py").write_text(block.code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    installed = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:schemathesis", "--import-mode=importlib"]
    command = [sys.executable, "-m", "pytest", *options, *([] if installed else ["-p", PLUGIN]), "."]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout
    assert " skipped" not in done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= len(blocks)


def test_the_blocks_are_strictly_typed(tmp_path: Path) -> None:
    for block in _PYTHON:
        (tmp_path / f"{_module(block)}.py").write_text(block.code, encoding="utf-8")
    options = ["--strict", "--platform=linux", f"--cache-dir={PROJECT / '.mypy_cache'}", "--config-file="]
    command = [sys.executable, "-m", "mypy", *options, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, env=os.environ, check=False)
    assert done.returncode == 0, done.stdout


def _module(block: Block) -> str:
    return f"{re.sub(r'[^a-z0-9]', '_', _name(block.page).lower())}_line_{block.line}"


def test_every_host_in_the_pages_has_a_registry() -> None:
    code = "".join(block.code for block in _PYTHON)
    hosts = set(re.findall(r"\"(?:https?://)?([a-z0-9.-]+(?:\.[a-z]+|:\d+))/[a-z]", code))
    assert hosts <= HOSTS.keys()
