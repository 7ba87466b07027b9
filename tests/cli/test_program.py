"""The program in this process: its streams, its signals, and its log."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from docker_registry_sdk import __main__ as program
from docker_registry_sdk.cli.streams import STDOUT, drop_unwritten_output, open_standard_streams
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing import __main__ as registry_program
from tests.cli.conftest import RunCli


@pytest.fixture(autouse=True)
def restored_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the process its streams, the handlers of its signals and its log back after the test."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    log = logging.getLogger("docker_registry_sdk")
    settings = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], level, log.propagate = settings
    log.setLevel(level)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_the_program_prints_and_returns_its_status(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["docker-registry-sdk", "parse", "alpine", "--json"])
    assert program.main() == 0
    assert json.loads(capfd.readouterr().out)["remote_name"] == "library/alpine"
    monkeypatch.setattr(sys, "argv", ["docker-registry-sdk", "parse", "a:"])
    assert program.main() == 2
    assert capfd.readouterr().err.startswith("Error: ")


def test_ctrl_c_while_the_program_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def __getattr__(self, _: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "docker_registry_sdk.cli.main", Interrupted())
    assert program.main() == 130


@pytest.mark.parametrize(("missing", "status"), [("click", 1), ("anyio", None)])
def test_a_package_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, missing: str, status: int | None
) -> None:
    class Missing:
        def __getattr__(self, _: str) -> None:
            raise ModuleNotFoundError(name=missing)

    monkeypatch.setitem(sys.modules, "docker_registry_sdk.cli.main", Missing())
    if status is None:
        with pytest.raises(ModuleNotFoundError):
            program.main()
    else:
        assert program.main() == status
        assert "pip install 'docker-registry-sdk[cli]'" in capsys.readouterr().err


def test_closed_streams_are_replaced(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    open_standard_streams()
    assert sys.stdin.read() == ""
    print("out")
    print("err", file=sys.stderr)
    drop_unwritten_output()
    assert capfd.readouterr() == ("out\n", "err\n")


def test_a_stream_that_is_no_file_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    console = io.StringIO()
    monkeypatch.setattr(sys, "stdout", console)
    open_standard_streams()
    assert sys.stdout is console


def test_errors_of_standard_output_name_it_and_those_of_standard_error_are_dropped() -> None:
    kept = [os.dup(1), os.dup(2)]
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        os.dup2(full, 1)
        os.dup2(full, 2)
        open_standard_streams()
        print("lost", file=sys.stderr, flush=True)
        with pytest.raises(OSError, match="No space left") as caught:
            print("lost", flush=True)
        drop_unwritten_output()
    finally:
        for number, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, number)
        for descriptor in (full, *kept):
            os.close(descriptor)
    assert caught.value.filename == STDOUT


def test_sigterm_ends_a_command(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def terminated(_: str) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(60)

    monkeypatch.setattr("docker_registry_sdk.reference.parse_repo_and_ref", terminated)
    done = run_cli("parse", "alpine")
    assert (done.code, done.out, done.err) == (143, "", "Interrupted\n")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


_WAITS_FOR_REQUESTS = """
import sys, time
from docker_registry_sdk import reference
from docker_registry_sdk.cli import main
main._SECOND_SIGNAL_SECONDS = 0
def wait_for_requests(_):
    try:
        print("begun", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    time.sleep(60)
reference.parse_repo_and_ref = wait_for_requests
sys.exit(main.run(["parse", "alpine"]))
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_a_command_that_waits_for_requests(number: signal.Signals, status: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WAITS_FOR_REQUESTS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in ("begun\n", "interrupted\n"):
            assert process.stdout.readline() == line
            process.send_signal(number)
        assert process.communicate(timeout=60) == ("", "Interrupted\n")
    assert process.returncode == status


def test_a_program_that_handles_sigterm_itself_keeps_its_handler(run_cli: RunCli) -> None:
    received: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    assert run_cli("parse", "alpine").code == 0
    os.kill(os.getpid(), signal.SIGTERM)
    assert received == [signal.SIGTERM]


def test_v_and_debug(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    done = run_cli("-v", "tags", f"{open_registry.host}/team/app")
    assert done.lines == ["1.0", "1.1", "latest"]
    assert any(line.startswith("* GET ") for line in done.err.splitlines())
    assert "Traceback" in run_cli("tags", f"{open_registry.host}/team/none", "--debug").err


def terminate_when_ready(port: int) -> threading.Thread:
    """Return a thread that sends SIGTERM to this process as soon as a server listens on the port."""

    def wait_and_kill() -> None:
        for _ in range(6000):
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            threading.Event().wait(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=wait_and_kill)
    thread.start()
    return thread


def free_port() -> int:
    """Return a port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_registry_is_served_until_sigterm(run_cli: RunCli) -> None:
    port = free_port()
    thread = terminate_when_ready(port)
    done = run_cli("serve", "--port", str(port), "--auth", "basic", "--username", "ann", "--json")
    thread.join()
    facts = json.loads(done.out)
    assert (done.code, facts["url"], facts["username"]) == (0, f"http://127.0.0.1:{port}", "ann")


def test_the_program_of_the_testing_package_serves_until_sigterm(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    thread = terminate_when_ready(port)
    assert registry_program.main(["--port", str(port), "--auth", "token", "--username", "ann"]) == 0
    thread.join()
    assert capfd.readouterr().out.splitlines()[:2] == [f"url: http://127.0.0.1:{port}", "username: ann"]
