"""Credentials in files: order of files, matching of keys, forms of entries, and errors of broken files."""

from __future__ import annotations

import base64
import errno
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from docker_registry_sdk.credentials import AsyncConfigFileCredentials, ConfigFileCredentials, Credential, CredentialSearch
from docker_registry_sdk.credentials.locations import find_locations
from docker_registry_sdk.credentials.registry_keys import matching_keys
from docker_registry_sdk.errors import AuthError

from .conftest import Find, Home, Search, basic


def entry(username: str) -> dict[str, str]:
    """Return an entry of `auths`."""
    return {"auth": basic(username, "s3cret")}


def username(credential: Credential | None) -> str | None:
    """Return the username; None without a credential."""
    return None if credential is None else credential.username


def test_without_files_there_is_no_credential(find: Find) -> None:
    assert find("quay.io", "a/b") is None


def test_credential_of_docker_names_its_file(find: Find, home: Home) -> None:
    file = home.docker(auths={"quay.io": {"auth": basic("me", "pass:word")}})
    credential = find("quay.io", "a/b")
    assert credential == Credential("me", "pass:word")
    assert credential is not None
    assert credential.source == f"auths entry 'quay.io' in {file}"


FILES = [
    ("REGISTRY_AUTH_FILE", "own.json"),
    (None, "run/containers/auth.json"),
    (None, ".config/containers/auth.json"),
    (None, ".docker/config.json"),
    (None, ".dockercfg"),
]


