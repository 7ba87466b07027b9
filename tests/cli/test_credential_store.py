"""Storing a login in config.json or in a credential helper."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import tempfile
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


@pytest.mark.parametrize(
    "content",
    ["no json", "[]", '{"auths": 1}', '{"credHelpers": {"a": 1}}', '{"credsStore": "missing"}', '{"credsStore": "../up"}'],
)
def test_a_malformed_file_does_not_change(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(AuthError) as caught:
        store_credential(parse_index("r.example"), "ann", "x", {"DOCKER_CONFIG": str(tmp_path), "PATH": ""})
    assert "log in" not in caught.value.hint  # which has just failed
    assert path.read_text(encoding="utf-8") == content
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "home"]


@pytest.mark.parametrize("content", ["#!/no/such/interpreter\n", "\x7fELF"])
def test_a_helper_that_cannot_be_started_is_named(tmp_path: Path, content: str) -> None:
    program = tmp_path / "docker-credential-box"
    program.write_text(content, encoding="utf-8")
    program.chmod(0o755)
    path = tmp_path / "config.json"
    path.write_text('{"credsStore": "box"}', encoding="utf-8")
    with pytest.raises(AuthError, match="docker-credential-box cannot be started") as caught:
        store_credential(parse_index("r.example"), "ann", "x", {"DOCKER_CONFIG": str(tmp_path), "PATH": str(tmp_path)})
    assert caught.value.source == str(path)


def test_an_account_without_a_home_folder_must_name_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("none")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(AuthError, match="Set DOCKER_CONFIG"):
        store_credential(parse_index("r.example"), "ann", "x", {})


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("{}", encoding="utf-8")
    (tmp_path / "config.json").symlink_to(real)
    store_credential(parse_index("r.example"), "ann", "x", {"DOCKER_CONFIG": str(tmp_path)})
    assert (tmp_path / "config.json").is_symlink()
    assert "r.example" in real.read_text(encoding="utf-8")


def refuse_to_replace(source: object, target: object) -> None:
    """Refuse to replace a file, as the system refuses for a file that is mounted by itself."""
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(target))


def refuse_to_create(**options: object) -> None:
    """Refuse to create a file, as in a folder of another user."""
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a config.json with a login and other content, which is longer than what a test writes."""
    folder = tmp_path / "docker"
    folder.mkdir()
    path = folder / "config.json"
    path.write_text(json.dumps({"auths": {"a.example": {"auth": "YTpi"}}, "psFormat": "x" * 500}, indent=2), encoding="utf-8")
    return path


def store(config: Path, password: str = "x") -> None:
    """Store a login."""
    store_credential(parse_index("r.example"), "ann", password, {"DOCKER_CONFIG": str(config.parent)})


def check_stored(config: Path, inode: int) -> None:
    """Check that a file has a login beside its other content, and is the same file as before."""
    after = json.loads(config.read_bytes())
    assert after["auths"] == {"a.example": {"auth": "YTpi"}, "r.example": {"auth": "YW5uOng="}}
    assert after["psFormat"] == "x" * 500
    assert config.stat().st_ino == inode
    assert [path.name for path in config.parent.iterdir()] == ["config.json"]


@pytest.mark.parametrize("reason", ["mounted", "folder of another user", "file of another user"])
def test_a_file_that_cannot_be_replaced_is_written_in_place(config: Path, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    inode = config.stat().st_ino
    if reason == "mounted":
        monkeypatch.setattr(os, "replace", refuse_to_replace)
    elif reason == "folder of another user":
        monkeypatch.setattr(tempfile, "mkstemp", refuse_to_create)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    store(config)
    check_stored(config, inode)
    if reason == "mounted":
        assert stat.S_IMODE(config.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform != "linux", reason="bind mounts are a feature of Linux")
def test_a_file_that_is_mounted_is_written_in_place(config: Path, tmp_path: Path) -> None:
    mounted = tmp_path / "mounted" / "config.json"
    mounted.parent.mkdir()
    mounted.touch()
    if subprocess.run(["mount", "--bind", str(config), str(mounted)], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount files")
    try:
        inode = config.stat().st_ino
        store(mounted)
    finally:
        subprocess.run(["umount", str(mounted)], check=True)
    check_stored(config, inode)


def test_a_full_disk_leaves_the_former_content(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, calls, write = config.read_bytes(), 0, os.write

    def write_some(descriptor: int, content: memoryview) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, content[:100])

    monkeypatch.setattr(os, "replace", refuse_to_replace)
    monkeypatch.setattr(os, "write", write_some)
    with pytest.raises(OSError, match="No space left on device: the file was not changed") as caught:
        store(config)
    assert caught.value.filename == str(config)
    monkeypatch.undo()
    assert config.read_bytes() == before


def test_a_link_is_kept_also_if_its_target_is_mounted(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", refuse_to_replace)
    link = tmp_path / "linked" / "config.json"
    link.parent.mkdir()
    link.symlink_to(config)
    store(link)
    assert link.is_symlink()
    check_stored(config, config.stat().st_ino)


def test_a_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(AuthError, match="not a regular file"):
        store(tmp_path / "config.json")
