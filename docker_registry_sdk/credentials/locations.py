"""The files and environment variables that may contain credentials, in the order in which Podman searches them.

Source: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md, and for `$DOCKER_AUTH_CONFIG`
https://docs.docker.com/reference/cli/docker/#environment-variables
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from .._core.text.redaction import printable
from ..errors import AuthError

MAX_CONFIG_FILE_BYTES: Final = 4 * 1024 * 1024


@frozen
class ConfigLocation:
    """A configuration file, or an environment variable with the content of a configuration file.

    Attributes:
        name: The name in messages: the path of the file, or `$` and the name of the variable.
        path: The path of the file; None for a variable.
        content: The value of the variable; b"" for a file.
        legacy: Whether the file is a .dockercfg.
    """

    name: str
    path: Path | None = None
    content: bytes = field(default=b"", repr=False)
    legacy: bool = False

    def read(self) -> bytes | None:
        """Return the content of the file or the variable; None if the file does not exist.

        Raises:
            AuthError: The file cannot be read, or is too large.
        """
        if self.path is None:
            return self.content
        try:
            with self.path.open("rb") as file:
                content = file.read(MAX_CONFIG_FILE_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise AuthError(
                f"the file cannot be read: {error.strerror or 'unknown error'}",
                source=self.name,
                hint="Check the path and its permissions.",
            ) from None
        if len(content) > MAX_CONFIG_FILE_BYTES:
            raise AuthError(
                f"the file is larger than the limit of {MAX_CONFIG_FILE_BYTES} bytes",
                source=self.name,
                hint="Remove entries from the file, or set DOCKER_CONFIG to a folder with a smaller config.json.",
            )
        return content


def find_locations(environ: Mapping[str, str], platform: str = sys.platform) -> list[ConfigLocation]:
    """Return the files and variables to search for credentials, in order. The files need not exist.

    Args:
        environ: The environment variables; a variable with an empty value counts as not set.
        platform: The operating system, as in `sys.platform`.
    """
    locations: list[ConfigLocation] = []
    if inline := environ.get("DOCKER_AUTH_CONFIG"):
        locations.append(ConfigLocation("$DOCKER_AUTH_CONFIG", content=os.fsencode(inline)))
    if only := environ.get("REGISTRY_AUTH_FILE"):
        return [*locations, _file(Path(only))]
    home = _home(environ)
    locations += [_file(path) for path in _podman_files(environ, home, platform)]
    if docker := environ.get("DOCKER_CONFIG"):
        locations.append(_file(Path(docker, "config.json")))
    elif home is not None:
        locations.append(_file(home / ".docker" / "config.json"))
    if home is not None:
        locations.append(_file(home / ".dockercfg", legacy=True))
    return locations


def _podman_files(environ: Mapping[str, str], home: Path | None, platform: str) -> list[Path]:
    folders: list[Path] = []
    if platform == "linux":
        runtime = environ.get("XDG_RUNTIME_DIR")
        folders.append(Path(runtime, "containers") if runtime else Path("/run/containers", str(os.getuid())))
    elif home is not None:
        folders.append(home / ".config" / "containers")
    if config := environ.get("XDG_CONFIG_HOME"):
        folders.append(Path(config, "containers"))
    elif home is not None:
        folders.append(home / ".config" / "containers")
    return [folder / "auth.json" for folder in dict.fromkeys(folders)]


def _file(path: Path, *, legacy: bool = False) -> ConfigLocation:
    return ConfigLocation(printable(str(path)), path, legacy=legacy)


def _home(environ: Mapping[str, str]) -> Path | None:
    if found := environ.get("HOME") or environ.get("USERPROFILE"):
        return Path(found)
    try:
        return Path.home()
    except RuntimeError:  # the account has no home folder, as in some containers
        return None
