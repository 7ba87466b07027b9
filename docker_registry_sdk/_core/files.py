"""Writing a file atomically."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def write_atomically(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Yield a temporary file that replaces the file at the path when the `with` block ends. If the block raises, delete it.

    Args:
        path: The path of the file; symbolic links are followed. A device or a pipe, such as /dev/null, is written to directly.
        mode: The permissions of the file, before the umask is applied.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        os.chmod(name, mode & ~_umask())
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    current = os.umask(0o077)  # os.umask returns the umask only when it sets another umask
    os.umask(current)
    return current
