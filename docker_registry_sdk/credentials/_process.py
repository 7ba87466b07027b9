"""Run a credential helper: no shell, a limit on time and on output, and nothing of its environment or output in errors."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from threading import Event, Lock, Thread
from typing import Final

from ._helper import HelperCall

_MOST_BYTES: Final = 64 * 1024


class HelperProcess:
    """One run of a helper.

    Args:
        call: What to ask.
        environ: The environment that it runs in, and whose PATH it is found on.
        timeout: The seconds that it may take.
    """

    def __init__(self, call: HelperCall, environ: Mapping[str, str], timeout: float) -> None:
        self._call = call
        self._environ = environ
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False
        self._lock = Lock()
        self._output = b""

    def run(self) -> tuple[int, bytes]:
        """Return the exit status and what it wrote to its stdout.

        Raises:
            AuthError: It is not there, cannot be started, takes too long or writes too much.
        """
        program = self._find()
        with self._lock:
            if self._cancelled:
                raise self._call.error("it was cancelled")
            try:
                self._process = process = subprocess.Popen(
                    [program, "get"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=dict(self._environ),
                )
            except OSError as error:
                raise self._call.error(f"it cannot be started: {error.strerror or 'the system refused'}") from None
        try:
            return self._talk(process)
        finally:
            process.kill()
            process.wait()

    def cancel(self) -> None:
        """End it, from any thread, before it starts or while it runs."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()

    def _find(self) -> str:
        program = shutil.which(self._call.program, path=self._environ.get("PATH", ""))
        if program is None:
            raise self._call.error("it is not on PATH; install it, or remove it from the configuration")
        # A relative directory on PATH, or Windows' habit of looking into the current one, would run what lies there.
        if not os.path.isabs(program):
            raise self._call.error("it was found in a directory that PATH names relatively; name it absolutely")
        return program

    def _talk(self, process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._timeout
        done = Event()
        # Something that the helper started may hold the pipe open after its end, so nobody waits for this thread.
        Thread(target=self._read, args=(process, done), name=self._call.program, daemon=True).start()
        assert process.stdin is not None
        with contextlib.suppress(OSError), process.stdin:  # it need not read what it is asked
            process.stdin.write(self._call.server.encode())
        if not done.wait(self._timeout):
            raise self._call.error(f"it did not answer within {self._timeout:g} seconds")
        if len(self._output) > _MOST_BYTES:
            raise self._call.error(f"it wrote more than {_MOST_BYTES} bytes")
        try:
            return process.wait(max(deadline - time.monotonic(), 0.1)), self._output
        except subprocess.TimeoutExpired:
            raise self._call.error(f"it did not end within {self._timeout:g} seconds") from None

    def _read(self, process: subprocess.Popen[bytes], done: Event) -> None:
        assert process.stdout is not None
        with contextlib.suppress(OSError), process.stdout:
            self._output = process.stdout.read(_MOST_BYTES + 1)
        done.set()
