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

from ..errors import AuthError
from ..reference import Index
from .config import CredentialConfig, parse_config, parse_document
from .helpers import HelperCall
from .locations import ConfigLocation, home_folder
from .registry_keys import HUB_SERVER, matching_keys
from .rewriting import rewrite_file

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

    The other entries of config.json do not change. A file that is mounted by itself, or belongs to another user, is written in
    place.

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
    location = ConfigLocation.of_file(_config_path(environ) if path is None else Path(path))
    content = location.read() or b""
    config, document = _parse(content, location.name)
    key = HUB_SERVER if index.official else index.name
    helpers = [config.cred_helpers[name] for name in matching_keys(config.cred_helpers, index.name, None)]
    helper = helpers[0] if helpers else config.creds_store
    entry = {}  # Docker writes an empty entry if a helper holds the credential
    if helper:
        _store_in_helper(HelperCall(helper, key, location.name), username, password, environ)
    else:
        entry = {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}
    field = next((name for name in document if name.lower() == "auths"), "auths")
    document[field] = {**config.auths, key: entry}
    assert location.path is not None
    location.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    rewrite_file(location.path, json.dumps(document, indent="\t").encode())
    return f"docker-credential-{helper}" if helper else str(location.path)


def _parse(content: bytes, location: str) -> tuple[CredentialConfig, dict[str, Any]]:
    """Return the configuration and the whole JSON object, which is written back with the new login.

    Raises:
        AuthError: The file must be repaired first, since a rewritten file could lose a field that cannot be read.
    """
    try:
        config, document = parse_config(content, location), parse_document(content, location)
    except AuthError as error:
        raise _unchanged(error.problem, location) from None
    problems = list(config.problems)
    if not all(isinstance(name, str) for name in config.cred_helpers.values()):
        problems.append("the values in credHelpers are not all strings")
    if problems:
        raise _unchanged(problems[0].removesuffix(", so it was ignored"), location)
    return config, document


def _unchanged(problem: str, location: str) -> AuthError:
    return AuthError(
        f"the login was not stored, since the file must be repaired first: {problem.removeprefix(f'{location}: ')}",
        source=location,
        hint="Correct the file, or move it away.",
    )


def _config_path(environ: Mapping[str, str]) -> Path:
    if file := environ.get("REGISTRY_AUTH_FILE"):
        return Path(file)
    if folder := environ.get("DOCKER_CONFIG"):
        return Path(folder) / "config.json"
    if (home := home_folder(environ)) is None:
        raise AuthError(
            "the login was not stored: this account has no home folder",
            source="~/.docker/config.json",
            hint="Set DOCKER_CONFIG to a folder for config.json.",
        )
    return home / ".docker" / "config.json"


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
    except OSError as error:
        raise AuthError(
            f"{call.program} cannot be started: {error.strerror or 'unknown error'}",
            source=call.configured,
            hint="Repair or reinstall this program, or remove its name from the file.",
        ) from None
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
