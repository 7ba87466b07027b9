"""Functions that act on the files of a download as other users and programs of the machine may."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OTHER_USER = 65534


def give_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file or link belong to another user than this process."""
    if os.geteuid() == 0:
        os.chown(path, OTHER_USER, OTHER_USER, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: OTHER_USER)


def before_each_new_name(act: Callable[[], None], monkeypatch: pytest.MonkeyPatch, *, hard_links: bool) -> None:
    """Call a function just before a finished file gets its name.

    Args:
        act: The function.
        monkeypatch: The fixture.
        hard_links: False for a file system that has no hard links.
    """
    link = os.link

    def act_first(*places: Any, **options: Any) -> None:
        act()
        if not hard_links:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        link(*places, **options)

    monkeypatch.setattr(os, "link", act_first)


def before_each_flush(act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Call a function just before the bytes of a file are flushed to the disk.

    Args:
        act: The function.
        monkeypatch: The fixture.
    """
    fsync = os.fsync

    def act_first(descriptor: int) -> None:
        act()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", act_first)


def without_dir_fd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package work as on a system without calls relative to an open folder, and without O_NOFOLLOW."""
    monkeypatch.setattr("docker_registry_sdk._core.folders._HAS_DIR_FD", False)
    monkeypatch.setattr("docker_registry_sdk._core.folders._NO_FOLLOW", 0)
