"""Writes that fail as on a full disk."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def full_disk(max_file_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size: the system refuses such writes with EFBIG, "File too large".

    A real full disk refuses them with ENOSPC. To fill one, a test would have to mount a file system, which needs root.

    Args:
        max_file_bytes: The size in bytes.
    """
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
