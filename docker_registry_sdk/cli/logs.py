"""What `-v` shows: the library's log, on stderr."""

from __future__ import annotations

import logging

from .._core.text.redaction import one_line


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"* {one_line(record.getMessage(), 2000)}"


def log_to_stderr() -> None:
    """Write the library's log to stderr, a line for each request and each step of authentication; it holds no secrets."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    log = logging.getLogger("docker_registry_sdk")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
