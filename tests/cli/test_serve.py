"""`serve`: the embedded registry as a command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import Call
from tests.cli.driving import PROGRAM, run


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end(end: signal.Signals) -> None:
    command = [*PROGRAM, "serve", "--port", "0", "--auth", "token", "--username", "ann"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            facts = dict(process.stdout.readline().rstrip("\n").split("\t") for _ in range(3))
            index = facts["url"].partition("://")[2]
            assert facts["username"] == "ann"
            done = run("login", index, "-u", "ann", "--password-stdin", stdin=facts["password"])
            assert done.code == 0
            process.send_signal(end)
            out, err = process.communicate(timeout=10)
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
            text = b""
            while not text.endswith(b"}\n"):
                line = process.stdout.readline()
                assert line, process.stderr and process.stderr.read()
                text += line
            facts = json.loads(text)
            assert (facts["username"], facts["password"], facts["ca_file"]) == ("AWS", None, None)
        finally:
            process.kill()


def test_one_version_of_the_api_alone() -> None:
    command = [*PROGRAM, "serve", "--port", "0", "--api", "v1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            index = process.stdout.readline().rstrip("\n").partition("://")[2]
            assert "api_version\t1\n" in run("ping", index).out
        finally:
            process.kill()


def test_what_it_cannot_serve(call: Call) -> None:
    assert "docker-hub" in call("serve", "--profile", "nowhere").failed(2)[0]
    call("serve", "--auth", "basic", "--username", "a:b").failed(2)
    call("serve", "--host", "192.0.2.1", "--port", "0").failed(1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler  # Ctrl-C is the caller's again


def test_what_is_said_without_the_extra() -> None:
    code = "import sys; sys.modules['starlette'] = None; from docker_registry_sdk.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "serve", "--port", "0"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    what, advice = done.stderr.splitlines()
    assert "embedded registry" in what
    assert "pip install docker-registry-sdk[testing]" in advice
