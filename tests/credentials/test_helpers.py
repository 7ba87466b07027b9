"""Credential helpers as real programs: calls, output, errors and limits."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.credentials import AsyncConfigFileCredentials, Credential, CredentialSearch
from docker_registry_sdk.credentials.config import parse_config
from docker_registry_sdk.credentials.helpers import HelperCall, HelperOutput, UnusableHelperError, parse_helper_output
from docker_registry_sdk.errors import AuthError

from .conftest import Find, Home, Search, basic, pid_is_gone

CREDENTIAL = 'print(json.dumps({"ServerURL": server, "Username": "me", "Secret": "for " + server}))'
NOT_FOUND = 'print("credentials not found in native keychain"); sys.exit(1)'

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the helpers are scripts with a #! line")


def test_helper_for_the_registry_is_called_first(find: Find, home: Home) -> None:
    home.helper("one", CREDENTIAL)
    file = home.docker(credHelpers={"quay.io": "one"}, credsStore="missing", auths={"quay.io": {"auth": basic("file", "x")}})
    credential = find("quay.io", "a/b")
    assert credential == Credential("me", "for quay.io")
    assert credential is not None
    assert credential.source == f"docker-credential-one asked for 'quay.io' (credHelpers in {file})"


def test_helper_for_all_registries_comes_next_and_then_the_file(find: Find, home: Home) -> None:
    home.helper("one", NOT_FOUND)
    home.helper("all", f"if server != 'quay.io': {NOT_FOUND}\n{CREDENTIAL}")
    home.docker(
        credHelpers={"quay.io": "one", "ghcr.io": "one"},
        credsStore="all",
        auths={"ghcr.io": {"auth": basic("file", "x")}, "quay.io": {}},
    )
    assert find("quay.io") == Credential("me", "for quay.io")
    assert find("ghcr.io") == Credential("file", "x")
    assert find("ecr.test") is None


def test_helper_in_podmans_file_comes_before_dockers_file(find: Find, home: Home) -> None:
    home.helper("one", CREDENTIAL)
    home.write("run/containers/auth.json", {"credHelpers": {"localhost:5000": "one"}})
    home.docker(auths={"localhost:5000": {"auth": basic("file", "x")}})
    assert find("localhost:5000") == Credential("me", "for localhost:5000")
    assert find("localhost") is None


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
@pytest.mark.parametrize("server", ["https://index.docker.io/v1/", "docker.io"])
def test_docker_hub_has_two_server_names(find: Find, home: Home, key: str, server: str) -> None:
    home.helper("one", f"if server != {server!r}: {NOT_FOUND}\n{CREDENTIAL}")
    home.docker(credHelpers={key: "one"})
    assert find("docker.io", "library/alpine") == Credential("me", f"for {server}")


def test_empty_helper_name_selects_the_stored_credential(find: Find, home: Home) -> None:
    home.docker(credHelpers={"quay.io": ""}, credsStore="missing", auths={"quay.io": {"auth": basic("file", "x")}})
    assert find("quay.io") == Credential("file", "x")


def test_username_token_means_an_identity_token(find: Find, home: Home) -> None:
    home.helper("one", 'print(json.dumps({"Username": "<token>", "Secret": "t"}))')
    home.docker(credsStore="one")
    assert find("quay.io") == Credential(identity_token="t")


@pytest.mark.parametrize(
    "code",
    [
        NOT_FOUND,
        'print("credentials not found\\n"); sys.exit(2)',
        'print(json.dumps({"ServerURL": "", "Username": "", "Secret": ""}))',
        "print('{}')",
        "print(json.dumps({'Username': None, 'Secret': None}))",
        'print("credentials not found", file=sys.stderr); sys.exit(1)',
    ],
)
@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_helper_without_the_credential_is_not_an_error(search: Search, home: Home, code: str, key: str) -> None:
    home.helper("one", code)
    home.docker(**{key: "one" if key == "credsStore" else {"quay.io": "one"}})
    assert search("quay.io") == CredentialSearch(credential=None)


NOT_FOUND_WORDS = [
    b"credentials not found in native keychain",
    b"Error: Credentials not found\n",
    b"no credentials server URL",
    b"no credentials username",
    b"The specified item could not be found in the keychain.",
    b"Element not found.",
    b"no usernames for quay.io",
    b"docker-credential-ecr-login can only be used with Amazon Elastic Container Registry.",
]


@pytest.mark.parametrize("words", NOT_FOUND_WORDS)
@pytest.mark.parametrize("status", [1, 255, -9])
def test_words_of_helpers_without_the_credential(words: bytes, status: int) -> None:
    call = HelperCall("one", "quay.io", "the file")
    assert parse_helper_output(call, HelperOutput(status, words)) is None
    assert parse_helper_output(call, HelperOutput(status, b"", words)) is None
    with pytest.raises(AuthError, match="not a JSON object"):
        parse_helper_output(call, HelperOutput(0, words))


@pytest.mark.parametrize("output", ["warning: {}\n{}", "[1]\n{}", "\n"])
def test_text_before_the_credential_is_an_error(find: Find, home: Home, output: str) -> None:
    home.helper("one", f"print({output!r})")
    home.docker(credsStore="one")
    with pytest.raises(AuthError, match="not a JSON object"):
        find("quay.io")


def test_text_after_the_credential_is_ignored_as_by_docker(find: Find, home: Home) -> None:
    home.helper("one", f"{CREDENTIAL}\nprint('A new version is available.')")
    home.docker(credsStore="one")
    assert find("quay.io") == Credential("me", "for quay.io")


HUB, HUB_V2 = "https://index.docker.io/v1/", "https://index.docker.io/v2/"


@pytest.mark.parametrize(
    ("keys", "registry", "servers"),
    [
        ([], "quay.io", ["quay.io"]),
        (["quay.io"], "quay.io", ["quay.io"]),
        (["https://quay.io/v2/"], "quay.io", ["https://quay.io/v2/", "quay.io"]),
        (["https://quay.io/v1/"], "quay.io", ["https://quay.io/v1/", "quay.io"]),
        (["https://quay.io"], "quay.io", ["https://quay.io", "quay.io"]),
        (["http://QUAY.io/"], "quay.io", ["http://QUAY.io/", "quay.io"]),
        (["quay.io/a"], "quay.io", ["quay.io/a", "quay.io"]),
        (["quay.io/a", "https://quay.io/v2/"], "quay.io", ["quay.io/a", "https://quay.io/v2/", "quay.io"]),
        (["quay.io/other", "ghcr.io", "*.io"], "quay.io", ["quay.io"]),
        ([HUB], "docker.io", [HUB, "docker.io"]),
        ([HUB_V2], "docker.io", [HUB_V2, HUB, "docker.io"]),
    ],
)
@pytest.mark.parametrize("entry", [{}, None, {"email": "a@b.c"}])
def test_a_helper_is_asked_under_the_keys_of_its_entries(
    keys: list[str], registry: str, servers: list[str], entry: object
) -> None:
    content = json.dumps({"credsStore": "one", "auths": dict.fromkeys(keys, entry)})
    config = parse_config(content.encode(), "the file")
    assert [call.server for call in config.helper_calls(registry, "a/b")] == servers
    stored = json.dumps({"credsStore": "one", "auths": {key: {"auth": "bWU6eA=="} for key in keys}})
    usual = [call.server for call in parse_config(stored.encode(), "the file").helper_calls(registry, "a/b")]
    assert usual == ([HUB, "docker.io"] if registry == "docker.io" else ["quay.io"])


def test_a_store_may_keep_a_login_under_a_url(find: Find, home: Home) -> None:
    home.helper("one", f"if server != 'https://quay.io/v2/':\n    {NOT_FOUND}\n{CREDENTIAL}")
    home.docker(credsStore="one", auths={"https://quay.io/v2/": {}})
    assert find("quay.io", "a/b") == Credential("me", "for https://quay.io/v2/")


@pytest.mark.parametrize(
    ("stored", "registry"), [("quay.io:443", "quay.io:443"), ("quay.io", "quay.io:443"), ("quay.io", "quay.io")]
)
def test_a_store_may_keep_a_login_with_or_without_the_port_443(find: Find, home: Home, stored: str, registry: str) -> None:
    home.helper("one", f"if server != {stored!r}:\n    {NOT_FOUND}\n{CREDENTIAL}")
    home.docker(credsStore="one")
    assert find(registry, "a/b") == Credential("me", f"for {stored}")


@pytest.mark.parametrize(
    ("key", "registry"),
    [("*.dkr.ecr.*.amazonaws.com", "1.dkr.ecr.eu-west-1.amazonaws.com"), ("*.io", "quay.io"), ("https://quay.io", "quay.io")],
)
def test_a_helper_for_a_pattern_or_a_url_is_asked_for_the_registry(find: Find, home: Home, key: str, registry: str) -> None:
    home.helper("one", CREDENTIAL)
    home.docker(credHelpers={key: "one"}, credsStore="missing")
    assert find(registry, "a") == Credential("me", f"for {registry}")


UNUSABLE = [
    (None, "the helper is not on PATH"),
    (b"\x00\x01", "the helper cannot be started: Exec format error"),
    (b"#!/no/such/program\n", "the helper cannot be started: No such file or directory"),
    (b"#!/bin/sh\necho 'pass not initialized: exit status 1: Error: password store is empty'; exit 1", "was never set up"),
    (b"#!/bin/sh\necho 'pass store is uninitialized' >&2; exit 1", "was never set up"),
]


@pytest.mark.parametrize(("program", "problem"), UNUSABLE)
@pytest.mark.parametrize("stored", [True, False])
def test_a_helper_for_all_registries_that_cannot_be_used_is_passed_over(
    search: Search, home: Home, program: bytes | None, problem: str, stored: bool
) -> None:
    if program is not None:
        file = home.programs / "docker-credential-one"
        file.write_bytes(program)
        file.chmod(0o755)
    auths = {"quay.io": {"auth": basic("file", "x")}} if stored else {"https://quay.io/v1/": {}}
    config = home.docker(credsStore="one", auths=auths)
    found = search("quay.io")
    assert found.credential == (Credential("file", "x") if stored else None)
    (line,) = found.passed_over
    assert line.startswith(f"docker-credential-one (credsStore in {config}): ")
    assert problem in line
    home.docker(credHelpers={"quay.io": "one"}, auths=auths)
    with pytest.raises(AuthError, match=problem):
        search("quay.io")
    home.docker(credsStore="one", credHelpers={"quay.io": "one"}, auths=auths)
    with pytest.raises(AuthError, match=problem):
        search("quay.io")


@given(
    st.integers(0, 255),
    st.binary(max_size=40) | st.sampled_from([b'{"Username": "me", "Secret": "x"} more', b'{"username": "me"}']),
    st.binary(max_size=40),
)
def test_any_output_of_a_helper_gives_a_credential_none_or_an_error(status: int, output: bytes, messages: bytes) -> None:
    call = HelperCall("one", "quay.io", "the file")
    try:
        found = parse_helper_output(call, HelperOutput(status, output, messages))
    except (AuthError, UnusableHelperError):
        return
    assert found is None or status == 0


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("print('s3cret'); sys.exit(1)", "failed with exit status 1"),
        ("print('s3cret', file=sys.stderr); sys.exit(3)", "failed with exit status 3"),
        ("os.kill(os.getpid(), 9)", "failed with exit status -9"),
        ("print('s3cret')", "not a JSON object"),
        ("pass", "not a JSON object"),
        ("print('[' * 60000)", "not a JSON object"),
        ("sys.stdout.buffer.write(b'\\xff')", "not a JSON object"),
        ("print('[\"s3cret\"]')", "not a JSON object"),
        ("print(json.dumps({'Username': 'me', 'Secret': ['s3cret']}))", "must be strings"),
        ("print(json.dumps({'Username': '', 'Secret': 's3cret'}))", "username is empty"),
        ("print(json.dumps({'Username': 'm:e', 'Secret': 's3cret'}))", "colon"),
        ("print(json.dumps({'Username': 'me', 'Secret': 's3cret\\n'}))", "control character"),
        ("print(json.dumps({'Username': 'me', 'Secret': 's3cret' * 20000}))", "wrote more than 65536 bytes"),
        ("while True: print('s3cret' * 1000)", "wrote more than 65536 bytes"),
    ],
)
def test_failing_helper_is_named_and_its_output_not_shown(find: Find, home: Home, code: str, problem: str) -> None:
    home.helper("one", code)
    home.environ["VARIABLE"] = "s3cret"
    file = home.docker(credsStore="one", auths={"quay.io": {"auth": basic("file", "x")}})
    with pytest.raises(AuthError, match=problem) as caught:
        find("quay.io")
    assert caught.value.source == f"docker-credential-one asked for 'quay.io' (credsStore in {file})"
    assert "s3cret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"


def test_helper_may_close_stdin_without_reading(find: Find, home: Home) -> None:
    file = home.helper("one", "")
    output = json.dumps({"Username": "me", "Secret": "x"})
    file.write_text(f"#!/bin/sh\nexec 0<&-\necho {shlex.quote(output)}\n", encoding="utf-8")
    home.docker(credsStore="one")
    assert find("quay.io") == Credential("me", "x")


def test_stderr_of_a_helper_is_ignored(find: Find, home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.helper("one", f"print('s3cret', file=sys.stderr, flush=True)\n{CREDENTIAL}")
    home.docker(credsStore="one")
    assert find("quay.io") == Credential("me", "for quay.io")
    assert capfd.readouterr() == ("", "")


def test_helper_gets_only_the_given_environment(find: Find, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTER", "1")
    home.environ["INNER"] = "1"
    home.helper("one", 'print(json.dumps({"Username": os.environ["INNER"], "Secret": str("OUTER" in os.environ)}))')
    home.docker(credsStore="one")
    assert find("quay.io") == Credential("1", "False")


@pytest.mark.parametrize(
    "last", ["time.sleep(60)", "os.close(1); time.sleep(60)", f"{CREDENTIAL}; sys.stdout.flush(); os.close(1); time.sleep(60)"]
)
def test_helper_that_hangs_is_killed(find: Find, home: Home, last: str) -> None:
    pid, ended = home.folder / "pid", home.folder / "ended"
    home.helper("one", f"open({str(pid)!r}, 'w').write(str(os.getpid()))\n{last}\nopen({str(ended)!r}, 'w')")
    home.docker(credsStore="one")
    for seconds in (0.5, 5.5, 55.5):  # a slow machine needs longer to start the helper
        with pytest.raises(AuthError, match=f"within {seconds} seconds"):
            find("quay.io", helper_timeout=seconds)
        if pid.exists() and pid.read_text():
            break
    assert pid_is_gone(int(pid.read_text()))
    assert not ended.exists()


def test_child_process_of_a_helper_is_not_waited_for(find: Find, home: Home) -> None:
    release, ended = home.folder / "release", home.folder / "ended"
    child = f"""
