"""Storing a login where `docker login` would: in its config.json, or through the credential helper that this names."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..credentials.config import parse_config
from ..credentials.helpers import HelperCall
from ..credentials.registry_keys import HUB_SERVER, matching_keys
from ..errors import AuthError
from ..reference import Index
from .files import new_file

_HELPER_SECONDS = 60.0


def store_credential(index: Index, username: str, password: str, environ: Mapping[str, str] = os.environ) -> str:
    """Store a user name and password, and return where; everything else in the file stays as it is.

    Args:
        index: The registry.
        username: The user's name.
        password: The user's password.
        environ: The environment, which may name another file: `REGISTRY_AUTH_FILE`, or `DOCKER_CONFIG` for its folder.

    Raises:
        AuthError: The file cannot be understood, and is left alone; or the helper fails.
        OSError: The file cannot be read or written.
    """
    path = _config_path(environ)
    content = path.read_bytes() if path.exists() else b""
    config = parse_config(content, str(path))
    document: dict[str, Any] = json.loads(content.decode("utf-8-sig") or "{}")
    key = HUB_SERVER if index.official else index.name
    own = [config.cred_helpers[name] for name in matching_keys(config.cred_helpers, index.name, None)][:1]
    helper = own[0] if own else config.creds_store
    entry = {}  # what Docker writes where a helper has the credential
    if helper:
        _give_to_helper(HelperCall(helper, key, str(path)), username, password, environ)
    else:
        entry = {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}
    document["auths"] = {**config.auths, key: entry}
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with new_file(path, mode=0o600) as file:
        file.write(json.dumps(document, indent="\t").encode())
    return f"docker-credential-{helper}" if helper else str(path)


def _config_path(environ: Mapping[str, str]) -> Path:
    if only := environ.get("REGISTRY_AUTH_FILE"):
        return Path(only)
    folder = environ.get("DOCKER_CONFIG")
    return Path(folder) / "config.json" if folder else Path.home() / ".docker" / "config.json"


def _give_to_helper(call: HelperCall, username: str, password: str, environ: Mapping[str, str]) -> None:
    program = shutil.which(call.program, path=environ.get("PATH", ""))
    if program is None or not os.path.isabs(program):
        raise AuthError(f"{call.program} is not on PATH; install it, or remove it from the file", source=call.configured)
    asked = json.dumps({"ServerURL": call.server, "Username": username, "Secret": password})
    try:
        done = subprocess.run(
            [program, "store"],
            input=asked.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_HELPER_SECONDS,
            env=dict(environ),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AuthError(f"{call.program} did not end within {_HELPER_SECONDS:g} seconds", source=call.configured) from None
    if done.returncode != 0:
        raise AuthError(f"{call.program} could not store: exit status {done.returncode}", source=call.configured)
