"""The OCI conformance suite: all APIs and all kinds of data are enabled, and no test is skipped."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.testing.auth.authentication import AuthMode
from tests.support.go_programs import require_go_program

MODULE = "github.com/opencontainers/distribution-spec/conformance"
VERSION = "v0.0.0-20260831232431-97274622c111"
"""The version of the suite in the Go module proxy. Its only difference from commit 967efdc: it does not accept compression."""

PROGRAM_VARIABLE = "OCI_CONFORMANCE_PROGRAM"
"""The environment variable with the path of another build of the suite."""

APIS = 28
KINDS_OF_DATA = 24
API_SWITCHES = 16
DATA_SWITCHES = 15


@pytest.fixture(scope="module")
def program() -> Path:
    """The program of the suite; without Go, the test is skipped, or fails if CI=true."""
    given = os.environ.get(PROGRAM_VARIABLE)
    return Path(given) if given else require_go_program(MODULE, VERSION)


def switches(config: Any) -> list[bool]:
    """Return all booleans in a part of the configuration of the suite; each of them enables some tests."""
    if isinstance(config, bool):
        return [config]
    return [switch for value in config.values() for switch in switches(value)]


@pytest.mark.parametrize(("storage", "auth"), [("memory", "none"), ("directory", "basic"), ("memory", "token")])
def test_conformance(program: Path, storage: str, tmp_path: Path, auth: AuthMode) -> None:
    results = tmp_path / "results"
    storage_path = tmp_path / "storage" if storage == "directory" else None
    settings = RegistrySettings(sparse_images=True)
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
