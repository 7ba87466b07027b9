"""The program as a process: how it starts, what it does to pipes, and how it is ended."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow
from tests.cli.conftest import BIG
from tests.cli.driving import PROGRAM, run, run_in_terminal


def test_the_program_is_installed() -> None:
    program = Path(sys.executable).with_name("docker-registry-sdk")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == importlib.metadata.version("docker-registry-sdk")


def test_what_is_said_without_the_extra() -> None:
    code = "import sys; sys.modules['click'] = None; from docker_registry_sdk.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    what, advice = done.stderr.splitlines()
    assert "extra" in what
    assert "pip install 'docker-registry-sdk[cli]'" in advice


def test_what_is_said_without_rich() -> None:
    code = "import sys; sys.modules['rich.table'] = None; from docker_registry_sdk.__main__ import main; sys.exit(main())"
    without = [sys.executable, "-c", code, "parse", "alpine"]
    assert subprocess.run(without, capture_output=True, check=False).returncode == 0  # a pipe needs none


def test_help_loads_neither_the_library_nor_rich() -> None:
    code = (
        "import sys\nfrom docker_registry_sdk.cli.main import run\n"
        "assert run(['--help']) == 0 and run(['tags', '--help']) == 0 and run(['tags', '--nonsense']) == 2\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('httpx', 'rich', 'attrs', 'attr')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_v_shows_requests_and_authentication_without_secrets(token_registry: EmbeddedRegistry) -> None:
    done = run("tags", f"{token_registry.host}/team/app", "-u", "ann", "--password-stdin", "-v", stdin=token_registry.password)
    assert done.lines == ["1.0", "1.1", "latest"]
    steps = done.err.splitlines()
    assert all(step.startswith("* ") for step in steps)
    for words in ("/v2/team/app/tags/list: 200", "challenge of", "credential for", "token from"):
        assert any(words in step for step in steps), done.err
    assert token_registry.password not in done.err
    assert "Bearer " not in done.err
    before = run("-v", "ping", "localhost:1")
    assert before.err.startswith("* GET ")


def test_a_wrong_password(token_registry: EmbeddedRegistry) -> None:
    done = run("tags", f"{token_registry.host}/team/app", "-u", "ann", "--password-stdin", stdin="not it")
    assert done.out == ""
    assert "refuses" in done.failed(4)[0]
    assert "not it" not in done.err


def test_an_unknown_tag_and_an_unreachable_host(open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app:nope"
    for done in (run("manifest", name), run("copy", name, "oci:nowhere")):
        assert done.out == ""
        assert "nope" in done.failed(3)[0]
    assert not Path("nowhere").exists()
    assert run("tags", "localhost:1/team/app").failed(5)[0].startswith("GET ")
    shown = run_in_terminal("tags", "localhost:1/team/app")
    assert shown.code == 5
    assert shown.text.lstrip().startswith("Error: GET ")


def test_a_reader_that_goes_ends_it_quietly(embedded_registry: EmbeddedRegistry) -> None:
    with RegistryClientV2(f"{embedded_registry.host}/big") as client:
        digest = client.blob_upload(BIG).digest
    command = [*PROGRAM, "blob", f"{embedded_registry.host}/big@{digest}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read(1000) == BIG[:1000]
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
        assert (done.returncode, done.stdout) == (141, b"")
    finally:
        os.close(writer)


def test_ctrl_c_leaves_what_the_next_run_goes_on_from(embedded_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    with RegistryClientV2(f"{embedded_registry.host}/big") as client:
        digest = client.blob_upload(BIG).digest
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
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"Interrupted\n")
    assert [path.name for path in folder.iterdir()] == ["blob.part"]
    assert run(*command[len(PROGRAM) :]).code == 0
    assert [(path.name, path.read_bytes() == BIG) for path in folder.iterdir()] == [("blob", True)]
    assert embedded_registry.requests[-1].header("range") is not None


def test_ctrl_c_at_a_prompt() -> None:
    done = run_in_terminal("login", "localhost:1", answers={"Username: ": "\x03"})
    assert done.code == 130
    assert done.out.rstrip().endswith("Interrupted")
    assert "Traceback" not in done.out


def test_completion() -> None:
    for shell in ("zsh", "fish"):
        assert "_DOCKER_REGISTRY_SDK_COMPLETE" in run("completion", shell).out
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
    assert run(env=variables).lines == ["plain,list_tags"]
