"""How failures end: the exit status, and two lines that say what happened and what to do."""

from __future__ import annotations

import re

import pytest

from docker_registry_sdk.cli.errors import MEANINGS, ExitCode, describe
from docker_registry_sdk.errors import TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, HtmlError, Status, WrongBytes
from tests.cli.conftest import Call
from tests.cli.driving import run
from tests.support.skopeo import Images


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
def test_wrong_command_lines(call: Call, arguments: list[str], words: str) -> None:
    assert words in call(*arguments).failed(2)[0]


@pytest.mark.parametrize("argument", ["--\x1b[31mred", "a\x1b[31mred", "a\nb"])
def test_what_is_quoted_does_nothing_to_a_terminal(call: Call, argument: str) -> None:
    done = call("parse", argument)
    done.failed(2)
    assert all(letter.isprintable() or letter == "\n" for letter in done.err)


def test_a_group_alone_shows_its_commands(call: Call) -> None:
    done = call("api")
    assert (done.code, done.out) == (2, "")
    assert re.search(r"^  v1 ", done.err, re.MULTILINE)


def test_not_found(call: Call, open_registry: EmbeddedRegistry) -> None:
    what, advice = call("inspect", f"{open_registry.host}/team/app:nope").failed(3)
    assert "MANIFEST_UNKNOWN" in what
    assert "docker-registry-sdk tags" in advice
    call("tags", f"{open_registry.host}/no/such").failed(3)


def test_refused(call: Call, token_registry: EmbeddedRegistry) -> None:
    what, advice = call("tags", f"{token_registry.host}/team/app").failed(4)
    assert "401" in what
    assert "docker-registry-sdk login" in advice


def test_unreachable(call: Call) -> None:
    what, advice = call("ping", "localhost:1").failed(5)
    assert "localhost:1" in what
    assert "network" in advice


def test_notes_of_an_error_are_shown() -> None:
    error = TransportError("the connection was cut", method="GET", url="https://registry.example.com/")
    error.add_note("The bytes so far are kept in blob.part.")
    what = "GET https://registry.example.com/: the connection was cut. The bytes so far are kept in blob.part."
    assert describe(error).problem == what


def test_an_unknown_certificate(call: Call) -> None:
    with EmbeddedRegistry(tls=True, host="localhost") as registry:
        _, advice = call("ping", registry.host).failed(5)
        assert "--ca-file" in advice
        assert call("ping", registry.host, "--ca-file", str(registry.ca_file)).code == 0
        assert call("ping", registry.host, "--insecure").code == 0


def test_options_reach_the_client(call: Call, embedded_registry: EmbeddedRegistry) -> None:
    index = embedded_registry.host
    assert call("ping", index, "--timeout", "30").code == 0
    call("ping", index, "--proxy", "http://127.0.0.1:1").failed(5)
    call("ping", index, "--trusted-realm", "no host").failed(2)
    call("ping", index, "--timeout", "0").failed(2)


@pytest.mark.parametrize(("status", "code", "words"), [(429, 5, "wait 0 seconds"), (503, 5, "later"), (405, 1, "support")])
def test_what_a_registry_may_answer(call: Call, open_registry: EmbeddedRegistry, status: int, code: int, words: str) -> None:
    open_registry.faults.add(Fault(Status(status, retry_after=0), operation="list_tags", times=None))
    assert words in call("tags", f"{open_registry.host}/team/app").failed(code)[1]


def test_wrong_bytes(call: Call, open_registry: EmbeddedRegistry) -> None:
    open_registry.faults.add(Fault(WrongBytes(at=30), operation="get_manifest", times=None))
    call("manifest", f"{open_registry.host}/team/app").failed(6)


def test_what_is_no_registry(call: Call, open_registry: EmbeddedRegistry) -> None:
    open_registry.faults.add(Fault(HtmlError(404), path="/v[12]/.*", times=None))
    assert "neither API v2 nor v1" in call("ping", open_registry.host).failed(1)[0]


def test_an_unwritable_file(call: Call, open_registry: EmbeddedRegistry, images: Images) -> None:
    digest = next(iter(images.blobs))
    what, advice = call("blob", f"{open_registry.host}/team/app@{digest}", "-o", "/no/such/folder/file").failed(1)
    assert "/no/such/folder" in what
    assert "path" in advice


def test_the_help_documents_every_exit_status(call: Call) -> None:
    done = call("--help")
    assert done.code == 0
    for code, meaning in MEANINGS.items():
        assert f"{code.value:>5}  {meaning}" in done.out
    assert set(MEANINGS) == set(ExitCode)


def test_a_traceback_comes_only_with_debug() -> None:
    plain = run("ping", "localhost:1")
    assert len(plain.err.splitlines()) == 2
    debug = run("ping", "localhost:1", "--debug")
    assert "Traceback" in debug.err
    assert debug.err.splitlines()[-2:] == plain.err.splitlines()
    assert debug.code == plain.code == 5


def test_only_import_errors_advise_to_install_a_package() -> None:
    failure = describe(RuntimeError("the mirror failed: pip install x was refused"))
    assert failure.problem == "RuntimeError: the mirror failed: pip install x was refused"
    assert "--debug" in failure.hint
    failure = describe(ImportError("the registry needs an extra: pip install 'x[y]'"))
    assert (failure.problem, failure.hint) == ("the registry needs an extra", "pip install 'x[y]'")


def test_an_error_that_nobody_foresaw(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("docker_registry_sdk.reference.parse_repo_and_ref", broken)
    what, advice = call("parse", "alpine").failed(1)
    assert what == "ZeroDivisionError: by zero"
    assert "--debug" in advice
