"""The published form of the OpenAPI files, `docker_registry_sdk.openapi`."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

SPECS = sorted((Path(__file__).parents[2] / "openapi").glob("*.yaml"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_package_has_each_openapi_file_as_yaml_and_json(spec: Path) -> None:
    published = files("docker_registry_sdk.openapi")
    assert published.joinpath(spec.name).read_text(encoding="utf-8") == spec.read_text(encoding="utf-8")
    document = json.loads(published.joinpath(f"{spec.stem}.json").read_text(encoding="utf-8"))
    assert document == yaml.load(spec.read_text(encoding="utf-8"), yaml.CSafeLoader)
