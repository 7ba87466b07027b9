"""Storing a login in config.json or in a credential helper."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from docker_registry_sdk import parse_index
from docker_registry_sdk.credentials import ConfigFileCredentials
from docker_registry_sdk.credentials.storing import store_credential
from docker_registry_sdk.errors import AuthError

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


@pytest.mark.parametrize(
    ("environ", "place"),
    [({}, ".docker/config.json"), ({"DOCKER_CONFIG": "d"}, "d/config.json"), ({"REGISTRY_AUTH_FILE": "auth.json"}, "auth.json")],
)
def test_the_environment_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], place: str
) -> None:
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
def test_a_login_is_stored_in_a_helper(tmp_path: Path, key: str) -> None:
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
def test_a_malformed_file_does_not_change(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(AuthError):
        store_credential(parse_index("r.example"), "ann", "x", {"DOCKER_CONFIG": str(tmp_path), "PATH": ""})
    assert path.read_text(encoding="utf-8") == content
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "home"]


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("{}", encoding="utf-8")
    (tmp_path / "config.json").symlink_to(real)
    store_credential(parse_index("r.example"), "ann", "x", {"DOCKER_CONFIG": str(tmp_path)})
    assert (tmp_path / "config.json").is_symlink()
    assert "r.example" in real.read_text(encoding="utf-8")
