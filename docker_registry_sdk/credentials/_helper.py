"""The protocol of Docker's credential helpers, without running one: `docker-credential-NAME get`, the server on its stdin.

Source: https://github.com/docker/docker-credential-helpers/blob/master/README.md
"""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any, Final

from attrs import field, frozen

from .._core.text.redaction import quoted
from ..errors import AuthError
from .credential import Credential

# It becomes a part of a file name that is looked for on PATH.
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
# What the username of an identity token is.
_TOKEN_USERNAME: Final = "<token>"
_NOT_FOUND: Final = b"credentials not found"


def _check_name(call: HelperCall, _: object, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise AuthError(
            f"{quoted(name)} is no name of a helper; it has letters, digits, dots, _ and - only", source=call.configured
        )


@frozen
class HelperCall:
    """One question to a helper.

    Attributes:
        name: The name of the helper, without `docker-credential-`.
        server: What to ask for, such as `quay.io`.
        configured: What says so, for messages: a key and a file.

    Raises:
        AuthError: The name is none.
    """

    # The validator below needs what comes last, and attrs runs validators after all values are set.
    name: str = field(validator=_check_name)
    server: str
    configured: str

    @property
    def program(self) -> str:
        """The name of the program."""
        return f"docker-credential-{self.name}"

    @property
    def source(self) -> str:
        """What the call is, for messages."""
        return f"{self.program} asked for {quoted(self.server)} ({self.configured})"

    def error(self, problem: str) -> AuthError:
        """Return the error for what went wrong.

        Args:
            problem: What it was; never any output of the helper, which may hold the secret.
        """
        return AuthError(f"{problem}. To see more, pipe the server's name into `{self.program} get`", source=self.source)


def parse_answer(call: HelperCall, status: int, output: bytes) -> Credential | None:
    """Return the credential that a helper answered with, None when it has none.

    Args:
        call: The question.
        status: The exit status of the helper.
        output: What it wrote to its stdout.

    Raises:
        AuthError: It failed, or its answer cannot be understood.
    """
    if status != 0:
        if output.strip().lower().startswith(_NOT_FOUND):
            return None
        raise call.error(f"it failed with exit status {status}")
    answer: Any = None
    with contextlib.suppress(ValueError, RecursionError):  # a JSONDecodeError holds all of the answer
        answer = json.loads(output)
    if not isinstance(answer, dict):
        raise call.error("its answer is no JSON object")
    username, secret = answer.get("Username") or "", answer.get("Secret") or ""
    if not isinstance(username, str) or not isinstance(secret, str):
        raise call.error("Username and Secret in its answer should be text")
    if not username and not secret:
        return None
    try:
        if username == _TOKEN_USERNAME:
            return Credential(identity_token=secret, source=call.source)
        return Credential(username, secret, source=call.source)
    except ValueError as error:
        raise call.error(f"its answer cannot be used: {error}") from None
