"""`parse` and `completion`."""

from __future__ import annotations

import json
import subprocess

from tests.cli.conftest import RunCli
from tests.cli.runner import PROGRAM, run_program


def test_parse(run_cli: RunCli) -> None:
    assert run_cli("parse", "alpine:3.20").lines == [
        "index\tdocker.io",
        "official\tyes",
        "remote_name\tlibrary/alpine",
        "local_name\talpine",
        "canonical_name\tdocker.io/alpine",
        "tag\t3.20",
    ]
    document = json.loads(run_cli("parse", "http://localhost:5000/a/b", "--json").out)
    assert document["remote_name"] == "a/b"
    assert (document["scheme"], document["official"], document["digest"]) == ("http", False, None)


def test_completion(run_cli: RunCli) -> None:
    for shell in ("zsh", "fish"):
        assert "_DOCKER_REGISTRY_SDK_COMPLETE" in run_cli("completion", shell).out
    script = f"""
    set -e
    docker-registry-sdk() {{ {" ".join(PROGRAM)} "$@"; }}
    eval "$(docker-registry-sdk completion bash)"
    complete -p docker-registry-sdk
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    assert "_docker_registry_sdk_completion" in done.stdout
    variables = {
        "_DOCKER_REGISTRY_SDK_COMPLETE": "bash_complete",
        "COMP_CWORD": "3",
        "COMP_WORDS": "docker-registry-sdk api v2 list_t",
    }
    assert run_program(env=variables).lines == ["plain,list_tags"]
