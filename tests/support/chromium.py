"""Debian's chromium without a window, driven over pipes with the Chrome DevTools Protocol."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_PROGRAM = "chromium"
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
_SECONDS = 60.0


class Page:
    """A page of the browser.

    Attributes:
        requested: The URLs that the page has requested so far.
    """

    def __init__(self, commands: int, messages: int) -> None:
        self.requested: list[str] = []
        self._commands = commands
        self._messages = messages
        self._received = b""
        self._number = 0
        self._session: str | None = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Network.enable")
        self._call("Page.enable")

    def open(self, url: str) -> None:
        """Open a page.

        Args:
            url: The URL of the page.
        """
        self._call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript.

        Args:
            expression: The expression, whose value must be representable as JSON.
        """
        result = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression of JavaScript is true, and return its value.

        Args:
            expression: The expression.
        """
        end = time.monotonic() + _SECONDS
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.05)
        return value

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            received = self._receive()
            if received.get("method") == "Network.requestWillBeSent":
                self.requested.append(received["params"]["request"]["url"])
            if received.get("id") == self._number:
                assert "error" not in received, received
                result: dict[str, Any] = received["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            data = os.read(self._messages, 1 << 16)
            assert data, "the browser has exited"
            self._received += data
        line, _, self._received = self._received.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def run_chromium() -> Iterator[Page]:
    """Start chromium, and yield a page. Without chromium, skip the test; with CI=true, fail it."""
    program = shutil.which(_PROGRAM)
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    command_reader, command_writer = os.pipe()
    message_reader, message_writer = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            # The browser reads commands from file descriptor 3, and writes messages to 4.
            [
                "bash",
                "-c",
                f'exec "$@" 3<&{command_reader} 4>&{message_writer}',
                "bash",
                program,
                *_FLAGS,
                f"--user-data-dir={profile}",
            ],
            pass_fds=(command_reader, message_writer),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command_reader)
        os.close(message_writer)
        try:
            yield Page(command_writer, message_reader)
        finally:
            browser.terminate()
            browser.wait()
            os.close(command_writer)
            os.close(message_reader)
