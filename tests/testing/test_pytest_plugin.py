"""The pytest plugin, in separate pytest processes."""

import inspect
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, EmbeddedRegistryFactory

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
PLUGIN = "docker_registry_sdk.testing.pytest_plugin"


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest with the plugin: by its entry point if the package is installed, otherwise by its module name."""
    installed = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    return pytester.runpytest_subprocess("-W", "error", *([] if installed else ["-p", PLUGIN]), *arguments)


def test_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import socket
        import httpx
        import pytest
        from docker_registry_sdk.testing import EmbeddedRegistry, EmbeddedRegistryFactory, RegistrySettings

        seen = []

        def test_one(embedded_registry: EmbeddedRegistry):
            assert httpx.get(f"{embedded_registry.url}/v2/").status_code == 200
            seen.append(embedded_registry)

        def test_two(embedded_registry: EmbeddedRegistry):
            assert embedded_registry is not seen[0]
            assert len(embedded_registry.requests) == 0

        def test_many(embedded_registry_factory: EmbeddedRegistryFactory, tmp_path):
            first = embedded_registry_factory(auth="token", username="ann", settings=RegistrySettings(page_limit=3))
            second = embedded_registry_factory(tls=True, storage=tmp_path / "storage")
            assert first.username == "ann"
            assert httpx.get(f"{first.url}/v2/").status_code == 401
            assert httpx.get(f"{second.url}/v2/", verify=False).status_code == 200
            seen.extend([first, second])

        def test_stopped():
            assert len(seen) == 3
            for registry in seen:
                with pytest.raises(RuntimeError, match="not running"):
                    registry.url
        """
    )
    run(pytester, "-p", "no:randomly").assert_outcomes(passed=4)


def test_without_the_extra(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys; sys.modules.update(dict.fromkeys(['starlette', 'uvicorn', 'httptools']))")
    pytester.makepyfile(
        "def test_one(embedded_registry): pass\ndef test_two(embedded_registry_factory): pass\ndef test_three(): pass"
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(["*pip install docker-registry-sdk[[]testing[]]*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*another exception*")


def test_fixtures_are_listed(pytester: pytest.Pytester) -> None:
    run(pytester, "--fixtures").stdout.fnmatch_lines(["embedded_registry*", "embedded_registry_factory*"])


def test_loading_imports_no_server_libraries() -> None:
    program = f"""
import sys, pytest
before = set(sys.modules)
import {PLUGIN}
print(*sorted(set(sys.modules) - before))
"""
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    parts = ("", "._core", "._core.lazy_exports", ".testing", ".testing.extra", ".testing.pytest_plugin")
    assert loaded == [f"docker_registry_sdk{part}" for part in parts]


def test_options_of_the_factory_are_the_arguments_of_the_class() -> None:
    options = inspect.signature(EmbeddedRegistryFactory.__call__).parameters.values()
    arguments = inspect.signature(EmbeddedRegistry).parameters.values()
    assert [(each.name, each.kind, each.default) for each in [*options][1:]] == [
        (each.name, each.kind, each.default) for each in arguments
    ]


def test_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"docker_registry_sdk": PLUGIN}
