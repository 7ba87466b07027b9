"""Credential helpers, as real programs: what they are asked, what they answer, and what they cannot do."""

from __future__ import annotations

import json
import os
import shlex
import stat
import sys
import time

import anyio
import pytest

from docker_registry_sdk.credentials import AsyncConfigFileCredentials, Credential
from docker_registry_sdk.errors import AuthError

from .conftest import Ask, Home, basic, pid_is_gone

ANSWER = 'print(json.dumps({"ServerURL": server, "Username": "me", "Secret": "for " + server}))'
NOT_FOUND = 'print("credentials not found in native keychain"); sys.exit(1)'

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the helpers are scripts with a #! line")


def test_helper_for_the_registry_is_asked(ask: Ask, home: Home) -> None:
    home.helper("one", ANSWER)
    file = home.docker(credHelpers={"quay.io": "one"}, credsStore="missing", auths={"quay.io": {"auth": basic("file", "x")}})
    credential = ask("quay.io", "a/b")
    assert credential == Credential("me", "for quay.io")
    assert credential is not None
    assert credential.source == f"docker-credential-one asked for 'quay.io' (credHelpers in {file})"


def test_helper_for_all_is_asked_next_and_then_the_file(ask: Ask, home: Home) -> None:
    home.helper("one", NOT_FOUND)
    home.helper("all", f"if server != 'quay.io': {NOT_FOUND}\n{ANSWER}")
    home.docker(
        credHelpers={"quay.io": "one", "ghcr.io": "one"},
        credsStore="all",
        auths={"ghcr.io": {"auth": basic("file", "x")}, "quay.io": {}},
    )
    assert ask("quay.io") == Credential("me", "for quay.io")
    assert ask("ghcr.io") == Credential("file", "x")
    assert ask("ecr.test") is None


def test_helper_in_podmans_file_comes_before_dockers_file(ask: Ask, home: Home) -> None:
    home.helper("one", ANSWER)
    home.write("run/containers/auth.json", {"credHelpers": {"localhost:5000": "one"}})
    home.docker(auths={"localhost:5000": {"auth": basic("file", "x")}})
    assert ask("localhost:5000") == Credential("me", "for localhost:5000")
    assert ask("localhost") is None


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
@pytest.mark.parametrize("server", ["https://index.docker.io/v1/", "docker.io"])
def test_docker_hub_is_known_by_two_names(ask: Ask, home: Home, key: str, server: str) -> None:
    home.helper("one", f"if server != {server!r}: {NOT_FOUND}\n{ANSWER}")
    home.docker(credHelpers={key: "one"})
    assert ask("docker.io", "library/alpine") == Credential("me", f"for {server}")


def test_empty_name_says_that_the_file_has_it(ask: Ask, home: Home) -> None:
    home.docker(credHelpers={"quay.io": ""}, credsStore="missing", auths={"quay.io": {"auth": basic("file", "x")}})
    assert ask("quay.io") == Credential("file", "x")


def test_username_token_means_an_identity_token(ask: Ask, home: Home) -> None:
    home.helper("one", 'print(json.dumps({"Username": "<token>", "Secret": "t"}))')
    home.docker(credsStore="one")
    assert ask("quay.io") == Credential(identity_token="t")


@pytest.mark.parametrize(
    "code",
    [
        NOT_FOUND,
        'print("credentials not found\\n"); sys.exit(2)',
        'print(json.dumps({"ServerURL": "", "Username": "", "Secret": ""}))',
        "print('{}')",
        "print(json.dumps({'Username': None, 'Secret': None}))",
    ],
)
def test_not_found_is_no_error(ask: Ask, home: Home, code: str) -> None:
    home.helper("one", code)
    home.docker(credsStore="one")
    assert ask("quay.io") is None


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("print('s3cret'); sys.exit(1)", "failed with exit status 1"),
        ("print('s3cret', file=sys.stderr); sys.exit(3)", "failed with exit status 3"),
        ("os.kill(os.getpid(), 9)", "failed with exit status -9"),
        ("print('s3cret')", "no JSON object"),
        ("pass", "no JSON object"),
        ("print('[' * 60000)", "no JSON object"),
        ("sys.stdout.buffer.write(b'\\xff')", "no JSON object"),
        ("print('[\"s3cret\"]')", "no JSON object"),
        ("print(json.dumps({'Username': 'me', 'Secret': ['s3cret']}))", "should be text"),
        ("print(json.dumps({'Username': '', 'Secret': 's3cret'}))", "username is empty"),
        ("print(json.dumps({'Username': 'm:e', 'Secret': 's3cret'}))", "colon"),
        ("print(json.dumps({'Username': 'me', 'Secret': 's3cret\\n'}))", "control character"),
        ("print(json.dumps({'Username': 'me', 'Secret': 's3cret' * 20000}))", "wrote more than 65536 bytes"),
        ("while True: print('s3cret' * 1000)", "wrote more than 65536 bytes"),
    ],
)
def test_failing_helper_is_named_and_its_output_not_shown(ask: Ask, home: Home, code: str, problem: str) -> None:
    home.helper("one", code)
    home.environ["VARIABLE"] = "s3cret"
    file = home.docker(credsStore="one", auths={"quay.io": {"auth": basic("file", "x")}})
    with pytest.raises(AuthError, match=problem) as caught:
        ask("quay.io")
    assert caught.value.source == f"docker-credential-one asked for 'quay.io' (credsStore in {file})"
    assert "s3cret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"


