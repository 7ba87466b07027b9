"""`serve`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import RunCli
from tests.cli.runner import PROGRAM


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_registry_runs_until_a_signal(run_cli: RunCli, end: signal.Signals) -> None:
    command = [*PROGRAM, "serve", "--port", "0", "--auth", "token", "--username", "ann"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            facts = dict(process.stdout.readline().rstrip("\n").split("\t") for _ in range(3))
            index = facts["url"].partition("://")[2]
            assert facts["username"] == "ann"
            done = run_cli("login", index, "-u", "ann", "--password-stdin", stdin=facts["password"])
            assert done.code == 0
            process.send_signal(end)
            out, err = process.communicate(timeout=60)
            assert (process.returncode, out, err) == (0, "", "Ready. Press Ctrl-C to stop.\n")
        finally:
            process.kill()


def test_json_and_a_chosen_password() -> None:
    command = [*PROGRAM, "serve", "--port", "0", "--profile", "ecr", "--json"]
    environment = {"EMBEDDED_REGISTRY_PASSWORD": "chosen"}
    with subprocess.Popen(
        ["env", *(f"{name}={value}" for name, value in environment.items()), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            assert (facts["username"], facts["password"], facts["ca_file"]) == ("AWS", None, None)
        finally:
            process.kill()


def test_one_api_version_only(run_cli: RunCli) -> None:
    command = [*PROGRAM, "serve", "--port", "0", "--api", "v1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            index = process.stdout.readline().rstrip("\n").partition("://")[2]
            assert "api_version\t1\n" in run_cli("ping", index).out
        finally:
            process.kill()


def test_wrong_options(run_cli: RunCli) -> None:
    assert "docker-hub" in run_cli("serve", "--profile", "nowhere").check_failure(2)[0]
    run_cli("serve", "--auth", "basic", "--username", "a:b").check_failure(2)
    run_cli("serve", "--host", "192.0.2.1", "--port", "0").check_failure(1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler  # the former handler is restored


def test_the_extra_is_named_when_it_is_missing() -> None:
    code = "import sys; sys.modules['starlette'] = None; from docker_registry_sdk.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "serve", "--port", "0"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    problem, hint = done.stderr.splitlines()
    assert "starlette" in problem
    assert "pip install 'docker-registry-sdk[testing]'" in hint
