"""Callbacks that wait for another thread which needs the same object: they run without a lock."""

from __future__ import annotations

import threading
from collections.abc import Callable

from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk._core.concurrency.waiting import CancelFlag
from docker_registry_sdk.digest import Digest
from docker_registry_sdk.images.progress import CopyProgress
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status

DIGEST = Digest(f"sha256:{'0' * 64}")


def run_elsewhere(work: Callable[[], object]) -> None:
    """Run a function in a thread that inherits nothing, and wait until it has ended."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "the callback holds a lock"


def test_a_progress_callback_of_a_copy_may_wait_for_another_part_of_the_copy() -> None:
    seen: list[Progress] = []
    running = 0

    def on_progress(progress: Progress) -> None:
        nonlocal running
        running += 1
        assert running == 1, "two calls at a time"
        seen.append(progress)
        if len(seen) == 1:
            run_elsewhere(lambda: reports.report("move", DIGEST, 2, 2))
        running -= 1

    reports = CopyProgress(on_progress, CancelFlag(), None, "source")
    reports.report("move", DIGEST, 1, 2)
    assert [(progress.bytes, progress.overall_bytes) for progress in seen] == [(1, 1), (2, 2)]


def test_the_condition_of_a_fault_may_wait_for_a_thread_that_adds_a_fault() -> None:
    with EmbeddedRegistry() as registry, registry.client("a/b") as client:

        def adds_another(request: object) -> bool:
            run_elsewhere(lambda: registry.faults.add(Fault(Status(503), path="/other")))
            return False

        registry.faults.add(Fault(Status(503), when=adds_another))
        assert client.supports_v2()
