"""Copies that are killed (SIGKILL) at random moments: the next copy completes, and leaves no file of the first."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from docker_registry_sdk import images
from tests.images.built_images import build_image, build_index, check_pushed_image, store_image
from tests.images.conftest import StartRegistry
from tests.support.forking import fork, needs_fork

pytestmark = needs_fork

IMAGE = build_index(
    {
        "linux/amd64": build_image([b"a" * 100_001, b"b"], "linux/amd64"),
        "linux/arm64": build_image([b"c" * 30_000], "linux/arm64"),
    }
)
_EVENTS = {"open", "os.link", "os.rename", "os.remove", "os.mkdir", "fcntl.flock", "os.listdir", "socket.connect"}


def run_until(copy: Callable[[], object], last: int) -> int:
    """Copy, and kill this process at a call that changes or opens a file or connection. Return the number of these calls.

    Args:
        copy: The function that copies.
        last: The number of the call at which the process is killed; 0 to count only.
    """
    count = 0

    def on_event(event: str, _: object = None) -> None:
        nonlocal count
        if event in _EVENTS:
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)

    real_write, real_fsync = os.write, os.fsync

    def write(descriptor: int, content: bytes) -> int:
        half = memoryview(content)[: max(1, len(content) // 2)]  # so that files end within a block
        on_event("open")
        return real_write(descriptor, half)

    def fsync(descriptor: int) -> None:
        on_event("open")
        real_fsync(descriptor)

    os.write, os.fsync = write, fsync  # type: ignore[assignment]
    sys.addaudithook(on_event)
    copy()
    return count


@pytest.mark.parametrize(
    ("kind", "is_async", "moments"),
    [
        *[("layout to layout", False, 10), ("pull", False, 5), ("push", False, 5)],
        *[("layout to layout", True, 4), ("pull", True, 3), ("push", True, 3)],
    ],
)
def test_a_copy_after_a_killed_one_leaves_what_an_undisturbed_copy_leaves(
    start_registry: StartRegistry, tmp_path: Path, kind: str, is_async: bool, moments: int
) -> None:
    registry = start_registry()
    store_image(registry, "source", IMAGE, "v1")
    images.pull(f"{registry.url}/source:v1", tmp_path / "source")
    sources = {"layout to layout": f"oci:{tmp_path}/source:v1", "push": f"oci:{tmp_path}/source:v1"}

    def target(number: int) -> str:
        return f"{registry.url}/target{number}:v1" if kind == "push" else f"oci:{tmp_path}/target{number}:v1"

    def copy(number: int) -> None:
        places = sources.get(kind, f"{registry.url}/source:v1"), target(number)
        if is_async:
            asyncio.run(images.async_copy(*places))
        else:
            images.copy(*places)

    calls = fork(lambda: run_until(lambda: copy(0), 0)).result()
    expected = files_of(tmp_path / "target0")
    killed = 0
    for number, last in enumerate(random.Random(5).sample(range(1, calls + 1), moments), 1):
        child = fork(lambda number=number, last=last: run_until(lambda: copy(number), last))  # type: ignore[misc]
        with suppress(AssertionError):  # killed, so that the child has no result
            child.result()
            killed -= 1  # threads ran in another order than in the first copy
        killed += 1
        copy(number)
        assert files_of(tmp_path / f"target{number}") == expected, f"killed at call {last} of {calls}"
        if kind == "push":
            check_pushed_image(f"{registry.url}/target{number}", IMAGE, "v1")
    assert killed > moments // 2


def files_of(layout: Path) -> dict[str, bytes]:
    """Return the content of all files of a layout by their paths; an empty dictionary if the folder does not exist."""
    return {str(path.relative_to(layout)): path.read_bytes() for path in layout.rglob("*") if path.is_file()}
