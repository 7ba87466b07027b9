"""Credential helpers: programs called `docker-credential-NAME`, which read a server name on stdin and write JSON to stdout.

A helper runs without a shell, and its run time and output are limited. No exception contains the helper's environment or output.

Source: https://github.com/docker/docker-credential-helpers/blob/master/README.md
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from threading import Event, Lock, Thread
from typing import Any, Final, NamedTuple

from attrs import field, frozen

from .._core.text.redaction import quoted
from ..errors import AuthError
from .credential import Credential
from .entries import field_of

MAX_OUTPUT_BYTES: Final = 64 * 1024
MAX_MESSAGES_SECONDS: Final = 1.0
"""The time to wait for the end of a failed helper's stderr, which a child process of the helper may keep open."""

# The name is a part of the file name of a program that is searched on PATH.
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
# The username of a credential whose secret is an identity token.
_TOKEN_USERNAME: Final = "<token>"
# Messages of helpers on stdout or stderr that have no credential for the server, in lower case: the helpers of Docker, older
# versions of those for the keychains of macOS (osxkeychain), Windows (wincred) and pass, and ecr-login for other registries.
_NOT_FOUND: Final = (
    "credentials not found",
    "no credentials server url",
    "no credentials username",
    "item could not be found in the keychain",
    "element not found",
    "no usernames for",
    "can only be used with amazon elastic container registry",
)
# Messages of helpers whose store was never set up, so that it holds no credentials.
_NOT_SET_UP: Final = ("pass not initialized", "pass store is uninitialized")


