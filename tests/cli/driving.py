"""The command line as a process: in a pipe, and in a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from attrs import frozen

PROGRAM = [sys.executable, "-W", "error", "-m", "docker_registry_sdk"]
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@frozen
class Finished:
    """A run that has ended.

    Attributes:
        code: Its exit status.
        out: What it wrote to stdout; in a terminal what it wrote to either.
        err: What it wrote to stderr.
    """

    code: int
    out: str
    err: str = ""

    @property
    def lines(self) -> list[str]:
        """The lines of stdout."""
        return self.out.splitlines()

    @property
    def text(self) -> str:
        """What is to be read on a terminal, without the escape sequences."""
        return _ESCAPES.sub("", self.out)

    def failed(self, code: int) -> tuple[str, str]:
        """Check that it failed as failures do, and return what happened and what to do.

        Args:
            code: The exit status that it should have.
        """
        assert self.code == code, self
        what, advice = self.err.splitlines()
        assert what.startswith("Error: ") and advice.startswith("Try: "), self
        return what.removeprefix("Error: "), advice.removeprefix("Try: ")


def run(*arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Finished:
    """Run the program in pipes.

    Args:
        arguments: Its arguments.
        stdin: What to give it on its standard input.
        env: Further variables of its environment.
    """
    environment = {**os.environ, **(env or {})}
    done = subprocess.run([*PROGRAM, *arguments], input=stdin.encode(), capture_output=True, env=environment, timeout=60)
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_in_terminal(
    *arguments: str,
    columns: int = 80,
    env: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
    on_output: Callable[[int, str], None] | None = None,
) -> Finished:
    """Run the program in a terminal.

    Args:
        arguments: Its arguments.
        columns: The width of the terminal.
        env: Further variables of its environment.
        answers: What to type once some words stand at the end of the output.
        on_output: Called with the process id and all output so far whenever there is more.
    """
    environment = {
        "TERM": "xterm-256color",
        **{k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")},
        **(env or {}),
    }
    process, terminal = pty.fork()
    if process == 0:
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(PROGRAM[0], [*PROGRAM, *arguments], environment)
        finally:
            os._exit(127)
    output, status = b"", None
    waiting = dict(answers or {})
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                some = os.read(terminal, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not some:
                break
            output += some
            for words in [words for words in waiting if output.decode(errors="replace").endswith(words)]:
                os.write(terminal, f"{waiting.pop(words)}\n".encode())
            if on_output is not None:
                on_output(process, output.decode(errors="replace"))
        status = os.waitpid(process, 0)[1]
    finally:
        if status is None:
            with suppress(ProcessLookupError):
                os.kill(process, 9)
            os.waitpid(process, 0)
        os.close(terminal)
    assert status is not None
    return Finished(os.waitstatus_to_exitcode(status), output.decode().replace("\r\n", "\n"))
