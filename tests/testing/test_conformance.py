"""The OCI conformance suite, in full: every API and every kind of data is on, and nothing is skipped."""

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
"""A version that module proxies serve; it differs from commit 967efdc in one thing: it asks for no compression."""

PROGRAM_VARIABLE = "OCI_CONFORMANCE_PROGRAM"
"""Names another build of the suite to run instead."""

CACHE = Path(__file__).parents[2] / ".cache" / "oci-conformance" / VERSION
APIS = 28
KINDS_OF_DATA = 24
SWITCHED_APIS = 16
SWITCHED_DATA = 15


def go_is_new_enough() -> bool:
    """Say whether Go 1.24 or newer is here."""
    if shutil.which("go") is None:
        return False
    found = re.search(r"go(\d+)\.(\d+)", subprocess.check_output(["go", "version"], text=True))
    return found is not None and (int(found[1]), int(found[2])) >= (1, 24)


@pytest.fixture(scope="module")
def program() -> Path:
    """Return the suite's program; it is installed once. Without it the test is skipped, but never where CI=true."""
    if given := os.environ.get(PROGRAM_VARIABLE):
        return Path(given)
    path = CACHE / "conformance"
    if not path.exists():
        problem = install()
        if problem is not None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(problem)
    return path


def install() -> str | None:
    """Install the program; return what stands in the way, if something does."""
    if not go_is_new_enough():
        return "the conformance suite needs Go 1.24 or newer"
    environment = {**os.environ, "GOBIN": str(CACHE), "GOFLAGS": "-mod=mod"}
    run = subprocess.run(["go", "install", f"{MODULE}@{VERSION}"], env=environment, capture_output=True, text=True, timeout=600)
    return f"the conformance suite could not be installed: {run.stderr}" if run.returncode else None


def switches(config: Any) -> list[bool]:
    """List the values of the part of the suite's configuration that turns tests on and off."""
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
    assert switches(config["apis"]) == [True] * SWITCHED_APIS
    assert switches(config["data"]) == [True] * SWITCHED_DATA
    outcomes = {**document["apis"], **document["data"]}
    assert (len(document["apis"]), len(document["data"])) == (APIS, KINDS_OF_DATA)
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "Pass"} == {}
    counts = dict(re.findall(r"^  (Disabled|Skip|Pass|FAIL|Error)\.+: +(\d+)$", run.stdout, re.MULTILINE))
    passed = int(counts.pop("Pass"))
    assert counts == {"Disabled": "0", "Skip": "0", "FAIL": "0", "Error": "0"}
    assert passed > 1000
    assert run.returncode == 0
    assert [record for record in registry.requests if record.status is None or record.status >= 500] == []
