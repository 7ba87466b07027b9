"""Storing a login where `docker login` stores it: in config.json, or in the credential helper that config.json names."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.files import write_atomically
from ..errors import AuthError
from ..reference import Index
from .config import parse_config
from .helpers import HelperCall
from .registry_keys import HUB_SERVER, matching_keys

# A credential helper that runs longer is stopped.
_TIMEOUT_SECONDS = 60.0


def store_credential(
    index: Index,
    username: str,
    password: str,
    environ: Mapping[str, str] = os.environ,
    *,
    path: str | os.PathLike[str] | None = None,
) -> str:
    """Store a user name and password, and return the path of config.json or the name of the helper that stores them.

    The other entries of config.json do not change.

    Args:
        index: The registry that the login is for.
        username: The user's name.
        password: The user's password.
        environ: The environment variables. `REGISTRY_AUTH_FILE` is the path of a file to use instead of config.json;
            `DOCKER_CONFIG` is the folder of config.json, instead of `~/.docker`.
        path: The path of the file to use instead of config.json; None uses `environ`.

    Raises:
        AuthError: The file is malformed and was not changed, or the helper failed.
        OSError: The file cannot be read or written.
    """
    file_path = _config_path(environ) if path is None else Path(path)
    content = file_path.read_bytes() if file_path.exists() else b""
    config = parse_config(content, str(file_path))
    document: dict[str, Any] = json.loads(content.decode("utf-8-sig") or "{}")
    key = HUB_SERVER if index.official else index.name
    helpers = [config.cred_helpers[name] for name in matching_keys(config.cred_helpers, index.name, None)]
    helper = helpers[0] if helpers else config.creds_store
    entry = {}  # Docker writes an empty entry if a helper holds the credential
    if helper:
        _store_in_helper(HelperCall(helper, key, str(file_path)), username, password, environ)
    else:
        entry = {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}
    document["auths"] = {**config.auths, key: entry}
    file_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with write_atomically(file_path, mode=0o600) as file:
        file.write(json.dumps(document, indent="\t").encode())
    return f"docker-credential-{helper}" if helper else str(file_path)


def _config_path(environ: Mapping[str, str]) -> Path:
    if file := environ.get("REGISTRY_AUTH_FILE"):
        return Path(file)
    folder = environ.get("DOCKER_CONFIG")
    return Path(folder) / "config.json" if folder else Path.home() / ".docker" / "config.json"


def _store_in_helper(call: HelperCall, username: str, password: str, environ: Mapping[str, str]) -> None:
    program = shutil.which(call.program, path=environ.get("PATH", ""))
    if program is None or not os.path.isabs(program):
        raise AuthError(
            f"{call.program} is not on PATH",
            source=call.configured,
            hint="Install this program, or remove its name from the file.",
        )
    request = json.dumps({"ServerURL": call.server, "Username": username, "Secret": password})
    try:
        result = subprocess.run(
            [program, "store"],
            input=request.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            env=dict(environ),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AuthError(
            f"{call.program} did not exit within {_TIMEOUT_SECONDS:g} seconds",
            source=call.configured,
            hint="Run the program by itself to see why it waits, or remove its name from the file.",
        ) from None
    if result.returncode != 0:
        raise AuthError(
            f"{call.program} failed to store the credential: exit status {result.returncode}",
            source=call.configured,
            hint="Run the program by itself to see its message, or remove its name from the file.",
        )
