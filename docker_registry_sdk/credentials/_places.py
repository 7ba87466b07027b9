"""The places where credentials are looked for, in their order, which is Podman's.

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

_MOST_BYTES: Final = 4 * 1024 * 1024


@frozen
class Place:
    """A file, or a variable of the environment that holds what a file would.

    Attributes:
        name: How messages name it.
        path: The file, None for a variable.
        content: The value of the variable.
        legacy: Whether it is a .dockercfg.
    """

    name: str
    path: Path | None = None
    content: bytes = field(default=b"", repr=False)
    legacy: bool = False

    def read(self) -> bytes | None:
        """Return what is there, None when nothing is.

        Raises:
            AuthError: It cannot be read, or is too large.
        """
        if self.path is None:
            return self.content
        try:
            with self.path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise AuthError(f"it cannot be read: {error.strerror or 'the system refused'}", source=self.name) from None
        if len(content) > _MOST_BYTES:
            raise AuthError(f"it is larger than {_MOST_BYTES} bytes, which no such file is", source=self.name)
        return content


def find_places(environ: Mapping[str, str], platform: str = sys.platform) -> list[Place]:
    """Return the places to look into, whether or not something is there.

    Args:
        environ: The environment; variables that are empty count as missing.
        platform: What `sys.platform` is.
    """
    places: list[Place] = []
    if inline := environ.get("DOCKER_AUTH_CONFIG"):
        places.append(Place("$DOCKER_AUTH_CONFIG", content=os.fsencode(inline)))
    if only := environ.get("REGISTRY_AUTH_FILE"):
        return [*places, _file(Path(only))]
    home = _home(environ)
    places += [_file(path) for path in _podman_files(environ, home, platform)]
    if docker := environ.get("DOCKER_CONFIG"):
        places.append(_file(Path(docker, "config.json")))
    elif home is not None:
        places.append(_file(home / ".docker" / "config.json"))
    if home is not None:
        places.append(_file(home / ".dockercfg", legacy=True))
    return places


def _podman_files(environ: Mapping[str, str], home: Path | None, platform: str) -> list[Path]:
    folders: list[Path] = []
    if platform == "linux":
        # Elsewhere the first place is the second one.
        runtime = environ.get("XDG_RUNTIME_DIR")
        folders.append(Path(runtime, "containers") if runtime else Path("/run/containers", str(os.getuid())))
    elif home is not None:
        folders.append(home / ".config" / "containers")
    if config := environ.get("XDG_CONFIG_HOME"):
        folders.append(Path(config, "containers"))
    elif home is not None:
        folders.append(home / ".config" / "containers")
    return [folder / "auth.json" for folder in dict.fromkeys(folders)]


def _file(path: Path, *, legacy: bool = False) -> Place:
    return Place(printable(str(path)), path, legacy=legacy)


def _home(environ: Mapping[str, str]) -> Path | None:
    if found := environ.get("HOME") or environ.get("USERPROFILE"):
        return Path(found)
    try:
        return Path.home()
    except RuntimeError:  # an account without a home, as in some containers
        return None
