"""`login` and `auth explain`."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
from pathlib import Path

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.conftest import RunCli
from tests.cli.runner import run_in_terminal
from tests.support.skopeo import require_skopeo


def test_later_commands_use_the_stored_login(run_cli: RunCli, token_registry: EmbeddedRegistry, home: Path) -> None:
    index = token_registry.host
    done = run_cli("login", index, "-u", "ann", "--password-stdin", "--json", stdin=f"{token_registry.password}\n")
    path = home / ".docker" / "config.json"
    expected = {"index": index, "api_version": 2, "username": "ann", "checked": "credentials", "stored": str(path)}
    assert json.loads(done.out) == expected
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run_cli("tags", f"{index}/team/app").lines == ["1.0", "1.1", "latest"]
    explained = run_cli("auth", "explain", f"{index}/team/app")
    assert f"credential\tauths entry '{index}' in {path}" in explained.lines
    assert token_registry.password not in done.out + done.err + explained.out + explained.err


def test_skopeo_uses_the_stored_login(run_cli: RunCli, token_registry: EmbeddedRegistry, home: Path) -> None:
    assert run_cli("login", token_registry.host, "-u", "ann", "--password-stdin", stdin=token_registry.password).code == 0
    where = ["--authfile", str(home / ".docker" / "config.json"), "--tls-verify=false"]
    command = [require_skopeo(), "list-tags", *where, f"docker://{token_registry.host}/team/app"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["Tags"] == ["1.0", "1.1", "latest"]


def test_login_prompts_on_a_terminal(token_registry: EmbeddedRegistry, home: Path) -> None:
    answers = {"Username: ": "ann", "Password: ": token_registry.password}
    done = run_in_terminal("login", token_registry.host, answers=answers)
    assert done.code == 0, done
    assert token_registry.password not in done.out
    assert (home / ".docker" / "config.json").exists()


def test_a_rejected_login_is_not_stored(run_cli: RunCli, token_registry: EmbeddedRegistry, home: Path) -> None:
    run_cli("login", token_registry.host, "-u", "ann", "--password-stdin", stdin="wrong").check_failure(4)
    assert list(home.iterdir()) == []


def test_a_registry_that_does_not_check_passwords(run_cli: RunCli, embedded_registry: EmbeddedRegistry) -> None:
    done = run_cli("login", embedded_registry.host, "-u", "ann", "--password-stdin", stdin="x")
    assert "checked\tnothing" in done.lines
    assert "requires no login" in done.err


def test_a_warning_names_the_file_that_is_used_instead(run_cli: RunCli, token_registry: EmbeddedRegistry, home: Path) -> None:
    other = home / ".config" / "containers" / "auth.json"
    other.parent.mkdir(parents=True)
    other.write_text(
        json.dumps({"auths": {token_registry.host: {"auth": base64.b64encode(b"bob:x").decode()}}}), encoding="utf-8"
    )
    done = run_cli("login", token_registry.host, "-u", "ann", "--password-stdin", stdin=token_registry.password)
    assert done.code == 0
    assert str(other) in done.err


def test_auth_explain_of_a_refusal(run_cli: RunCli, token_registry: EmbeddedRegistry) -> None:
    done = run_cli("auth", "explain", f"{token_registry.host}/team/app")
    assert done.code == 4
    facts = dict(line.split("\t") for line in done.lines)
    assert facts["challenge"] == "bearer"
    assert facts["realm"] == token_registry.token_url
    assert facts["scopes"] == "repository:team/app:pull"
    assert "401" in facts["outcome"]