def test_files_are_read_in_the_order_of_podman(find: Find, home: Home) -> None:
    home.environ["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {"quay.io": entry("inline")}})
    for _, path in FILES:
        auths = {"quay.io": entry(path)}
        home.write(path, auths if path == ".dockercfg" else {"auths": auths})
    home.environ["REGISTRY_AUTH_FILE"] = str(home.folder / "own.json")
    assert username(find("quay.io")) == "inline"
    del home.environ["DOCKER_AUTH_CONFIG"]
    for variable, path in FILES:
        assert username(find("quay.io")) == path
        home.environ.pop(variable or "", None)
        (home.folder / path).unlink()
    assert find("quay.io") is None


def test_registry_auth_file_leaves_the_other_files_out(find: Find, home: Home) -> None:
    home.docker(auths={"quay.io": entry("me")})
    home.environ["REGISTRY_AUTH_FILE"] = str(home.folder / "missing.json")
    assert find("quay.io") is None
    home.environ["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {"quay.io": entry("inline")}})
    assert username(find("quay.io")) == "inline"


def test_variables_move_the_files(find: Find, home: Home) -> None:
    home.docker(auths={"quay.io": entry("default")})
    home.write("docker/config.json", {"auths": {"quay.io": entry("docker")}})
    home.write("xdg/containers/auth.json", {"auths": {"quay.io": entry("podman")}})
    home.environ["DOCKER_CONFIG"] = str(home.folder / "docker")
    assert username(find("quay.io")) == "docker"
    home.environ["XDG_CONFIG_HOME"] = str(home.folder / "xdg")
    assert username(find("quay.io")) == "podman"
    home.environ |= {"XDG_CONFIG_HOME": "", "DOCKER_CONFIG": "", "REGISTRY_AUTH_FILE": "", "DOCKER_AUTH_CONFIG": ""}
    assert username(find("quay.io")) == "default"


def test_next_file_is_read_when_one_has_no_entry_for_the_registry(find: Find, home: Home) -> None:
    home.write("run/containers/auth.json", {"auths": {"ghcr.io": entry("other"), "quay.io": {}}})
    home.docker(auths={"quay.io": entry("me")})
    assert username(find("quay.io")) == "me"


def test_later_files_are_not_read_once_a_credential_is_found(find: Find, home: Home) -> None:
    home.write("run/containers/auth.json", {"auths": {"quay.io": entry("me")}})
    home.write(".docker/config.json", b"broken")
    assert username(find("quay.io")) == "me"


def test_files_without_a_home_folder_and_on_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("none")

    monkeypatch.setattr(Path, "home", no_home)
    assert [location.name for location in find_locations({"XDG_RUNTIME_DIR": "/r"}, "linux")] == ["/r/containers/auth.json"]
    assert find_locations({}, "darwin") == []
    assert [location.name for location in find_locations({}, "linux")] == [f"/run/containers/{os.getuid()}/auth.json"]
    assert [location.name for location in find_locations({"HOME": "/h"}, "darwin")] == [
        "/h/.config/containers/auth.json",
        "/h/.docker/config.json",
        "/h/.dockercfg",
    ]


def test_provider_lists_its_files_without_their_content(home: Home) -> None:
    home.environ["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {"quay.io": entry("me")}})
    for provider in (ConfigFileCredentials(environ=home.environ), AsyncConfigFileCredentials(environ=home.environ)):
        assert provider.places[0] == "$DOCKER_AUTH_CONFIG"
        assert provider.places[1:] == tuple(str(home.folder / path) for _, path in FILES[1:])
    assert basic("me", "s3cret") not in repr(find_locations(home.environ))


def test_environment_of_the_process_is_the_default(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.docker(auths={"quay.io": entry("me")})
    for name in ("DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in home.environ.items():
        monkeypatch.setenv(name, value)
    assert username(ConfigFileCredentials().get_credential("quay.io")) == "me"
    assert ConfigFileCredentials().places[-1] == str(home.folder / ".dockercfg")
    assert username(anyio.run(AsyncConfigFileCredentials().get_credential, "quay.io")) == "me"
    assert ConfigFileCredentials().places == AsyncConfigFileCredentials().places


@pytest.mark.parametrize(
    ("keys", "registry", "repo", "order"),
    [
        (["quay.io", "quay.io/a", "quay.io/a/b"], "quay.io", "a/b", ["quay.io/a/b", "quay.io/a", "quay.io"]),
        (["quay.io", "quay.io/a", "quay.io/a/b"], "quay.io", "a/bb", ["quay.io/a", "quay.io"]),
        (["quay.io", "quay.io/a"], "quay.io", None, ["quay.io"]),
        (["https://quay.io/v1/", "http://quay.io", "quay.io", "https://quay.io"], "quay.io", None, None),
        (["quay.io:443", "quay.io"], "quay.io", None, ["quay.io", "quay.io:443"]),
        (["quay.io:5443", "quay.io"], "quay.io", None, ["quay.io"]),
        (["quay.io:5000", "quay.io"], "quay.io:5000", None, ["quay.io:5000"]),
        (
            ["localhost", "localhost:5000", "https://localhost:5000/v2"],
            "localhost:5000",
            "a",
            ["localhost:5000", "https://localhost:5000/v2"],
        ),
        (["QUAY.io"], "quay.IO", None, ["QUAY.io"]),
        (["quay.io/"], "quay.io", None, ["quay.io/"]),
        (["quay.io/v1/", "quay.io/v1"], "quay.io", "a", ["quay.io/v1/"]),
        (["quay.io/v1"], "quay.io", "v1/a", ["quay.io/v1"]),
        (["https://quay.io/a"], "quay.io", "b", []),
        (["index.docker.io", "https://index.docker.io/v1/", "docker.io"], "docker.io", "library/a", None),
        (
            ["index.docker.io", "https://index.docker.io/v1/"],
            "docker.io",
            None,
            ["https://index.docker.io/v1/", "index.docker.io"],
        ),
        (["https://index.docker.io/v1/"], "registry-1.docker.io", None, ["https://index.docker.io/v1/"]),
        (["https://index.docker.io/v1/access-token", "https://index.docker.io/v1/refresh-token"], "docker.io", "library/a", []),
        (["docker.io/library"], "docker.io", "library/a", ["docker.io/library"]),
        (
            ["notquay.io", "quay.io.evil.test", "quay.io@evil.test", "evil.test/quay.io", "", "/", "://", "ftp://x"],
            "quay.io",
            "a",
            [],
        ),
        (["[::1]:5000"], "[::1]:5000", "a", ["[::1]:5000"]),
        (["*.dkr.ecr.*.amazonaws.com"], "1.dkr.ecr.us-east-1.amazonaws.com", "a", ["*.dkr.ecr.*.amazonaws.com"]),
        (["*.example.com/a"], "r.example.com", "a/b", ["*.example.com/a"]),
        (["*.example.com/a"], "r.example.com", "ab/b", []),
        (["*.example.com/a"], "r.example.com", None, []),
        (["*.example.com"], "r.example.com", None, ["*.example.com"]),
        (["https://*.example.com/v1/"], "r.example.com", None, ["https://*.example.com/v1/"]),
        (["*.example.com"], "a.b.example.com", "a", []),
        (["*.example.com"], "example.com", "a", []),
        (["*.example.com"], "r.example.com:5000", "a", []),
        (["*.example.com:5000"], "r.example.com:5000", "a", ["*.example.com:5000"]),
        (["*.example.com:5000"], "r.example.com", "a", []),
        (["r.example.com:*"], "r.example.com:5000", "a", []),
        (["app*.example.com", "ap?.example.com"], "app.example.com", "a", ["app*.example.com", "ap?.example.com"]),
        (["r[0-9].example.com"], "r7.example.com", "a", ["r[0-9].example.com"]),
        (["r[^0-9].example.com"], "r7.example.com", "a", []),
        (["*.Example.com"], "R.example.com", "a", ["*.Example.com"]),
        (["*", "*.*"], "localhost", "a", ["*"]),
        (["*.io"], "docker.io", "library/a", ["*.io"]),
        (["[*"], "[::1]", "a", []),
        (
            ["https://quay.io:443/v2/", "quay.io:443", "quay.io"],
            "quay.io",
            "a",
            ["quay.io", "quay.io:443", "https://quay.io:443/v2/"],
        ),
        (["quay.io", "quay.io:443"], "quay.io:443", "a", ["quay.io:443", "quay.io"]),
        (["quay.io:443/a", "quay.io:80"], "quay.io", "a", ["quay.io:443/a"]),
        (["[::1]:443", "::443"], "[::1]", "a", ["[::1]:443"]),
        (["*.io:443", "*.io:5000"], "quay.io", "a", ["*.io:443"]),
        (
            ["*.example.com", "*.example.com/a", "r.example.com", "*.*.com", "r.example.com/a"],
            "r.example.com",
            "a/b",
            ["r.example.com/a", "r.example.com", "*.example.com/a", "*.example.com", "*.*.com"],
        ),
    ],
)
def test_the_most_specific_key_comes_first(keys: list[str], registry: str, repo: str | None, order: list[str] | None) -> None:
    found = matching_keys(keys, registry, repo)
    if order is None:
        assert sorted(found) == sorted(keys)
        assert found[0] == registry
    else:
        assert found == order


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("*.example.com/team/*", "its path contains a pattern"),
        ("example.com/a?", "its path contains a pattern"),
        ("example.com:*", "its port is a pattern"),
        ("[::1]:*", "its port is a pattern"),
        (".example.com", "a part of its host is empty"),
        ("*..example.com", "a part of its host is empty"),
        ("https://", "a part of its host is empty"),
        ("r[0-9.example.com", "has a [ without a ]"),
        ("r[0-9].example.com", None),
        ("*:5000", None),
        ("*.example.com/team", None),
        ("[::1]:5000", None),
        ("https://index.docker.io/v1/", None),
    ],
)
def test_a_key_that_matches_no_registry_is_named(search: Search, home: Home, key: str, reason: str | None) -> None:
    home.docker(auths={key: entry("other"), "quay.io": entry("me")}, credHelpers={key: "x"})
    found = search("quay.io")
    assert found.credential is not None and found.credential.username == "me"
    named = [line for line in found.passed_over if "matches no registry" in line]
    assert [line.partition(" ")[0] for line in named] == ([] if reason is None else ["auths", "credHelpers"])
    assert all(str(reason) in line for line in named)


def test_an_empty_entry_is_skipped(find: Find, home: Home) -> None:
    home.docker(auths={"quay.io/a": {}, "quay.io": entry("me"), "https://quay.io": None})
    assert username(find("quay.io", "a/b")) == "me"


FORMS: list[tuple[dict[str, Any], Credential | None]] = [
    ({"auth": base64.urlsafe_b64encode("me:ÿÿ>>??".encode()).decode()}, Credential("me", "ÿÿ>>??")),
    ({"auth": base64.encodebytes(b"me:" + b"x" * 80).decode()}, Credential("me", "x" * 80)),
    ({"auth": None, "username": "me", "password": "x"}, Credential("me", "x")),
    ({"auth": basic("me", "")}, Credential("me", "")),
    ({"auth": basic("me", "pä:ß")}, Credential("me", "pä:ß")),
    ({"auth": basic("me", "x\0\0")}, Credential("me", "x")),
    ({"auth": basic("me", "x").rstrip("=") + "\n"}, Credential("me", "x")),
    ({"username": "me", "password": "x"}, Credential("me", "x")),
    (
        {"auth": basic("me", "x"), "username": "old", "password": "old", "email": "a@b.c", "serveraddress": "x"},
        Credential("me", "x"),
    ),
    ({"auth": basic("me", ""), "identitytoken": "t"}, Credential("me", identity_token="t")),
    ({"identitytoken": "t"}, Credential(identity_token="t")),
    ({"registrytoken": "r", "identitytoken": "t", "auth": basic("me", "x")}, Credential("me", registry_token="r")),
    ({"auth": "", "identitytoken": None}, None),
    ({"email": "a@b.c"}, None),
]


@pytest.mark.parametrize(("form", "credential"), FORMS)
def test_forms_of_an_entry(find: Find, home: Home, form: dict[str, Any], credential: Credential | None) -> None:
    home.docker(auths={"quay.io": form})
    assert find("quay.io") == credential


UNREADABLE: list[tuple[bytes, str]] = [
    (b'{"auths": {"quay.io": {"auth": "s3cret"', "not valid JSON: line 1, column"),
    (b'{"auths": {"quay.io": {"auth": "bTpz"},}}', "not valid JSON: line 1, column"),
    (b"s3cret", "not valid JSON"),
    (b'"s3cret"', "not a JSON object"),
    (b"[1]", "not a JSON object"),
    (b"\xff\xfes3cret", "not UTF-8 text"),
    (b"[" * 200_000, "nested too deeply"),
    (b'{"auths": ' + b"9" * 10_000 + b"}", "a number is too long"),
    (b" " * (4 * 1024 * 1024 + 1), "larger than"),
]
MALFORMED: list[tuple[bytes, str]] = [
    (b'{"auths": {"quay.io": {"auth": "s3cret!"}}}', "not UTF-8 text encoded in base64"),
    (b'{"auths": {"quay.io": {"auth": "' + base64.b64encode(b"\xff:s3cret") + b'"}}}', "not UTF-8 text encoded in base64"),
    (b'{"auths": {"quay.io": {"auth": "' + base64.b64encode(b"s3cret") + b'"}}}', "username or the colon is missing"),
    (b'{"auths": {"quay.io": {"auth": "' + base64.b64encode(b":s3cret") + b'"}}}', "username or the colon is missing"),
    (b'{"auths": {"quay.io": {"auth": "' + base64.b64encode(b"me:s3cret\n") + b'"}}}', "control character"),
    (b'{"auths": {"quay.io": {"identitytoken": "s3cret\\n"}}}', "control character"),
    (b'{"auths": {"quay.io": {"username": "m:e", "password": "s3cret"}}}', "colon"),
]


def check_not_shown(error: AuthError) -> None:
    """Check that an exception is one line, and shows nothing of the secret."""
    for secret in ("s3cret", base64.b64encode(b"s3cret").decode()):
        assert secret not in f"{error} {error!r}"
    for under in (error.__cause__, error.__context__):
        assert "s3cret" not in f"{under!r} {getattr(under, 'doc', '')} {getattr(under, 'object', '')!r}"
    assert str(error).isprintable()


@pytest.mark.parametrize(("content", "problem"), MALFORMED, ids=[problem for _, problem in MALFORMED])
def test_a_malformed_login_is_named_and_not_shown(find: Find, home: Home, content: bytes, problem: str) -> None:
    file = home.write(".docker/config.json", content)
    with pytest.raises(AuthError) as caught:
        find("quay.io")
    assert str(file) in caught.value.source
    assert problem in caught.value.problem
    check_not_shown(caught.value)


@pytest.mark.parametrize(("content", "problem"), UNREADABLE, ids=[problem for _, problem in UNREADABLE])
@pytest.mark.parametrize("place", [".docker/config.json", "run/containers/auth.json", ".config/containers/auth.json"])
def test_a_file_in_its_usual_place_is_passed_over_if_it_is_unreadable(
    search: Search, home: Home, content: bytes, problem: str, place: str
) -> None:
    file = home.write(place, content)
    home.write(".dockercfg", {"quay.io": entry("me")})
    found = search("quay.io")
    assert username(found.credential) == "me"
    (line,) = found.passed_over
    assert line.startswith(f"{file}: ")
    assert problem in line
    assert "s3cret" not in line


@pytest.mark.parametrize(("content", "problem"), UNREADABLE, ids=[problem for _, problem in UNREADABLE])
@pytest.mark.parametrize("variable", ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE"])
def test_a_file_that_a_variable_names_must_be_readable(
    find: Find, home: Home, content: bytes, problem: str, variable: str
) -> None:
    file = home.write("own/config.json", content)
    home.environ[variable] = str(file if variable == "REGISTRY_AUTH_FILE" else file.parent)
    with pytest.raises(AuthError) as caught:
        find("quay.io")
    assert caught.value.source == str(file)
    assert problem in caught.value.problem
    check_not_shown(caught.value)


ODD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"credsStore": {"s3cret": 1}}, "credsStore is not a string"),
    ({"credsStore": 5}, "credsStore is not a string"),
    ({"credHelpers": "s3cret"}, "credHelpers is not a JSON object"),
    ({"credHelpers": {"quay.io": ["s3cret"]}}, "credHelpers entry 'quay.io'"),
    ({"credHelpers": {"quay.io/a": "x"}}, "helpers are for whole registries"),
    ({"auths": {"quay.io/a": ["s3cret"], "quay.io": entry("me")}}, "the entry is not a JSON object"),
    ({"auths": {"quay.io/a": {"auth": 123}, "quay.io": entry("me")}}, "auth is not a string"),
    ({"auths": {"quay.io": {"auth": 5, "username": "me", "password": "s3cret"}}}, "auth is not a string"),
    ({"auths": {"quay.io": {"auth": "!", "username": "me", "password": "s3cret"}}}, "not UTF-8 text encoded in base64"),
    ({"auths": {"quay.io": {**entry("me"), "identitytoken": 5}}}, "identitytoken is not a string"),
    ({"auths": {"quay.io": {**entry("me"), "registrytoken": {}}}}, "registrytoken is not a string"),
    ({"auths": {"quay.io": {**entry("me"), "username": [], "password": True}}}, "username is not a string"),
]


@pytest.mark.parametrize(("content", "problem"), ODD_FIELDS, ids=[problem for _, problem in ODD_FIELDS])
@pytest.mark.parametrize("is_named", [False, True])
def test_an_odd_field_is_ignored_and_named(
    search: Search, home: Home, content: dict[str, Any], problem: str, is_named: bool
) -> None:
    file = home.docker(**{"auths": {"quay.io": entry("me")}, **content})
    if is_named:
        home.environ["DOCKER_CONFIG"] = str(file.parent)
    found = search("quay.io", "a/b")
    assert username(found.credential) == "me"
    assert any(problem in line and str(file) in line for line in found.passed_over)
    assert "s3cret" not in str(found.passed_over)


def test_an_odd_auths_leaves_the_next_file(search: Search, home: Home) -> None:
    home.docker(auths=["s3cret"])
    home.write(".dockercfg", {"quay.io": entry("me")})
    found = search("quay.io")
    assert username(found.credential) == "me"
    assert "the value of auths is not a JSON object" in found.passed_over[0]


@pytest.mark.parametrize("name", ["credsstore", "CredsStore", "credSstore"])
def test_names_of_fields_are_read_in_any_case_as_by_docker(find: Find, home: Home, name: str) -> None:
    home.helper("one", 'print(json.dumps({"username": "me", "SECRET": "x"}))')
    home.docker(**{name: "one"})
    assert find("quay.io") == Credential("me", "x")
    home.docker(Auths={"quay.io": {"Auth": basic("file", "x")}})
    assert find("quay.io") == Credential("file", "x")


def test_broken_variable_is_named_and_not_shown(find: Find, home: Home) -> None:
    home.environ["DOCKER_AUTH_CONFIG"] = '{"auths": s3cret'
    with pytest.raises(AuthError, match=r"\$DOCKER_AUTH_CONFIG: the content is not valid JSON") as caught:
        find("quay.io")
    assert "s3cret" not in str(caught.value)


def test_broken_entry_of_another_registry_does_not_matter(find: Find, home: Home) -> None:
    home.docker(auths={"ghcr.io": {"auth": "!"}, "quay.io": entry("me")})
    assert username(find("quay.io")) == "me"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b" \r\n", b"{}", b"\xef\xbb\xbf{}", b'{"auths": null, "credHelpers": null, "credsStore": null}']
)
def test_file_without_credentials_gives_none(find: Find, home: Home, content: bytes) -> None:
    home.write(".docker/config.json", content)
    assert find("quay.io") is None


