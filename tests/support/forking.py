"""Run functions in forked child processes, and an embedded registry as a process that no child owns."""

from __future__ import annotations

import os
import pickle
import selectors
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import frozen

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
# A child that waits for a lock of its parent waits forever. No child of a test needs this long, also on a slow machine.
_MAX_SECONDS = 120


def wait_for_pipe(pipe: int, seconds: float) -> bool:
    """Return whether a pipe can be read within a number of seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        return bool(selector.select(seconds))


@frozen
class Child:
    """A forked child process that runs one function.

    Attributes:
        pid: The process id.
        pipe: The file descriptor from which the result can be read.
    """

    pid: int
    pipe: int

    def result(self) -> Any:
        """Wait until the child has ended, and return the result of its function.

        Raises:
            AssertionError: The function raised an exception, or did not return.
        """
        data, end = b"", time.monotonic() + _MAX_SECONDS
        try:
            while wait_for_pipe(self.pipe, max(0, end - time.monotonic())):
                block = os.read(self.pipe, 65536)
                if not block:
                    break
                data += block
            else:
                raise AssertionError("the child process waits forever")
        finally:
            self.kill()
        assert data, "the child process ended without a result"
        succeeded, result = pickle.loads(data)
        assert succeeded, result
        return result

    def kill(self) -> None:
        """End the child."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.pipe)


def fork(work: Callable[[], object]) -> Child:
    """Start a child process that calls a function, and return the child.

    Args:
        work: The function. Its result must be picklable.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 and later warn about the threads of this process, which the tests need.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        os.close(writing)
        return Child(pid, reading)
    try:
        try:
            outcome = pickle.dumps((True, work()))
        except BaseException:
            outcome = pickle.dumps((False, traceback.format_exc()))
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(outcome)
    finally:
        os._exit(0)  # without the work of pytest at the end of a process


@contextmanager
def registry_process(*arguments: str) -> Iterator[dict[str, str]]:
    """Run an embedded registry as a process until the context ends; yield the lines that it prints, such as `url`.

    Args:
        arguments: The command-line arguments of the embedded registry.
    """
    command = [sys.executable, "-m", "docker_registry_sdk.testing", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            printed: dict[str, str] = {}
            while "ready" not in printed:
                line = process.stdout.readline()
                assert line, "the embedded registry did not start"
                name, _, value = line.rstrip("\n").partition(": ")
                printed[name] = value
            yield printed
        finally:
            process.terminate()
