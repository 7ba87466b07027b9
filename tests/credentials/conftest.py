"""A home folder with configuration files, and helpers that are real programs."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from docker_registry_sdk.credentials import AsyncConfigFileCredentials, ConfigFileCredentials, Credential, CredentialSearch


def basic(username: str, password: str) -> str:
    """Return the `auth` of an entry: username and password in base64."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


class Home:
    """A home folder, and an environment that points only to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "bin"
        self.programs.mkdir()
        runtime = folder / "run"
        runtime.mkdir()
        self.environ = {"HOME": str(folder), "PATH": str(self.programs), "XDG_RUNTIME_DIR": str(runtime)}

    def write(self, path: str, content: object) -> Path:
        """Write a file, JSON unless it is bytes."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return file

    def docker(self, **content: Any) -> Path:
        """Write Docker's configuration."""
        return self.write(".docker/config.json", content)

    def helper(self, name: str, code: str) -> Path:
        """Write a helper in Python; its code finds the server name in `server`."""
        file = self.programs / f"docker-credential-{name}"
        start = "import json, os, sys, time\nassert sys.argv[1:] == ['get']\nserver = sys.stdin.read()"
        lines = f"#!{sys.executable} -I\n{start}\n{code}\n"
        file.write_text(lines, encoding="utf-8")
        file.chmod(0o755)
        return file


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home folder."""
    return Home(tmp_path)


Find = Callable[..., Credential | None]
Search = Callable[..., CredentialSearch]


@pytest.fixture(params=["sync", "asyncio"])
def search(request: pytest.FixtureRequest, home: Home) -> Search:
    """Return a function that searches the home folder, first with the sync and then with the async provider."""

    def run(registry: str, repo: str | None = None, **options: Any) -> CredentialSearch:
        if request.param == "sync":
            return ConfigFileCredentials(environ=home.environ, **options).search(registry, repo)
        return anyio.run(AsyncConfigFileCredentials(environ=home.environ, **options).search, registry, repo)

    return run


@pytest.fixture
def find(search: Search) -> Find:
    """Return a function that calls the provider for the home folder, first the sync and then the async provider."""
    return lambda *arguments, **options: search(*arguments, **options).credential


def pid_is_gone(pid: int) -> bool:
    """Return whether the process has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
