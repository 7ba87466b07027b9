"""Schemathesis: valid and invalid requests generated from openapi/, and a check of each response against openapi/.

Schemathesis runs as a separate process, so that it imports nothing here; its report names failed requests as curl commands.
Its checks `positive_data_acceptance` and `negative_data_rejection` are disabled: the descriptions do not contain the grammar of
names, tags and digests, because that of other registries may differ; and the second check would report the seeds as errors.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v2.operations import OPERATIONS
from tests.testing.seeds import NAME, OTHER, sow, with_account, with_seeds

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
EXAMPLES = 12
PUSH = [f"repository:{NAME}:pull,push", f"repository:{OTHER}:pull,push"]
SCOPES = [f"repository:{NAME}:pull,push,delete", f"repository:{OTHER}:pull", "registry:catalog:*"]

DESERIALIZERS = """
import json, schemathesis

@schemathesis.deserializer("application/vnd.docker.distribution.manifest.v1+prettyjws")
def signed(context, response):
    return json.loads(response.content)
"""


def run(description: Path, url: str, *options: str, phases: str = "coverage") -> dict[str, Any]:
    """Run Schemathesis, and return its report; fail with its output if a check fails.

    Args:
        description: The file with the OpenAPI description.
        url: The URL of the registry.
        options: Further options.
        phases: `coverage` generates requests for each rule of the description, `fuzzing` random requests.
    """
    folder = description.parent
    (folder / "deserializers.py").write_text(DESERIALIZERS, encoding="utf-8")
    (folder / "schemathesis.toml").write_text('hooks = "deserializers"\n', encoding="utf-8")
    report = folder / "report.json"
    command = [
        *[sys.executable, "-m", "schemathesis.cli", "--config-file", str(folder / "schemathesis.toml"), "run", str(description)],
        *["--url", url, "--checks", ",".join(CHECKS), "--phases", phases],
        *["--max-examples", str(EXAMPLES), "--generation-deterministic", "--continue-on-failure", "--request-timeout", "5"],
        *["--suppress-health-check", "all", "--warnings", "off", "--no-color"],
        *["--report", "json", "--report-json-path", str(report), *options],
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    if done.returncode:
        pytest.fail(f"Schemathesis reports errors:\n{done.stdout}\n{done.stderr}")
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return document


def description(folder: Path, document: dict[str, Any]) -> Path:
    """Write a description to a file."""
    path = folder / "description.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def refused(report: dict[str, Any]) -> set[str]:
    """Return the operations that have accepted no request."""
    return {name for name, phases in report["valid_rates"].items() if not any(phase["accepted"] for phase in phases.values())}


def bearer(registry: EmbeddedRegistry, *scopes: str) -> str:
    """Return the Authorization value with a token for some scopes."""
    query = {"service": "embedded-registry", "scope": list(scopes)}
    response = httpx.get(registry.token_url, params=query, auth=(registry.username, registry.password))
    return f"Bearer {response.json()['token']}"


def test_api_v2(tmp_path: Path) -> None:
    with EmbeddedRegistry(auth="token") as registry, httpx.Client(base_url=registry.url) as client:
        client.headers["authorization"] = bearer(registry, *PUSH)
        document = with_seeds(sow(client))
        registry.requests.clear()
        header = f"Authorization: {bearer(registry, *SCOPES)}"
        report = run(description(tmp_path, document), registry.url, "--header", header, phases="coverage,fuzzing")
        seen = {record.status for record in registry.requests}
    assert report["operations"]["tested"] == len(OPERATIONS)
    assert refused(report) == set()
    assert seen == {200, 201, 202, 204, 206, 304, 400, 401, 404, 405, 412, 416}


def test_the_token_service(tmp_path: Path) -> None:
    credentials = ("user", "password")
    with EmbeddedRegistry(auth="token", username=credentials[0], password=credentials[1]) as registry:
        response = httpx.get(registry.token_url, params={"offline_token": "true"}, auth=credentials).json()
        document = with_account(*credentials, response["refresh_token"])
        reports = [
            run(description(tmp_path, document), registry.url, *options) for options in ([], ["--auth", ":".join(credentials)])
        ]
        seen = {record.status for record in registry.requests}
    assert [refused(report) for report in reports] == [set(), set()]
    assert seen == {200, 400, 401, 405}


def test_what_is_not_described_is_found(tmp_path: Path) -> None:
    """A response that the description does not contain is reported."""
    document = with_account("user", "password", "token")
    del document["paths"]["/token"]["get"]["responses"]["400"]
    with EmbeddedRegistry(auth="token") as registry, pytest.raises(pytest.fail.Exception, match="Received: 400"):
        run(description(tmp_path, document), registry.url, "--include-method", "GET")
