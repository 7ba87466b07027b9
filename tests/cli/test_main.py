"""The program as a process: its start, its pipes, and Ctrl-C."""

from __future__ import annotations

import importlib.metadata
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.cli.errors import MEANINGS, ExitCode
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow
from tests.cli.conftest import BIG_LAYER, RunCli
from tests.cli.runner import PROGRAM, run_in_terminal, run_program
from tests.support.images import digest_of


def test_the_program_is_installed() -> None:
    program = Path(sys.executable).with_name("docker-registry-sdk")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == importlib.metadata.version("docker-registry-sdk")


def test_the_extra_is_named_when_click_is_missing() -> None:
    code = "import sys; sys.modules['click'] = None; from docker_registry_sdk.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    problem, hint = done.stderr.splitlines()
    assert "extra" in problem
    assert "pip install 'docker-registry-sdk[cli]'" in hint


def test_a_pipe_needs_no_rich() -> None:
    code = "import sys; sys.modules['rich.table'] = None; from docker_registry_sdk.__main__ import main; sys.exit(main())"
    without = [sys.executable, "-c", code, "parse", "alpine"]
    assert subprocess.run(without, capture_output=True, check=False).returncode == 0  # output in a pipe does not use rich


def test_help_loads_neither_the_library_nor_rich() -> None:
    code = (
        "import sys\nfrom docker_registry_sdk.cli.main import run\n"
        "assert run(['--help']) == 0 and run(['tags', '--help']) == 0 and run(['tags', '--nonsense']) == 2\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('httpx', 'rich', 'attrs', 'attr')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_v_shows_requests_and_authentication_without_secrets(token_registry: EmbeddedRegistry) -> None:
    arguments = ["-u", "ann", "--password-stdin", "-v"]
    done = run_program("tags", f"{token_registry.host}/team/app", *arguments, stdin=token_registry.password)
    assert done.lines == ["1.0", "1.1", "latest"]
    steps = done.err.splitlines()
    assert all(step.startswith("* ") for step in steps)
    for words in ("/v2/team/app/tags/list: 200", "challenge of", "credential for", "token from"):
        assert any(words in step for step in steps), done.err
    assert token_registry.password not in done.err
    assert "Bearer " not in done.err
    before = run_program("-v", "ping", "localhost:1")
    assert before.err.startswith("* GET ")


def test_the_program_ends_quietly_when_the_reader_closes_the_pipe(embedded_registry: EmbeddedRegistry) -> None:
    with RegistryClientV2(f"{embedded_registry.host}/big") as client:
        digest = client.blob_upload(BIG_LAYER).digest
    command = [*PROGRAM, "blob", f"{embedded_registry.host}/big@{digest}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read(1000) == BIG_LAYER[:1000]
        process.stdout.close()
        assert process.wait(timeout=30) == 141
        assert process.stderr.read() == b""


def test_pipes_without_a_reader() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([*PROGRAM, "--help"], stdout=writer, stderr=subprocess.PIPE, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (141, b"")
        done = subprocess.run([*PROGRAM, "parse", "a:"], stdout=subprocess.PIPE, stderr=writer, timeout=30, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
    finally:
        os.close(writer)


CLOSED = "standard output is closed"
FULL = "standard output: No space left on device"


@pytest.mark.parametrize(
    ("arguments", "redirections", "code", "problem"),
    [
        ("parse alpine", ">&-", 1, CLOSED),
        ("parse alpine --json", ">&-", 1, CLOSED),
        ("--help", ">&-", 1, CLOSED),
        ("parse --help", ">&-", 1, CLOSED),
        ("parse alpine", ">/dev/full", 1, FULL),
        ("--version", ">/dev/full", 1, FULL),
        ("tags localhost:1/a", ">&-", 5, "GET http"),
        ("tags localhost:1/a", ">/dev/full", 5, "GET http"),
        ("parse a:", "2>&-", 2, None),
        ("parse a:", "2>/dev/full", 2, None),
        ("tags localhost:1/a", "2>&- >&- <&-", 5, None),
        ("tags localhost:1/a -v", "2>/dev/full", 5, None),
        ("parse alpine", "2>&-", 0, None),
        ("parse alpine", ">&- 2>&-", 1, None),
        ("login localhost:1", "<&-", 2, "Give the user's name"),
        ("login localhost:1 -u ann", "<&-", 2, "Cannot prompt"),
        ("login localhost:1 -u ann --password-stdin", "<&-", 2, "The password is empty."),
    ],
)
def test_closed_and_full_streams(arguments: str, redirections: str, code: int, problem: str | None) -> None:
    done = run_in_shell(arguments, redirections)
    assert done.returncode == code
    if problem is None:
        assert done.stderr == ""
    else:
        first, second = done.stderr.splitlines()
        assert first.startswith(f"Error: {problem}")
        assert second.startswith("Try: ")


@pytest.mark.parametrize(("redirection", "problem"), [(">&-", CLOSED), (">/dev/full", FULL)])
def test_the_work_is_done_although_the_result_cannot_be_shown(
    run_cli: RunCli, open_registry: EmbeddedRegistry, tmp_path: Path, redirection: str, problem: str
) -> None:
    done = run_in_shell(f"pull {open_registry.host}/team/app {tmp_path}/layout", redirection)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, f"Error: {problem}")
    assert run_cli("inspect", f"oci:{tmp_path}/layout").code == 2  # inspect reads registries only
    assert run_cli("copy", f"oci:{tmp_path}/layout", f"{open_registry.host}/team/copy").code == 0


def test_a_blob_that_cannot_be_written(open_registry: EmbeddedRegistry, big_image: str) -> None:
    name = f"{big_image.removesuffix(':latest')}@{digest_of(BIG_LAYER)}"
    done = run_in_shell(f"blob {name}", ">/dev/full")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, f"Error: {FULL}")


def run_in_shell(arguments: str, redirections: str) -> subprocess.CompletedProcess[str]:
    """Run the program with redirections of a shell, and capture what it prints."""
    command = f"exec {sys.executable} -m docker_registry_sdk {arguments} {redirections}"
    return subprocess.run(
        ["sh", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_download_resumes_after_a_signal(
    embedded_registry: EmbeddedRegistry, tmp_path: Path, signal_number: signal.Signals
) -> None:
    with RegistryClientV2(f"{embedded_registry.host}/big") as client:
        digest = client.blob_upload(BIG_LAYER).digest
    embedded_registry.faults.add(Fault(Slow(300_000), operation="create_blob_read_stream"))
    folder = tmp_path / "files"
    folder.mkdir()
    command = [*PROGRAM, "blob", f"{embedded_registry.host}/big@{digest}", "-o", str(folder / "blob")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(1000):
            if any(path.stat().st_size for path in folder.iterdir()):
                break
            time.sleep(0.02)
        assert list(folder.iterdir()) != []
        process.send_signal(signal_number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (128 + signal_number, b"", b"Interrupted\n")
    assert [path.name for path in folder.iterdir()] == ["blob.part"]
    assert run_program(*command[len(PROGRAM) :]).code == 0
    assert [(path.name, path.read_bytes() == BIG_LAYER) for path in folder.iterdir()] == [("blob", True)]
    assert embedded_registry.requests[-1].header("range") is not None


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_uploads_of_a_copy(
    embedded_registry: EmbeddedRegistry, big_image: str, signal_number: signal.Signals
) -> None:
    embedded_registry.faults.add(Fault(Slow(300_000), operation="create_blob_read_stream", times=None))
    with EmbeddedRegistry() as target:
        command = [*PROGRAM, "copy", big_image, f"{target.host}/copy:1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            for _ in range(1000):
                if any(record.method == "POST" for record in target.requests):
                    break
                time.sleep(0.02)
            process.send_signal(signal_number)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (128 + signal_number, b"", b"Interrupted\n")
        methods = [record.method for record in target.requests if "/blobs/uploads/" in record.path]
        assert methods.count("DELETE") >= 1
        assert methods.count("POST") == methods.count("DELETE") + methods.count("PUT")


def test_a_terminated_progress_bar_shows_the_cursor_again(embedded_registry: EmbeddedRegistry, big_image: str) -> None:
    embedded_registry.faults.add(Fault(Slow(300_000), operation="create_blob_read_stream", times=None))
    with EmbeddedRegistry() as target:
        done = run_in_terminal("copy", big_image, f"{target.host}/copy:1", signals={"\x1b[?25l": signal.SIGTERM})
    assert done.code == 143
    assert "\x1b[?25h" in done.out.rpartition("\x1b[?25l")[2]
    assert done.text.rstrip().endswith("Interrupted")


def test_ctrl_c_at_a_prompt() -> None:
    done = run_in_terminal("login", "localhost:1", answers={"Username: ": "\x03"})
    assert done.code == 130
    assert done.out.rstrip().endswith("Interrupted")
    assert "Traceback" not in done.out


@pytest.mark.parametrize(
    ("answers", "code", "end"),
    [
        ({"Username: ": "\x04"}, 2, "Username: \nError: The user name is empty.\n"),
        ({"Username: ": " ", "Username:  \r\nUsername: ": "\x04"}, 2, "Username: \nError: The user name is empty.\n"),
        ({"Username: ": "a:b"}, 2, "Error: The user name contains a colon, which is not allowed (RFC 7617 section 2).\n"),
        ({"Username: ": "ann", "Password: ": "\x04"}, 2, "Password: \nError: The password is empty.\n"),
        ({"Username: ": "ann", "Password: ": ""}, 2, "Password: \nError: The password is empty.\n"),
        ({"Username: ": "ann", "Password: ": "\x03"}, 130, "Password: \nInterrupted\n"),
    ],
)
def test_answers_to_prompts_that_are_no_login(answers: dict[str, str], code: int, end: str) -> None:
    done = run_in_terminal("login", "localhost:1", answers=answers)
    assert done.code == code
    shown = re.sub(r"\n+", "\n", done.out.replace("^D", "").replace("\x08", "").replace("^C", ""))
    assert shown.partition("Try: ")[0].endswith(end)


def test_a_group_without_a_command_lists_its_commands(run_cli: RunCli) -> None:
    done = run_cli("api")
    assert (done.code, done.out) == (2, "")
    assert re.search(r"^  v1 ", done.err, re.MULTILINE)


def test_the_help_documents_every_exit_status(run_cli: RunCli) -> None:
    done = run_cli("--help")
    assert done.code == 0
    for code, meaning in MEANINGS.items():
        assert f"{code.value:>5}  {meaning}" in done.out
    assert set(MEANINGS) == set(ExitCode)
