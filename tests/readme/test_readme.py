"""The README: its code runs and passes mypy, and its tables match the package."""

from __future__ import annotations

import base64
import inspect
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2, errors
from docker_registry_sdk._core.wire.operations import Operation
from docker_registry_sdk.cli.errors import MEANINGS
from docker_registry_sdk.cli.main import root
from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v1.operations import OPERATIONS as V1_OPERATIONS
from docker_registry_sdk.v2.operations import OPERATIONS as V2_OPERATIONS
from tests.readme.blocks import README, REGISTRY, readme_blocks, section
from tests.support.images import make_image
from tests.support.markdown import Block

PLUGIN = "docker_registry_sdk.testing.pytest_plugin"
_PASSWORD = "correct horse"
_SECTIONS = (
    "Install",
    "Ten lines that work",
    "Typed results in an editor",
    "Async",
    "Auth",
    "Errors",
    "Resumable transfer",
    "Testing with the embedded registry",
    "Regenerating from the spec",
    "Endpoints of API v2",
    "Endpoints of API v1",
    "Migrating from the node.js docker-registry-client",
    "Migrating from oras-py",
    "Migrating from dxf",
    "Command line",
    "Contributing",
    "Licence",
)


@pytest.fixture(scope="module")
def registry() -> Iterator[EmbeddedRegistry]:
    """A registry with a token service and the images that the README names."""
    with EmbeddedRegistry(auth="token", username="alice", password=_PASSWORD) as running:
        _push_images(running)
        yield running


@pytest.fixture(scope="module")
def open_registry() -> Iterator[EmbeddedRegistry]:
    """The same images on a registry without authentication."""
    with EmbeddedRegistry() as running:
        _push_images(running)
        yield running


def _push_images(registry: EmbeddedRegistry) -> None:
    name = f"{registry.url}/library/greeting"
    with RegistryClientV2(name, username="alice", password=_PASSWORD) as client:
        image = make_image()
        client.blob_upload(image.layer)
        client.blob_upload(image.config)
        client.blob_upload(b"abc")
        client.put_manifest(image.oci, "latest", media_type=OCI_MANIFEST)


@pytest.fixture
def working_folder(registry: EmbeddedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run a block in, with a stored login and the files that the blocks read."""
    auth = base64.b64encode(f"alice:{_PASSWORD}".encode()).decode()
    host = registry.url.removeprefix("http://")
    (tmp_path / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("REGISTRY_PASSWORD", _PASSWORD)
    monkeypatch.chdir(tmp_path)
    with tarfile.open("layer.tar.gz", "w:gz") as tar:
        tar.add("config.json", "hello")
    Path("report.txt").write_text("all is well\n")
    return tmp_path


def _is_for_pytest(block: Block) -> bool:
    return "\ndef test_" in block.code


@pytest.mark.parametrize("block", [block for block in readme_blocks() if not _is_for_pytest(block)], ids=str)
def test_a_block_runs(
    block: Block,
    registry: EmbeddedRegistry,
    open_registry: EmbeddedRegistry,
    working_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = block.code.replace(f"http://{REGISTRY}", open_registry.url).replace(REGISTRY, registry.url.removeprefix("http://"))
    exec(compile(code, f"{README.name}, line {block.line}", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out, "the block prints nothing"


@pytest.mark.parametrize("block", [block for block in readme_blocks() if _is_for_pytest(block)], ids=str)
def test_a_block_with_tests_passes(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_block.py").write_text(block.code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(README.parent))
    installed = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", *([] if installed else ["-p", PLUGIN]), "."]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert " skipped" not in done.stdout


def test_the_blocks_are_strictly_typed(tmp_path: Path) -> None:
    for block in readme_blocks():
        (tmp_path / f"line_{block.line}.py").write_text(block.code, encoding="utf-8")
    cache = README.parent / ".mypy_cache"
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={cache}", "--config-file=", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=README.parent, env=os.environ, check=False)
    assert done.returncode == 0, done.stdout


def test_the_order_of_the_sections() -> None:
    titles = [line.removeprefix("## ") for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert tuple(titles) == _SECTIONS


@pytest.mark.parametrize(("version", "operations"), [(1, V1_OPERATIONS), (2, V2_OPERATIONS)])
def test_the_tables_of_endpoints_are_complete(version: int, operations: tuple[Operation, ...]) -> None:
    rows = [line for line in section(f"Endpoints of API v{version}").splitlines() if line.startswith("| `")]
    assert rows == [f"| `{one.id}` | `{one.method} {one.path}` | {one.summary} |" for one in operations]


def test_the_tables_of_the_command_line_are_complete() -> None:
    rows = [line for line in section("Command line").splitlines() if line.startswith("| ")]
    with root.make_context("docker-registry-sdk", [], resilient_parsing=True) as context:
        commands = []
        for name in root.list_commands(context):
            command = root.get_command(context, name)
            assert command is not None
            commands.append(f"| `{name}` | {command.get_short_help_str(200)} |")
    statuses = [f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items()]
    assert rows == ["| command | what it does |", *commands, "| exit status | meaning |", *statuses]


def test_the_tree_of_errors_matches_the_module() -> None:
    documentation = inspect.getdoc(errors) or ""
    tree = section("Errors").split("```\n")[1]
    assert inspect.cleandoc(tree) in documentation.replace("\n    ", "\n")
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, errors.RegistryError):
            assert name in tree
