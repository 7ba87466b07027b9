"""Run Debian's docker-registry as a process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from attrs import frozen

USERNAME = "alice"
PASSWORD = "correct horse"
# bcrypt of PASSWORD with the lowest cost that the server accepts
_HTPASSWD = "alice:$2b$05$QuopKAg9A8jp79Xe.ugFmOr6Ev0pgFI5AKIdMhVQThd57KIuXUX4K"


@frozen
class DockerRegistry:
    """A running docker-registry.

    Attributes:
        url: Its URL, without a path.
        storage: Its storage folder.
    """

    url: str
    storage: Path


def require_docker_registry() -> str:
    """Return the path of docker-registry; skip the test without it, or fail where CI=true."""
    found = shutil.which("docker-registry")
    if found is None:
        reason = "docker-registry is not installed (Debian's package docker-registry)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def run_docker_registry(
    folder: Path, *, settings: str = "", delete: bool = True, read_only: bool = False, tls: tuple[Path, Path] | None = None
) -> Iterator[DockerRegistry]:
    """Run a docker-registry on loopback until the context ends.

    Args:
        folder: An empty folder for its config, storage and log.
        settings: More lines for its config.
        delete: Whether it allows deletions.
        read_only: Whether it refuses writes.
        tls: The files of a certificate and its key for https; None for http.
    """
    program = require_docker_registry()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    storage = folder / "storage"
    storage.mkdir(parents=True, exist_ok=True)
    config = folder / "config.yml"
    certificate = f", tls: {{certificate: {tls[0]}, key: {tls[1]}}}" if tls else ""
    config.write_text(
        f"""\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {storage}}}
  delete: {{enabled: {str(delete).lower()}}}
  maintenance:
    uploadpurging: {{enabled: false}}
    readonly: {{enabled: {str(read_only).lower()}}}
http: {{addr: "127.0.0.1:{port}", secret: for-a-test{certificate}}}
compatibility: {{schema1: {{enabled: true}}}}
{settings}
""",
        encoding="utf-8",
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log, env={"PATH": os.environ["PATH"]})
    url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
    try:
        _wait_for(url, process, folder / "log")
        yield DockerRegistry(url, storage)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def htpasswd_settings(folder: Path) -> str:
    """Return the settings of a registry that requires USERNAME and PASSWORD.

    Args:
        folder: The folder for the password file.
    """
    path = folder / "htpasswd"
    path.write_text(f"{_HTPASSWD}\n", encoding="utf-8")
    return f"auth: {{htpasswd: {{realm: test, path: {path}}}}}"


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            httpx.get(f"{url}/v2/", timeout=1, verify=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"docker-registry does not answer: {log.read_text(encoding='utf-8', errors='replace')}")