def make_folder(path: Path) -> None:
    path.mkdir()


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def make_device_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


NOT_FILES: list[tuple[Callable[[Path], None], str]] = [
    (make_folder, "not a regular file"),
    (os.mkfifo, "not a regular file"),
    (make_socket, "not a regular file"),
    (make_device_link, "not a regular file"),
    (make_loop, "Too many levels of symbolic links"),
]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
@pytest.mark.parametrize(("make", "problem"), NOT_FILES)
def test_what_is_not_a_file_is_passed_over_or_named(
    search: Search, home: Home, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], problem: str
) -> None:
    monkeypatch.chdir(home.folder)  # the path of a socket must be short
    home.write(".dockercfg", {"quay.io": entry("me")})
    Path(".docker").mkdir()
    make(Path(".docker/config.json"))
    found = search("quay.io")
    assert username(found.credential) == "me"
    assert problem in found.passed_over[0]
    home.environ["DOCKER_CONFIG"] = str(home.folder / ".docker")
    with pytest.raises(AuthError, match=f"config.json: the file cannot be read: .*{problem}"):
        search("quay.io")


@pytest.mark.parametrize("variable", ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE"])
def test_the_null_device_stands_for_no_credentials(search: Search, home: Home, variable: str) -> None:
    home.docker(auths={"quay.io": entry("me")})
    home.environ[variable] = os.devnull
    assert search("quay.io") == CredentialSearch(credential=None)


def test_a_file_without_permission_is_passed_over(search: Search, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home.write("run/containers/auth.json", {"auths": {"quay.io": entry("other")}})
    home.docker(auths={"quay.io": entry("me")})
    status = os.stat

    def stat(path: Any, **options: Any) -> Any:
        if path == file:  # the tests may run as root, to whom all files are open
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return status(path, **options)

    monkeypatch.setattr(os, "stat", stat)
    found = search("quay.io")
    assert username(found.credential) == "me"
    assert found.passed_over == (f"{file}: the file cannot be read: Permission denied",)
    home.environ["REGISTRY_AUTH_FILE"] = str(file)
    with pytest.raises(AuthError, match="Permission denied"):
        search("quay.io")


def test_a_file_in_the_place_of_a_folder_is_passed_over_or_named(search: Search, home: Home) -> None:
    file = home.write(".docker", b"")
    home.write(".dockercfg", {"quay.io": entry("me")})
    found = search("quay.io")
    assert username(found.credential) == "me"
    assert found.passed_over == (f"{file}/config.json: the file cannot be read: its path names a file in the place of a folder",)
    home.environ["DOCKER_CONFIG"] = str(file)
    with pytest.raises(AuthError, match=r"config\.json: the file cannot be read: its path names a file"):
        search("quay.io")


def test_world_readable_file_is_read(find: Find, home: Home) -> None:
    home.docker(auths={"quay.io": entry("me")}).chmod(0o666)
    assert username(find("quay.io")) == "me"


def test_password_in_a_key_is_not_shown(find: Find, home: Home) -> None:
    home.docker(auths={"https://quay.io/v1/": entry("me")})
    credential = find("quay.io")
    assert credential is not None
    assert "'https://quay.io/v1/'" in credential.source
    assert "s3cret" not in repr(credential)
