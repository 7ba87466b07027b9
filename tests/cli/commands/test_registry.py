"""`ping` and `repos`; `test_api.py` has a search."""

from __future__ import annotations

import json
from typing import Literal

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.conftest import RunCli

V1_ONLY: tuple[Literal["v1"]] = ("v1",)


def test_ping(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    done = run_cli("ping", open_registry.host)
    assert done.lines == [f"index\t{open_registry.host}", f"url\t{open_registry.url}", "api_version\t2"]


def test_ping_falls_back_to_v1(run_cli: RunCli) -> None:
    with EmbeddedRegistry(apis=V1_ONLY) as registry:
        assert json.loads(run_cli("ping", registry.host, "--json").out)["api_version"] == 1


def test_repos(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    assert run_cli("repos", open_registry.host).lines == ["team/app"]
    assert json.loads(run_cli("repos", open_registry.host, "--json").out) == {"repo": "team/app"}