import os, time
for _ in range(1200):
    if os.path.exists({str(release)!r}):
        break
    time.sleep(0.05)
else:
    open({str(ended)!r}, "w")
"""
    home.helper("one", f"import subprocess\nsubprocess.Popen([{sys.executable!r}, '-Ic', {child!r}])\n{CREDENTIAL}")
    home.docker(credsStore="one")
    with pytest.raises(AuthError, match=r"within 0\.5 seconds"):
        find("quay.io", helper_timeout=0.5)
    assert not ended.exists()
    release.touch()


@pytest.mark.parametrize(
    "name", ["../evil", "a/b", "a b", "a;b", "$(id)", "`id`", "a\n", "a\0b", "ä", "a|b", "*", "C:evil", "a\\b"]
)
def test_invalid_helper_name_is_not_run(search: Search, home: Home, name: str) -> None:
    home.docker(credsStore=name, auths={"quay.io": {"auth": basic("file", "x")}})
    found = search("quay.io")
    assert found.credential == Credential("file", "x")
    (line,) = found.passed_over
    assert "is not the name of a helper" in line
    assert line.isprintable()
    home.docker(credHelpers={"quay.io": name})
    with pytest.raises(AuthError, match="is not the name of a helper") as caught:
        search("quay.io")
    assert str(caught.value).isprintable()


def test_an_empty_name_means_no_helper(search: Search, home: Home) -> None:
    home.docker(credsStore="")
    assert search("quay.io") == CredentialSearch(credential=None)


def test_helper_that_is_missing_is_named(find: Find, home: Home) -> None:
    home.docker(credHelpers={"quay.io": "desktop.exe"})
    with pytest.raises(AuthError, match=r"docker-credential-desktop\.exe .*the helper is not on PATH\. Install the helper"):
        find("quay.io")
    del home.environ["PATH"]
    with pytest.raises(AuthError, match="the helper is not on PATH"):
        find("quay.io")


def test_helper_in_the_current_folder_is_not_run(find: Find, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.helper("one", f"open({str(home.folder / 'ran')!r}, 'w')\n{CREDENTIAL}")
    home.docker(credsStore="one")
    monkeypatch.chdir(home.programs)
    for path in (".", os.path.join("..", "bin")):
        home.environ["PATH"] = path
        with pytest.raises(AuthError, match="relative folder on PATH"):
            find("quay.io")
    assert not (home.folder / "ran").exists()


def test_cancelled_task_kills_its_helper(home: Home) -> None:
    file, ended = home.folder / "pid", home.folder / "ended"
    home.helper("one", f"open({str(file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\nopen({str(ended)!r}, 'w')")
    home.docker(credsStore="one")

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(AsyncConfigFileCredentials(environ=home.environ).get_credential, "quay.io")
            with anyio.fail_after(60):
                while not (file.exists() and file.read_text()):
                    await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()

    anyio.run(run)
    pid = int(file.read_text())
    for _ in range(1000):
        if pid_is_gone(pid):
            break
        time.sleep(0.02)
    assert pid_is_gone(pid)
    assert not ended.exists()


def test_a_key_with_an_unpaired_surrogate_is_asked_without_a_failure(find: Find, home: Home) -> None:
    home.helper("one", 'print(json.dumps({"Username": "me", "Secret": "x"}))')
    home.docker(credsStore="one", auths={"\ud800://quay.io": {}})
    assert find("quay.io") == Credential("me", "x")
