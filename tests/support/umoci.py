"""Debian's umoci, which makes and changes images in OCI layouts."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def require_umoci() -> str:
    """Return the path of umoci; skip the test without it, or fail where CI=true."""
    found = shutil.which("umoci")
    if found is None:
        reason = "umoci is not installed (Debian's package umoci)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def run_umoci(*arguments: str) -> str:
    """Run umoci, and return its standard output.

    Args:
        arguments: Its arguments.
    """
    done = subprocess.run([require_umoci(), *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
