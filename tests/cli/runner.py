"""Runs of the program as a process: in pipes, and on a terminal."""

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
from collections.abc import Mapping
from contextlib import suppress

from attrs import frozen

PROGRAM = [sys.executable, "-W", "error", "-m", "docker_registry_sdk"]
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@frozen
class Result:
    """The result of a run.

    Attributes:
        code: The exit status.
        out: The text on stdout; on a terminal, the text on stdout and stderr.
        err: The text on stderr; empty on a terminal.
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
        """The text on a terminal, without escape sequences."""
        return _ESCAPES.sub("", self.out)

    def check_failure(self, code: int) -> tuple[str, str]:
        """Check the exit status and the form of the two lines on stderr, and return the problem and the hint.

        Args:
            code: The expected exit status.
        """
        assert self.code == code, self
        problem, hint = self.err.splitlines()
        assert problem.startswith("Error: ") and hint.startswith("Try: "), self
        return problem.removeprefix("Error: "), hint.removeprefix("Try: ")


def run_program(*arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Result:
    """Run the program in pipes.

    Args:
        arguments: The arguments of the program.
        stdin: The text on its standard input.
        env: Additional environment variables.
    """
    environment = {**os.environ, **(env or {})}
    done = subprocess.run([*PROGRAM, *arguments], input=stdin.encode(), capture_output=True, env=environment, timeout=60)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_in_terminal(
    *arguments: str,
    columns: int = 80,
    env: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
    signals: Mapping[str, int] | None = None,
) -> Result:
    """Run the program on a terminal.

    Args:
        arguments: The arguments of the program.
        columns: The width of the terminal in characters.
        env: Additional environment variables.
        answers: The lines to type, by the prompts that the output ends with.
        signals: The signals to send, by the texts that the output contains first.
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
    waiting, pending = dict(answers or {}), dict(signals or {})
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1)[0]:
                if "\x03" in (answers or {}).values() and not waiting:
                    os.write(terminal, b"\x03")  # Python may miss a signal that arrives just before it waits for a line
                continue
            try:
                chunk = os.read(terminal, 65536)
            except OSError:  # Linux raises EIO when the other end is closed
                break
            if not chunk:
                break
            output += chunk
            for prompt in [prompt for prompt in waiting if output.decode(errors="replace").endswith(prompt)]:
                os.write(terminal, f"{waiting.pop(prompt)}\n".encode())
            for text in [text for text in pending if text in output.decode(errors="replace")]:
                os.kill(process, pending.pop(text))
        else:
            os.kill(process, 9)
        status = os.waitpid(process, 0)[1]
    finally:
        if status is None:
            with suppress(ProcessLookupError):
                os.kill(process, 9)
            os.waitpid(process, 0)
        os.close(terminal)
    assert status is not None
    return Result(os.waitstatus_to_exitcode(status), output.decode().replace("\r\n", "\n"))
