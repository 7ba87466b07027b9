"""Locks and files that the parent holds during a fork."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import time
import weakref
from contextvars import Context
from pathlib import Path

import pytest

from docker_registry_sdk._core.auth.scope import ScopeSet
from docker_registry_sdk._core.auth.tokens import TokenStore
from docker_registry_sdk._core.blobs.download_target import open_target
from docker_registry_sdk._core.blobs.part_file import PartFile
from docker_registry_sdk._core.concurrency import forks
from docker_registry_sdk._core.concurrency.waiting import AsyncSingleFlightLock, SingleFlightLock
from docker_registry_sdk._core.folders import FolderEntry, OpenFolder
from docker_registry_sdk.images.files import file_lock
from tests.support.forking import fork, needs_fork

pytestmark = needs_fork
SERVICE = ("https://auth.example.com/token", "registry.example.com", "alice")
PULL = ScopeSet.parse(["repository:a:pull"])


def test_single_flight_lock_is_free_in_the_child() -> None:
    lock = SingleFlightLock()
    assert lock.acquire_unless(bool)
    with lock._condition:  # as if another thread were about to release the lock
        assert fork(lambda: lock.acquire_unless(bool, 10)).result() is True
    with pytest.raises(TimeoutError):
        Context().run(lock.acquire_unless, bool, 0.01)  # the parent still holds its lock


def test_async_single_flight_lock_is_free_in_the_child() -> None:
    lock = AsyncSingleFlightLock()

    async def acquire() -> bool:
        return await asyncio.wait_for(lock.acquire_unless(bool), 10)

    async def main() -> bool:
        assert await acquire()
        waiting = asyncio.create_task(lock.acquire_unless(bool), context=Context())
        await asyncio.sleep(0)
        result: bool = fork(lambda: asyncio.run(acquire())).result()
        assert not waiting.done()
        lock.release()
        assert await waiting
        return result

    assert asyncio.run(main()) is True


def test_tokens_are_kept_and_their_locks_are_free_in_the_child() -> None:
    store = TokenStore(SingleFlightLock)
    store.add("first", SERVICE, PULL, 300)
    fetching = store.lock(SERVICE, PULL)
    assert isinstance(fetching, SingleFlightLock)
    assert fetching.acquire_unless(bool)

    def work() -> tuple[str, bool, int]:
        lock = store.lock(SERVICE, PULL)
        assert isinstance(lock, SingleFlightLock)
        free = lock.acquire_unless(bool, 10)
        found = store.find(SERVICE, PULL)
        store.add("second", SERVICE, ScopeSet.parse(["repository:b:pull"]), 300)
        return found.value if found else "", free, len(store)

    with store._lock:
        child = fork(work)
    assert child.result() == ("first", True, 2)
    assert len(store) == 1


def test_part_file_is_locked_no_longer_than_the_parent_uses_it(tmp_path: Path) -> None:
    first = PartFile(open_target(tmp_path / "blob"))
    first.write(b"abc")

    def work() -> str:
        first.close(keep=False)  # which deletes nothing, since the file belongs to the parent
        return "closed"

    living = fork(lambda: time.sleep(600))
    try:
        assert fork(work).result() == "closed"
        assert first.path.read_bytes() == b"abc"
        with pytest.raises(BlockingIOError):
            PartFile(open_target(tmp_path / "blob"))
        first.close(keep=True)
        second = PartFile(open_target(tmp_path / "blob"))  # although the child is still running
        assert second.length == 3
        second.close(keep=False)
    finally:
        living.kill()


def test_file_lock_is_held_by_the_parent_only_and_no_longer_than_the_parent_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = file_lock(FolderEntry(OpenFolder(tmp_path), "lock"))
    held.__enter__()
    # As another process does that opens the file while the parent holds the lock, and waits.
    waiting = os.open(path, os.O_RDWR)

    def work() -> str:
        held.__exit__(None, None, None)  # which releases nothing, since the lock belongs to the parent
        with open(path, "rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return "locked"

    living = fork(lambda: time.sleep(600))
    try:
        assert fork(work).result() == "locked"
        with pytest.raises(BlockingIOError):
            fcntl.flock(waiting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held.__exit__(None, None, None)
        assert not path.exists()
        fcntl.flock(waiting, fcntl.LOCK_EX | fcntl.LOCK_NB)  # although the child is still running
    finally:
        os.close(waiting)
        living.kill()


def test_objects_are_not_kept_alive() -> None:
    lock = SingleFlightLock()
    reference = weakref.ref(lock)
    assert lock in forks._objects
    del lock
    gc.collect()
    assert reference() is None
