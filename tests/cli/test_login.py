"""Logging in, and where that is stored."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from docker_registry_sdk import parse_index
from docker_registry_sdk.cli.credential_store import store_credential
from docker_registry_sdk.credentials import ConfigFileCredentials
from docker_registry_sdk.errors import AuthError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.conftest import Call
from tests.cli.driving import run_in_terminal
from tests.support.skopeo import require_skopeo

HELPER = """#!{python}
import json, pathlib, sys
store = pathlib.Path({store!r})
if sys.argv[1] == "store":
    store.write_text(sys.stdin.read())
elif sys.argv[1] == "get" and store.exists() and json.loads(store.read_text())["ServerURL"] == sys.stdin.read().strip():
    print(store.read_text())
else:
    sys.exit("credentials not found in native keychain")
"""


def write_helper(folder: Path, name: str) -> Path:
    """Write a credential helper that keeps one credential in a file, and return the file."""
    folder.mkdir(exist_ok=True)
    store, program = folder / "stored.json", folder / f"docker-credential-{name}"
    program.write_text(HELPER.format(python=sys.executable, store=str(store)), encoding="utf-8")
    program.chmod(0o755)
    return store


def test_login_stores_what_later_calls_use(call: Call, token_registry: EmbeddedRegistry, home: Path) -> None:
    index = token_registry.host
    done = call("login", index, "-u", "ann", "--password-stdin", "--json", stdin=f"{token_registry.password}\n")
    path = home / ".docker" / "config.json"
    expected = {"index": index, "api_version": 2, "username": "ann", "checked": "credentials", "stored": str(path)}
    assert json.loads(done.out) == expected
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert call("tags", f"{index}/team/app").lines == ["1.0", "1.1", "latest"]
    explained = call("auth", "explain", f"{index}/team/app")
    assert f"credential\tauths entry '{index}' in {path}" in explained.lines
    assert token_registry.password not in done.out + done.err + explained.out + explained.err


def test_skopeo_reads_what_was_stored(call: Call, token_registry: EmbeddedRegistry, home: Path) -> None:
    assert call("login", token_registry.host, "-u", "ann", "--password-stdin", stdin=token_registry.password).code == 0
    where = ["--authfile", str(home / ".docker" / "config.json"), "--tls-verify=false"]
    command = [require_skopeo(), "list-tags", *where, f"docker://{token_registry.host}/team/app"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["Tags"] == ["1.0", "1.1", "latest"]


def test_login_asks_in_a_terminal(token_registry: EmbeddedRegistry, home: Path) -> None:
    answers = {"Username: ": "ann", "Password: ": token_registry.password}
    done = run_in_terminal("login", token_registry.host, answers=answers)
    assert done.code == 0, done
    assert token_registry.password not in done.out
    assert (home / ".docker" / "config.json").exists()


def test_nothing_is_stored_that_is_refused(call: Call, token_registry: EmbeddedRegistry, home: Path) -> None:
    call("login", token_registry.host, "-u", "ann", "--password-stdin", stdin="wrong").failed(4)
    assert list(home.iterdir()) == []


def test_a_registry_that_does_not_look(call: Call, embedded_registry: EmbeddedRegistry) -> None:
    done = call("login", embedded_registry.host, "-u", "ann", "--password-stdin", stdin="x")
    assert "checked\tnothing" in done.lines
    assert "authorizes everybody" in done.err


def test_another_place_that_comes_first_is_told(call: Call, token_registry: EmbeddedRegistry, home: Path) -> None:
    other = home / ".config" / "containers" / "auth.json"
    other.parent.mkdir(parents=True)
    other.write_text(
        json.dumps({"auths": {token_registry.host: {"auth": base64.b64encode(b"bob:x").decode()}}}), encoding="utf-8"
    )
    done = call("login", token_registry.host, "-u", "ann", "--password-stdin", stdin=token_registry.password)
    assert done.code == 0
    assert str(other) in done.err


def test_auth_explain_of_a_refusal(call: Call, token_registry: EmbeddedRegistry) -> None:
    done = call("auth", "explain", f"{token_registry.host}/team/app")
    assert done.code == 4
    facts = dict(line.split("\t") for line in done.lines)
    assert facts["challenge"] == "bearer"
    assert facts["realm"] == token_registry.token_url
    assert facts["scopes"] == "repository:team/app:pull"
    assert "401" in facts["outcome"]


@pytest.mark.parametrize(
    ("environ", "place"),
    [({}, ".docker/config.json"), ({"DOCKER_CONFIG": "d"}, "d/config.json"), ({"REGISTRY_AUTH_FILE": "auth.json"}, "auth.json")],
)
def test_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], place: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    variables = {"HOME": str(tmp_path), **{name: str(tmp_path / value) for name, value in environ.items()}}
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    before = {"auths": {"a.example": {"auth": "YTpi"}, "b.example:5000": {}}, "HttpHeaders": {"X": "y"}, "plugins": {"p": {}}}
    path.write_text(json.dumps(before), encoding="utf-8")
    assert store_credential(parse_index("b.example:5000"), "ann", "pässword", variables) == str(path)
    assert store_credential(parse_index(), "bob", "x:y", variables) == str(path)
    after = json.loads(path.read_text(encoding="utf-8"))
    assert {name: after[name] for name in ("HttpHeaders", "plugins")} == {
        name: before[name] for name in ("HttpHeaders", "plugins")
    }
    assert after["auths"]["a.example"] == before["auths"]["a.example"]  # type: ignore[index]
    assert list(after["auths"]) == ["a.example", "b.example:5000", "https://index.docker.io/v1/"]
    provider = ConfigFileCredentials(environ=variables)
    for name, username, password in (("b.example:5000", "ann", "pässword"), ("docker.io", "bob", "x:y")):
        found = provider.get_credential(name)
        assert found is not None
        assert (found.username, found.password) == (username, password)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_a_helper(tmp_path: Path, key: str) -> None:
    store = write_helper(tmp_path / "bin", "box")
    path = tmp_path / "config.json"
    path.write_text(json.dumps({key: "box" if key == "credsStore" else {"r.example": "box"}}), encoding="utf-8")
    variables = {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    assert store_credential(parse_index("r.example"), "ann", "secret", variables) == "docker-credential-box"
    assert json.loads(store.read_text(encoding="utf-8")) == {"ServerURL": "r.example", "Username": "ann", "Secret": "secret"}
    assert "secret" not in path.read_text(encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8"))["auths"] == {"r.example": {}}
    found = ConfigFileCredentials(environ=variables).get_credential("r.example")
    assert found is not None
    assert (found.username, found.password) == ("ann", "secret")


@pytest.mark.parametrize("content", ["no json", "[]", '{"auths": 1}', '{"credsStore": "missing"}', '{"credsStore": "../up"}'])
def test_a_file_that_cannot_be_used_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(AuthError):
        store_credential(parse_index("r.example"), "ann", "x", {"DOCKER_CONFIG": str(tmp_path), "PATH": ""})
    assert path.read_text(encoding="utf-8") == content
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "home"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("{}", encoding="utf-8")
    (tmp_path / "config.json").symlink_to(real)
    store_credential(parse_index("r.example"), "ann", "x", {"DOCKER_CONFIG": str(tmp_path)})
    assert (tmp_path / "config.json").is_symlink()
    assert "r.example" in real.read_text(encoding="utf-8")
