"""The files and environment variables that may contain credentials, in the order in which Podman searches them.

Source: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md, and for `$DOCKER_AUTH_CONFIG`
https://docs.docker.com/reference/cli/docker/#environment-variables
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from attrs import field, frozen

from .._core.text.redaction import printable
from ..errors import AuthError

MAX_CONFIG_FILE_BYTES: Final = 4 * 1024 * 1024
# Opening a named pipe that takes the place of the file after the check does not wait for its writer. Not on Windows.
_OPEN_FLAGS: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)


@frozen
class ConfigLocation:
    """A configuration file, or an environment variable with the content of a configuration file.

    Attributes:
        name: The name in messages: the path of the file, or `$` and the name of the variable.
        path: The path of the file; None for a variable.
        content: The value of the variable; b"" for a file.
        legacy: Whether the file is a .dockercfg.
        is_named: Whether a variable names the file, or contains its text. It is an error that such a file cannot be read. A file
            in the usual place, which may belong to another program or user, is passed over.
    """

    name: str
    path: Path | None = None
    content: bytes = field(default=b"", repr=False)
    legacy: bool = False
    is_named: bool = False

    @classmethod
    def of_file(cls, path: Path, *, legacy: bool = False, is_named: bool = False) -> Self:
        """Return the location of a file.

        Args:
            path: The path of the file.
            legacy: Whether the file is a .dockercfg.
            is_named: Whether a variable names the file.
        """
        return cls(printable(str(path)), path, legacy=legacy, is_named=is_named)

    def read(self) -> bytes | None:
        """Return the content of the file or the variable; None if the file does not exist.

        Only regular files are read, and /dev/null, which is empty: reading a named pipe or a device could wait forever.

        Raises:
            AuthError: The file cannot be read, is not a regular file, or is too large.
        """
        if self.path is None:
            return self.content
        try:
            if not stat.S_ISREG(os.stat(self.path).st_mode):
                if os.path.samefile(self.path, os.devnull):
                    return b""
                raise self._error("the file cannot be read: it is not a regular file")
            with open(os.open(self.path, os.O_RDONLY | _OPEN_FLAGS), "rb") as file:
                content = file.read(MAX_CONFIG_FILE_BYTES + 1)
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            if Path(os.devnull) in self.path.parents:  # as a folder without files
                return None
            raise self._error("the file cannot be read: its path names a file in the place of a folder") from None
        except OSError as error:
            raise self._error(f"the file cannot be read: {error.strerror or 'unknown error'}") from None
        if len(content) > MAX_CONFIG_FILE_BYTES:
            raise AuthError(
                f"the file is larger than the limit of {MAX_CONFIG_FILE_BYTES} bytes",
                source=self.name,
                hint="Remove entries from the file, or set DOCKER_CONFIG to a folder with a smaller config.json.",
            )
        return content

    def _error(self, problem: str) -> AuthError:
        return AuthError(problem, source=self.name, hint="Check the path and its permissions.")


def find_locations(environ: Mapping[str, str], platform: str = sys.platform) -> list[ConfigLocation]:
    """Return the files and variables to search for credentials, in order. The files need not exist.

    Args:
        environ: The environment variables; a variable with an empty value counts as not set.
        platform: The operating system, as in `sys.platform`.
    """
    locations: list[ConfigLocation] = []
    if inline := environ.get("DOCKER_AUTH_CONFIG"):
        locations.append(ConfigLocation("$DOCKER_AUTH_CONFIG", content=os.fsencode(inline), is_named=True))
    if only := environ.get("REGISTRY_AUTH_FILE"):
        return [*locations, ConfigLocation.of_file(Path(only), is_named=True)]
    home = home_folder(environ)
    locations += [ConfigLocation.of_file(path) for path in _podman_files(environ, home, platform)]
    if docker := environ.get("DOCKER_CONFIG"):
        locations.append(ConfigLocation.of_file(Path(docker, "config.json"), is_named=True))
    elif home is not None:
        locations.append(ConfigLocation.of_file(home / ".docker" / "config.json"))
    if home is not None:
        locations.append(ConfigLocation.of_file(home / ".dockercfg", legacy=True))
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


def home_folder(environ: Mapping[str, str]) -> Path | None:
    """Return the user's home folder; None if the account has none, as in some containers.

    Args:
        environ: The environment variables.
    """
    if found := environ.get("HOME") or environ.get("USERPROFILE"):
        return Path(found)
    try:
        return Path.home()
    except RuntimeError:
        return None


class ConfigFileProvider:
    """The part of a provider of stored credentials that does no I/O: the environment and the places to search.

    Args:
        environ: The environment variables; None for the environment of the process.
        helper_timeout: The maximum run time of a helper in seconds; some helpers wait until the user unlocks a key ring.
    """

    def __init__(self, *, environ: Mapping[str, str] | None = None, helper_timeout: float = 30.0) -> None:
        self._environ = environ
        self._helper_timeout = helper_timeout

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"  # the environment may hold secrets

    @property
    def places(self) -> tuple[str, ...]:
        """Return the names of the files and variables that are searched, in order. The files need not exist."""
        return tuple(location.name for location in find_locations(self._variables))

    @property
    def _variables(self) -> Mapping[str, str]:
        return os.environ if self._environ is None else self._environ
