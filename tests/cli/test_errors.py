"""Failures: the exit status, and two lines with the problem and a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk.cli.errors import describe
from docker_registry_sdk.errors import TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, HtmlError, Status, WrongBytes
from tests.cli.conftest import RunCli
from tests.cli.runner import run_in_terminal, run_program
from tests.support.skopeo import MultiPlatformImage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tags"], "Missing argument"),
        (["tags", "alpine", "--nonsense"], "No such option"),
        (["nonsense"], "No such command"),
        (["api", "v2", "nonsense"], "No such command"),
        (["api", "v2", "list_tags", "alpine", "--n", "many"], "not a valid integer"),
        (["tags", "localhost:1/UPPER"], "name"),
        (["manifest", "alpine@sha256:00"], "digest"),
        (["tags", "alpine", "--password-stdin"], "--username"),
        (["tags", "alpine", "-u", "ann"], "--password-stdin"),
        (["login", "localhost:1"], "--username"),
        (["blob", "alpine"], "no digest"),
        (["tags", "alpine", "--ca-file", "/no/such/file"], "does not exist"),
    ],
)
def test_wrong_command_lines(run_cli: RunCli, arguments: list[str], words: str) -> None:
    assert words in run_cli(*arguments).check_failure(2)[0]


@pytest.mark.parametrize("argument", ["--\x1b[31mred", "a\x1b[31mred", "a\nb"])
def test_quoted_arguments_contain_no_control_characters(run_cli: RunCli, argument: str) -> None:
    done = run_cli("parse", argument)
    done.check_failure(2)
    assert all(letter.isprintable() or letter == "\n" for letter in done.err)


def test_not_found(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    problem, hint = run_cli("inspect", f"{open_registry.host}/team/app:nope").check_failure(3)
    assert "MANIFEST_UNKNOWN" in problem
    assert "docker-registry-sdk tags" in hint
    run_cli("tags", f"{open_registry.host}/no/such").check_failure(3)


def test_missing_credentials(run_cli: RunCli, token_registry: EmbeddedRegistry) -> None:
    problem, hint = run_cli("tags", f"{token_registry.host}/team/app").check_failure(4)
    assert "401" in problem
    assert "docker-registry-sdk login" in hint


def test_a_wrong_password(token_registry: EmbeddedRegistry) -> None:
    done = run_program("tags", f"{token_registry.host}/team/app", "-u", "ann", "--password-stdin", stdin="not it")
    assert done.out == ""
    assert "rejects" in done.check_failure(4)[0]
    assert "not it" not in done.err


def test_an_unknown_tag_and_an_unreachable_host(open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app:nope"
    for done in (run_program("manifest", name), run_program("copy", name, "oci:nowhere")):
        assert done.out == ""
        assert "nope" in done.check_failure(3)[0]
    assert not Path("nowhere").exists()
    assert run_program("tags", "localhost:1/team/app").check_failure(5)[0].startswith("GET ")
    shown = run_in_terminal("tags", "localhost:1/team/app")
    assert shown.code == 5
    assert shown.text.lstrip().startswith("Error: GET ")


def test_an_unreachable_host(run_cli: RunCli) -> None:
    problem, hint = run_cli("ping", "localhost:1").check_failure(5)
    assert "localhost:1" in problem
    assert "network" in hint


def test_notes_of_an_error_are_shown() -> None:
    error = TransportError("the connection was cut", method="GET", url="https://registry.example.com/")
    error.add_note("The bytes so far are kept in blob.part.")
    problem = "GET https://registry.example.com/: the connection was cut. The bytes so far are kept in blob.part."
    assert describe(error).problem == problem


@pytest.mark.parametrize(("status", "code", "words"), [(429, 5, "Wait 0 seconds"), (503, 5, "later"), (405, 1, "support")])
def test_error_statuses(run_cli: RunCli, open_registry: EmbeddedRegistry, status: int, code: int, words: str) -> None:
    open_registry.faults.add(Fault(Status(status, retry_after=0), operation="list_tags", times=None))
    assert words in run_cli("tags", f"{open_registry.host}/team/app").check_failure(code)[1]


def test_wrong_bytes(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    open_registry.faults.add(Fault(WrongBytes(at=30), operation="get_manifest", times=None))
    run_cli("manifest", f"{open_registry.host}/team/app").check_failure(6)


def test_a_server_that_is_not_a_registry(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    open_registry.faults.add(Fault(HtmlError(404), path="/v[12]/.*", times=None))
    assert "neither API v2 nor API v1" in run_cli("ping", open_registry.host).check_failure(1)[0]


def test_an_unwritable_file(run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    digest = next(iter(images.blobs))
    problem, hint = run_cli("blob", f"{open_registry.host}/team/app@{digest}", "-o", "/no/such/folder/file").check_failure(1)
    assert "/no/such/folder" in problem
    assert "path" in hint


def test_a_traceback_is_printed_only_with_debug() -> None:
    plain = run_program("ping", "localhost:1")
    assert len(plain.err.splitlines()) == 2
    debug = run_program("ping", "localhost:1", "--debug")
    assert "Traceback" in debug.err
    assert debug.err.splitlines()[-2:] == plain.err.splitlines()
    assert debug.code == plain.code == 5


def test_only_import_errors_suggest_installing_a_package() -> None:
    failure = describe(RuntimeError("the mirror failed: pip install x was refused"))
    assert failure.problem == "RuntimeError: the mirror failed: pip install x was refused"
    assert "--debug" in failure.hint
    failure = describe(ImportError("the registry needs an extra", name="starlette.routing"))
    assert failure.problem == "this command needs the package starlette.routing, which is not installed (extra: testing)"
    assert failure.hint == "pip install 'docker-registry-sdk[testing]'"


def test_an_unexpected_error(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("docker_registry_sdk.reference.parse_repo_and_ref", broken)
    problem, hint = run_cli("parse", "alpine").check_failure(1)
    assert problem == "ZeroDivisionError: by zero"
    assert "--debug" in hint
