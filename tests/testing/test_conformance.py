"""The OCI conformance suite: all APIs and all kinds of data are enabled, and no test is skipped."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from docker_registry_sdk.testing import EmbeddedRegistry, Settings
from docker_registry_sdk.testing.auth.authentication import AuthMode

MODULE = "github.com/opencontainers/distribution-spec/conformance"
VERSION = "v0.0.0-20260831232431-97274622c111"
"""The version of the suite in the Go module proxy. Its only difference from commit 967efdc: it does not accept compression."""

PROGRAM_VARIABLE = "OCI_CONFORMANCE_PROGRAM"
"""The environment variable with the path of another build of the suite."""

CACHE = Path(__file__).parents[2] / ".cache" / "oci-conformance" / VERSION
APIS = 28
KINDS_OF_DATA = 24
API_SWITCHES = 16
DATA_SWITCHES = 15


def go_is_new_enough() -> bool:
    """Return whether Go 1.24 or newer is installed."""
    if shutil.which("go") is None:
        return False
    found = re.search(r"go(\d+)\.(\d+)", subprocess.check_output(["go", "version"], text=True))
    return found is not None and (int(found[1]), int(found[2])) >= (1, 24)


@pytest.fixture(scope="module")
def program() -> Path:
    """The program of the suite, installed once. If it cannot be installed, the test is skipped, or fails if CI=true."""
    if given := os.environ.get(PROGRAM_VARIABLE):
        return Path(given)
    path = CACHE / "conformance"
    if not path.exists():
        problem = install()
        if problem is not None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(problem)
    return path


def install() -> str | None:
    """Install the program, and return an error message or None."""
    if not go_is_new_enough():
        return "the conformance suite requires Go 1.24 or newer"
    environment = {**os.environ, "GOBIN": str(CACHE), "GOFLAGS": "-mod=mod"}
    run = subprocess.run(["go", "install", f"{MODULE}@{VERSION}"], env=environment, capture_output=True, text=True, timeout=600)
    return f"the conformance suite could not be installed: {run.stderr}" if run.returncode else None


def switches(config: Any) -> list[bool]:
    """Return all booleans in a part of the configuration of the suite; each of them enables some tests."""
    if isinstance(config, bool):
        return [config]
    return [switch for value in config.values() for switch in switches(value)]


@pytest.mark.parametrize("auth", ["none", "basic", "token"])
def test_conformance(program: Path, storage_path: Path | None, tmp_path: Path, auth: AuthMode) -> None:
    results = tmp_path / "results"
    settings = Settings(sparse_images=True)
    with EmbeddedRegistry(storage=storage_path, settings=settings, auth=auth, anonymous_pull=False) as registry:
        environment = {
            "OCI_USERNAME": registry.username,
            "OCI_PASSWORD": registry.password,
            "OCI_REGISTRY": registry.host,
            "OCI_TLS": "disabled",
            "OCI_VERSION": "dev",
            "OCI_DATA_SPARSE": "true",
            "OCI_RESULTS_DIR": str(results),
        }
        run = subprocess.run([program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    report = results / "results.yaml"
    assert report.exists(), run.stdout + run.stderr
    document = yaml.safe_load(report.read_text())
    config = document["config"]
    assert switches(config["apis"]) == [True] * API_SWITCHES
    assert switches(config["data"]) == [True] * DATA_SWITCHES
    outcomes = {**document["apis"], **document["data"]}
    assert (len(document["apis"]), len(document["data"])) == (APIS, KINDS_OF_DATA)
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "Pass"} == {}
    counts = dict(re.findall(r"^  (Disabled|Skip|Pass|FAIL|Error)\.+: +(\d+)$", run.stdout, re.MULTILINE))
    passed = int(counts.pop("Pass"))
    assert counts == {"Disabled": "0", "Skip": "0", "FAIL": "0", "Error": "0"}
    assert passed > 1000
    assert run.returncode == 0
    assert [record for record in registry.requests if record.status is None or record.status >= 500] == []