def test_helper_that_does_not_read_is_no_problem(ask: Ask, home: Home) -> None:
    file = home.helper("one", "")
    answer = json.dumps({"Username": "me", "Secret": "x"})
    file.write_text(f"#!/bin/sh\nexec 0<&-\necho {shlex.quote(answer)}\n", encoding="utf-8")
    home.docker(credsStore="one")
    assert ask("quay.io") == Credential("me", "x")


def test_words_on_stderr_are_no_part_of_the_answer(ask: Ask, home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.helper("one", f"print('s3cret', file=sys.stderr, flush=True)\n{ANSWER}")
    home.docker(credsStore="one")
    assert ask("quay.io") == Credential("me", "for quay.io")
    assert capfd.readouterr() == ("", "")


def test_helper_has_its_environment_and_only_that(ask: Ask, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTER", "1")
    home.environ["INNER"] = "1"
    home.helper("one", 'print(json.dumps({"Username": os.environ["INNER"], "Secret": str("OUTER" in os.environ)}))')
    home.docker(credsStore="one")
    assert ask("quay.io") == Credential("1", "False")


@pytest.mark.parametrize(
    "last", ["time.sleep(60)", "os.close(1); time.sleep(60)", f"{ANSWER}; sys.stdout.flush(); os.close(1); time.sleep(60)"]
)
def test_helper_that_hangs_is_ended(ask: Ask, home: Home, last: str) -> None:
    home.helper("one", f"open({str(home.folder / 'pid')!r}, 'w').write(str(os.getpid()))\n{last}")
    home.docker(credsStore="one")
    start = time.monotonic()
    with pytest.raises(AuthError, match=r"within 0\.5 seconds"):
        ask("quay.io", helper_timeout=0.5)
    assert time.monotonic() - start < 5
    assert pid_is_gone(int((home.folder / "pid").read_text()))


def test_what_a_helper_leaves_behind_is_not_waited_for(ask: Ask, home: Home) -> None:
    home.helper(
        "one", f"import subprocess\nsubprocess.Popen([{sys.executable!r}, '-Ic', 'import time; time.sleep(3)'])\n{ANSWER}"
    )
    home.docker(credsStore="one")
    start = time.monotonic()
    with pytest.raises(AuthError, match=r"within 0\.5 seconds"):
        ask("quay.io", helper_timeout=0.5)
    assert time.monotonic() - start < 2.5


@pytest.mark.parametrize(
    "name", ["../evil", "a/b", "a b", "a;b", "$(id)", "`id`", "a\n", "a\0b", "ä", "a|b", "-", "", "*", "C:evil", "a\\b"]
)
def test_name_that_is_none_is_refused(ask: Ask, home: Home, name: str) -> None:
    if name == "":
        home.docker(credsStore=name)
        assert ask("quay.io") is None
        return
    home.docker(credsStore=name)
    with pytest.raises(AuthError, match="it is not on PATH" if name == "-" else "is no name of a helper") as caught:
        ask("quay.io")
    assert str(caught.value).isprintable()


def test_helper_that_is_missing_is_named(ask: Ask, home: Home) -> None:
    home.docker(credsStore="desktop.exe")
    with pytest.raises(AuthError, match=r"docker-credential-desktop\.exe .*it is not on PATH; install it"):
        ask("quay.io")
    del home.environ["PATH"]
    with pytest.raises(AuthError, match="it is not on PATH"):
        ask("quay.io")


def test_helper_in_the_current_folder_is_not_run(ask: Ask, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.helper("one", f"open({str(home.folder / 'ran')!r}, 'w')\n{ANSWER}")
    home.docker(credsStore="one")
    monkeypatch.chdir(home.programs)
    for path in (".", os.path.join("..", "bin")):
        home.environ["PATH"] = path
        with pytest.raises(AuthError, match="PATH names relatively"):
            ask("quay.io")
    assert not (home.folder / "ran").exists()


def test_helper_that_is_no_program_is_named(ask: Ask, home: Home) -> None:
    file = home.programs / "docker-credential-one"
    file.write_bytes(b"\x00\x01")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    home.docker(credsStore="one")
    with pytest.raises(AuthError, match="it cannot be started: Exec format error"):
        ask("quay.io")


def test_cancelled_task_ends_its_helper(home: Home) -> None:
    home.helper("one", f"open({str(home.folder / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)")
    home.docker(credsStore="one")

    async def run() -> None:
        with anyio.move_on_after(1.0) as scope:
            await AsyncConfigFileCredentials(environ=home.environ).get_credential("quay.io")
        assert scope.cancelled_caught

    start = time.monotonic()
    anyio.run(run)
    pid = int((home.folder / "pid").read_text())
    while not pid_is_gone(pid) and time.monotonic() - start < 10:
        time.sleep(0.02)
    assert pid_is_gone(pid)
    assert time.monotonic() - start < 10
