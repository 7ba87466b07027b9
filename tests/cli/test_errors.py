"""Failures: the exit status, and two lines with the problem and a hint."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from docker_registry_sdk.cli.errors import describe
from docker_registry_sdk.errors import TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, HtmlError, SetHeader, Status, WrongBytes
from tests.cli.conftest import BIG_LAYER, RunCli
from tests.cli.runner import run_in_terminal, run_program
from tests.support.images import digest_of
from tests.support.skopeo import MultiPlatformImage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tags"], "Missing argument"),
        (["tags", "alpine", "--nonsense"], "No such option"),
        (["nonsense"], "No such command 'nonsense'."),
        (["api", "v2", "nonsense"], "No such command 'nonsense'."),
        (["tag", "alpine"], "Did you mean 'tags'?"),
        (["auth", "explian"], "Did you mean 'explain'?"),
        (["api", "v2", "list_tag"], "Did you mean 'list_tags'?"),
        (["TAGS", "alpine"], "Did you mean 'tags'?"),
        (["auth", "EXPLAIN"], "Did you mean 'explain'?"),
        (["api", "V2"], "Did you mean 'v2'?"),
        (["api", "v2", "listTags"], "Did you mean 'list_tags'?"),
        (["tags", "alpine", "--JSON"], "Did you mean '--json'?"),
        (["tags", "alpine", "--timout=1"], "Did you mean '--timeout'?"),
        (["tags", "alpine", "-json"], "No such option '-json'. Did you mean '--json'?"),
        (["tags", "alpine", "-timeout=1"], "No such option '-timeout'. Did you mean '--timeout'?"),
        (["tags", "alpine", "-x"], "No such option '-x'."),
        (["--vesion"], "Did you mean '--version'"),
        (["--json", "tags", "alpine"], "The option '--json' belongs after the name of the command, 'tags'."),
        (["api", "v1", "delete_repo", "a", "--no-x-docker-tokn"], "Did you mean '--no-x-docker-token'"),
        (["api", "v1", "delete_repo", "a", "--x-docker-token", "--no-x-docker-token"], "Give only one of --x-docker-token"),
        (["api", "v1", "delete_repo", "a", "--no-x-docker-token", "--x-docker-token"], "Give only one of --x-docker-token"),
        (["api", "v1", "delete_repo", "a", "--no-x-docker-token", "--no-x-docker-token"], "and give it once"),
        (["tags", "alpine", "--timeout", "1", "--timeout=2"], "--timeout is given twice"),
        (["tags", "alpine", "-ua", "-ua"], "--username is given twice"),
        (["tags", "alpine", "-u", "ann", "--username", "bob"], "--username is given twice"),
        (["push", ".", "alpine", "--tag", "a", "--tag", "a"], "--tag is given twice"),
        (["api", "v2", "list_tags", "alpine", "--n", "1", "--n", "2"], "--n is given twice"),
        (["search", "alpine", "--index", "a", "--index", "b"], "--index is given twice"),
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


@pytest.mark.parametrize("arguments", [["tags", "alpine", "--timeout"], ["tags", "alpine", "--json=1"], ["auth", "explain"]])
def test_the_hint_names_the_help_of_the_command(run_cli: RunCli, arguments: list[str]) -> None:
    command = " ".join(arguments[:2] if arguments[0] == "auth" else arguments[:1])
    assert run_cli(*arguments).check_failure(2)[1] == f"docker-registry-sdk {command} --help"


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [
        ("", "x", "The user name is empty."),
        ("ann:x", "x", "The user name contains a colon"),
        ("a\nb", "x", "The user name contains a control character"),
        ("ann", "", "The password is empty."),
        ("ann", "a\0b", "The password contains a control character"),
    ],
)
@pytest.mark.parametrize("command", ["login", "tags"])
def test_a_login_that_cannot_be_sent_is_a_wrong_command_line(
    run_cli: RunCli, command: str, username: str, password: str, words: str
) -> None:
    arguments = [command, "localhost:1" if command == "login" else "localhost:1/a", "-u", username, "--password-stdin"]
    assert words in run_cli(*arguments, stdin=password).check_failure(2)[0]


@pytest.mark.parametrize("argument", ["--\x1b[31mred", "a\x1b[31mred", "a\nb"])
def test_quoted_arguments_contain_no_control_characters(run_cli: RunCli, argument: str) -> None:
    done = run_cli("parse", argument)
    done.check_failure(2)
    assert all(letter.isprintable() or letter == "\n" for letter in done.err)


def test_options_with_several_values_and_switches_may_be_repeated() -> None:
    switches = ["--json", "--json", "-v", "-v", "--trusted-realm", "a.b", "--trusted-realm", "c.d"]
    done = run_program("tags", "localhost:1/a", *switches)
    assert done.code == 5


def test_hints_name_options_instead_of_arguments_of_functions(
    run_cli: RunCli, open_registry: EmbeddedRegistry, tmp_path: Path
) -> None:
    image, layout = f"{open_registry.host}/team/app", str(tmp_path / "layout")
    for tag in ("1.0", "1.1"):
        assert run_cli("copy", f"{image}:{tag}", f"oci:{layout}:{tag}", "--platform", "linux/amd64").code == 0
    assert run_cli("copy", f"{image}:latest", f"oci:{layout}:latest").code == 0
    assert "--tag TAG" in run_cli("push", layout, f"{image}:new").check_failure(1)[1]
    with EmbeddedRegistry(auth="token") as registry:
        realm = 'Bearer realm="https://tokens.example.com/token",service="x"'
        registry.faults.add(Fault(SetHeader("www-authenticate", realm), path="/v2/.*", times=None))
        arguments = ["tags", f"{registry.host}/team/app", "-u", "ann", "--password-stdin"]
        assert "--trusted-realm tokens.example.com" in run_cli(*arguments, stdin="secret").check_failure(4)[1]
    open_registry.faults.add(Fault(Status(413), operation="list_tags", times=None))
    assert "--n 100" in run_cli("tags", image).check_failure(1)[1]


def test_the_advice_does_not_name_the_command_that_failed(run_cli: RunCli, home: Path, token_registry: EmbeddedRegistry) -> None:
    _, hint = run_cli("login", token_registry.host, "-u", "ann", "--password-stdin", stdin="wrong").check_failure(4)
    assert "docker-registry-sdk login" not in hint
    config = home / ".docker/config.json"
    config.parent.mkdir()
    config.write_text('{"auths": {}', encoding="utf-8")
    problem, hint = run_cli(
        "login", token_registry.host, "-u", "ann", "--password-stdin", stdin=token_registry.password
    ).check_failure(4)
    assert str(config) in problem
    assert "docker-registry-sdk login" not in hint
    assert config.read_text(encoding="utf-8") == '{"auths": {}'


def test_not_found(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    problem, hint = run_cli("inspect", f"{open_registry.host}/team/app:nope").check_failure(3)
    assert "MANIFEST_UNKNOWN" in problem
    assert "docker-registry-sdk tags" in hint
    run_cli("tags", f"{open_registry.host}/no/such").check_failure(3)


def test_missing_credentials(run_cli: RunCli, token_registry: EmbeddedRegistry) -> None:
    problem, hint = run_cli("tags", f"{token_registry.host}/team/app").check_failure(4)
    assert "401" in problem
    assert "docker-registry-sdk login" in hint


def test_a_wrong_password(run_cli: RunCli, token_registry: EmbeddedRegistry) -> None:
    done = run_cli("tags", f"{token_registry.host}/team/app", "-u", "ann", "--password-stdin", stdin="not it")
    assert done.out == ""
    assert "rejects" in done.check_failure(4)[0]
    assert "not it" not in done.err


def test_an_unknown_tag_and_an_unreachable_host(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app:nope"
    for done in (run_cli("manifest", name), run_cli("copy", name, "oci:nowhere")):
        assert done.out == ""
        assert "nope" in done.check_failure(3)[0]
    assert not Path("nowhere").exists()
    assert run_cli("tags", "localhost:1/team/app").check_failure(5)[0].startswith("GET ")
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


def test_a_download_that_waits_for_another_one(run_cli: RunCli, big_image: str, tmp_path: Path) -> None:
    digest = digest_of(BIG_LAYER)
    name, target = f"{big_image.removesuffix(':latest')}@{digest}", tmp_path / "layer"
    with open(os.open(tmp_path / "layer.part", os.O_CREAT | os.O_RDWR, 0o600), "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        problem, hint = run_cli("blob", name, "-o", str(target)).check_failure(5)
    assert problem.endswith("layer.part: another download to the same path is running")
    assert hint == "wait until the other one has ended, or write to another path"
    assert run_cli("blob", name, "-o", str(target)).code == 0


def test_a_port_in_use(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    port = open_registry.host.rpartition(":")[2]
    problem, hint = run_cli("serve", "--port", port).check_failure(1)
    assert problem.startswith(f"the registry cannot listen on 127.0.0.1:{port}: ")
    assert "--port" in hint


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
