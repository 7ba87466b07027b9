"""The exit statuses, and what each of them means."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a run of the command line ended."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    AUTH = 4
    NETWORK = 5
    DIGEST = 6
    INTERRUPTED = 130
    PIPE_CLOSED = 141


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "it was done",
    ExitCode.FAILURE: "it failed in another way than those below",
    ExitCode.USAGE: "the command line is wrong: an option, or the name of an image",
    ExitCode.NOT_FOUND: "there is no such thing, or you may not see it",
    ExitCode.AUTH: "credentials are missing, wrong, or do not allow this",
    ExitCode.NETWORK: "no answer, a failing server or a rate limit: later it may work",
    ExitCode.DIGEST: "bytes are not those that their digest stands for",
    ExitCode.INTERRUPTED: "it was interrupted by Ctrl-C",
    ExitCode.PIPE_CLOSED: "the program that read the output has ended",
}


def exit_code_table() -> str:
    """Return the table as help texts show it; the first character keeps click from wrapping it."""
    lines = [f"  {code.value:>3}  {meaning}" for code, meaning in MEANINGS.items()]
    return "\n".join(["\b", "Exit status:", *lines])
