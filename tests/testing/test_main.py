"""The command `python -m docker_registry_sdk.testing`."""

import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.testing.__main__ import PASSWORD_VARIABLE, USERNAME_VARIABLE, main
from tests.testing.helpers import digest_of, push_blob


@contextmanager
def serving(
    *arguments: str, environment: dict[str, str] | None = None, end: signal.Signals = signal.SIGTERM
) -> Generator[dict[str, str]]:
    """Run the command, yield the lines that it has printed, and check that it exits with 0 after a signal."""
    command = [sys.executable, "-W", "error", "-m", "docker_registry_sdk.testing", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **(environment or {})}) as process:
        try:
            assert process.stdout is not None
            printed: dict[str, str] = {}
            while "ready" not in printed:
                line = process.stdout.readline()
                assert line, process.stderr and process.stderr.read()
                name, _, value = line.rstrip("\n").partition(": ")
                printed[name] = value
            yield printed
            process.send_signal(end)
            rest, errors = process.communicate(timeout=60)
            assert (process.returncode, rest, errors) == (0, "", "")
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_no_authentication(end: signal.Signals) -> None:
    with serving("--port", "0", end=end) as printed:
        assert set(printed) == {"url", "ready"}
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", printed["url"])
        assert httpx.get(f"{printed['url']}/v2/").status_code == 200


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_random_credentials(auth: str) -> None:
    with serving("--port", "0", "--auth", auth) as printed:
        assert set(printed) == {"url", "username", "password", "ready"}
        assert httpx.get(f"{printed['url']}/v2/").headers["www-authenticate"].lower().startswith(("basic ", "bearer "))
        url = printed["url"] + ("/v2/" if auth == "basic" else "/token")
        for password, status in [(printed["password"], 200), ("wrong", 401)]:
            assert httpx.get(url, auth=(printed["username"], password)).status_code == status


def test_credentials_from_the_environment() -> None:
    environment = {USERNAME_VARIABLE: "ann", PASSWORD_VARIABLE: "hunter2"}
    with serving("--port", "0", "--auth", "basic", environment=environment) as printed:
        assert set(printed) == {"url", "username", "ready"}
        assert httpx.get(f"{printed['url']}/v2/", auth=("ann", "hunter2")).status_code == 200


def test_credentials_from_the_command_line() -> None:
    arguments = ["--port", "0", "--auth", "basic", "--username", "bob", "--password", "hunter3"]
    with serving(*arguments, environment={USERNAME_VARIABLE: "ann", PASSWORD_VARIABLE: "hunter2"}) as printed:
        assert httpx.get(f"{printed['url']}/v2/", auth=("bob", "hunter3")).status_code == 200


def test_tls_and_another_host() -> None:
    with serving("--port", "0", "--tls", "--host", "localhost") as printed:
        assert printed["url"].startswith("https://localhost:")
        context = ssl.create_default_context(cafile=printed["ca file"])
        assert httpx.get(f"{printed['url']}/v2/", verify=context).status_code == 200
    assert not Path(printed["ca file"]).exists()


def test_a_profile() -> None:
    with serving("--port", "0", "--profile", "ecr") as printed:
        assert printed["username"] == "AWS"
        assert httpx.get(f"{printed['url']}/v2/", auth=("AWS", printed["password"])).status_code == 200
        assert httpx.get(f"{printed['url']}/v2/").headers["www-authenticate"].startswith("Basic ")
    with serving("--port", "0", "--profile", "quay", "--auth", "none") as printed:
        assert "username" not in printed
        assert httpx.get(f"{printed['url']}/v2/repo/tags/list", params={"n": 101}).status_code == 413


def test_storage_in_a_directory(tmp_path: Path) -> None:
    for _ in range(2):
        with serving("--port", "0", "--storage", str(tmp_path)) as printed, httpx.Client(base_url=printed["url"]) as client:
            path = f"/v2/repo/blobs/{digest_of(b'kept')}"
            if client.head(path).status_code == 404:
                push_blob(client, "repo", b"kept")
            assert client.get(path).content == b"kept"


@pytest.mark.parametrize(
    "arguments", [["--port", "99999"], ["--host", "192.0.2.1", "--port", "0"], ["--username", "a:b"], ["--password", ""]]
)
def test_registry_that_cannot_start(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert main(arguments) == 1
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("python -m docker_registry_sdk.testing: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--auth", "digest"], ["--profile", "nowhere"], ["--port", "x"], ["nonsense"]])
def test_invalid_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert PASSWORD_VARIABLE in capsys.readouterr().out