class UnusableHelperError(Exception):
    """A helper that cannot be used on this machine: its program is missing or cannot be started, or its store was never set up.

    Attributes:
        problem: What is missing.
        hint: What to do next; None for the usual hint of a helper.
    """

    def __init__(self, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.hint = problem, hint


def is_helper_name(name: str) -> bool:
    """Return whether a text can be the name of a helper: it consists of letters, digits, `.`, `_` and `-`.

    Args:
        name: The text.
    """
    return _NAME.fullmatch(name) is not None


def _check_name(call: HelperCall, _: object, name: str) -> None:
    if not is_helper_name(name):
        raise AuthError(
            f"{quoted(name)} is not the name of a helper",
            source=call.configured,
            hint="Use only letters, digits, '_', '.' and '-' in the name.",
        )


@frozen
class HelperCall:
    """A request to a helper for the credential of one server.

    Attributes:
        name: The name of the helper, without `docker-credential-`.
        server: The server, such as `quay.io`.
        configured: The place that names the helper, for messages, such as `credsStore in /home/me/.docker/config.json`.
        is_strict: Whether it is an error that the helper cannot be used. False for a helper for all registries, such as one of
            another machine: then the credentials in the file are used.

    Raises:
        AuthError: The name contains characters other than letters, digits, `.`, `_` and `-`.
    """

    # `_check_name` can also use `configured`, since attrs calls validators after all values are set.
    name: str = field(validator=_check_name)
    server: str
    configured: str
    is_strict: bool = True

    @property
    def program(self) -> str:
        """Return the file name of the helper program."""
        return f"docker-credential-{self.name}"

    @property
    def source(self) -> str:
        """Return a description of the call for messages: the program, the server and the place that names the helper."""
        return f"{self.program} asked for {quoted(self.server)} ({self.configured})"

    def error(self, problem: str, hint: str | None = None) -> AuthError:
        """Return an exception whose message names this call and a problem.

        Args:
            problem: The problem. The text must not contain output of the helper, since that output may contain the secret.
            hint: What to do next; None says how to see the helper's own message.
        """
        default = f"To see the helper's own message, pipe the server's name into `{self.program} get`."
        return AuthError(problem, source=self.source, hint=default if hint is None else hint)


class HelperOutput(NamedTuple):
    """The output of a helper, and its exit status.

    Attributes:
        status: The exit status.
        output: The bytes that the helper wrote to its stdout.
        messages: The first bytes that the helper wrote to its stderr.
    """

    status: int
    output: bytes
    messages: bytes = b""


def parse_helper_output(call: HelperCall, result: HelperOutput) -> Credential | None:
    """Parse the output of a helper. Return the credential, or None if the helper has no credential for the server.

    Text after the JSON object is ignored, and names of fields may be in upper or lower case, as for Docker.

    Args:
        call: The call of the helper.
        result: What the helper wrote, and how it ended.

    Raises:
        AuthError: The helper failed, or its output is invalid.
        UnusableHelperError: The store of the helper was never set up.
    """
    if result.status != 0:
        said = (result.output + b"\n" + result.messages).decode("utf-8", "replace").lower()
        if any(words in said for words in _NOT_FOUND):
            return None
        if any(words in said for words in _NOT_SET_UP):
            raise UnusableHelperError("the store of the helper was never set up", "Set the store up, as with `pass init`.")
        raise call.error(f"the helper failed with exit status {result.status}")
    document: Any = None
    with contextlib.suppress(ValueError, RecursionError):  # a JSONDecodeError contains the whole output
        document = json.JSONDecoder().raw_decode(result.output.decode().strip())[0]
    if not isinstance(document, dict):
        raise call.error("the output of the helper is not a JSON object")
    username, secret = field_of(document, "Username") or "", field_of(document, "Secret") or ""
    if not isinstance(username, str) or not isinstance(secret, str):
        raise call.error("Username and Secret in the output of the helper must be strings")
    if not username and not secret:
        return None
    try:
        if username == _TOKEN_USERNAME:
            return Credential(identity_token=secret, source=call.source)
        return Credential(username, secret, source=call.source)
    except ValueError as error:
        raise call.error(f"the output of the helper is not a valid credential: {error}") from None


class HelperProcess:
    """The process of one call of a helper.

    Args:
        call: The call of the helper.
        environ: The environment variables of the process. The program is searched in the folders of the variable PATH.
        timeout: The maximum run time in seconds.
    """

    def __init__(self, call: HelperCall, environ: Mapping[str, str], timeout: float) -> None:
        self._call = call
        self._environ = environ
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False
        self._lock = Lock()
        self._output = b""
        self._messages = b""

    def run(self) -> HelperOutput:
        """Run the helper, and return what the helper wrote, and how it ended.

        Raises:
            AuthError: The program is in a relative folder, takes too long, writes too much, or was cancelled.
            UnusableHelperError: The program is missing, or cannot be started.
        """
        program = self._find()
        with self._lock:
            if self._cancelled:
                raise self._call.error("the call of the helper was cancelled")
            try:
                self._process = process = subprocess.Popen(
                    [program, "get"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=dict(self._environ),
                )
            except OSError as error:
                raise UnusableHelperError(f"the helper cannot be started: {error.strerror or 'unknown error'}") from None
        try:
            return self._communicate(process)
        finally:
            process.kill()
            process.wait()

    def cancel(self) -> None:
        """Kill the process; if `run` has not started the process yet, prevent the start. Any thread may call this method."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()

    def _find(self) -> str:
        program = shutil.which(self._call.program, path=self._environ.get("PATH", ""))
        if program is None:
            raise UnusableHelperError("the helper is not on PATH", "Install the helper, or remove it from the configuration.")
        # A relative folder on PATH, or the current folder, which Windows searches first, could contain any program.
        if not os.path.isabs(program):
            raise self._call.error(
                "the helper was found in a relative folder on PATH", "Write the folder in PATH as an absolute path."
            )
        return program

    def _communicate(self, process: subprocess.Popen[bytes]) -> HelperOutput:
        deadline = time.monotonic() + self._timeout
        done, done_messages = Event(), Event()
        # The threads are not joined: a child process of the helper may keep the pipes open after the helper has ended.
        for read, event in ((self._read, done), (self._read_messages, done_messages)):
            Thread(target=read, args=(process, event), name=self._call.program, daemon=True).start()
        assert process.stdin is not None
        with contextlib.suppress(OSError), process.stdin:  # the helper may close its stdin without reading
            process.stdin.write(self._call.server.encode(errors="replace"))  # JSON may contain unpaired surrogates
        if not done.wait(self._timeout):
            raise self._call.error(f"the helper did not answer within {self._timeout:g} seconds")
        if len(self._output) > MAX_OUTPUT_BYTES:
            raise self._call.error(f"the helper wrote more than {MAX_OUTPUT_BYTES} bytes")
        try:
            status = process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            raise self._call.error(f"the helper did not end within {self._timeout:g} seconds") from None
        if status != 0:
            done_messages.wait(MAX_MESSAGES_SECONDS)
        return HelperOutput(status, self._output, self._messages)

    def _read(self, process: subprocess.Popen[bytes], done: Event) -> None:
        assert process.stdout is not None
        with contextlib.suppress(OSError), process.stdout:
            self._output = process.stdout.read(MAX_OUTPUT_BYTES + 1)
        done.set()

    def _read_messages(self, process: subprocess.Popen[bytes], done: Event) -> None:
        assert process.stderr is not None
        with contextlib.suppress(OSError), process.stderr:
            while more := os.read(process.stderr.fileno(), MAX_OUTPUT_BYTES):
                self._messages += more[: MAX_OUTPUT_BYTES - len(self._messages)]
        done.set()
