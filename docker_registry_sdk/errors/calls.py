"""The base class of all exceptions, and the exceptions of calls that received no complete response or were not sent."""

from __future__ import annotations

from typing import Any

from .._core.text.error_details import restore_exception
from .._core.text.redaction import redact_url


class RegistryError(Exception):
    """The base class of all exceptions of this package.

    Args:
        problem: What happened, in one line, without a final period.
        hint: What to do next, in one or more sentences; None uses the hint of the class.

    Attributes:
        problem: What happened, in one line, without secrets and without a final period.
        hint: What to do next, in one or more sentences; an empty string if nothing can be done.
    """

    problem: str
    hint: str = "Check the name of the registry, and the responses of the registry: logging at level DEBUG shows each request."

    def __init__(self, problem: str, *, hint: str | None = None) -> None:
        self.problem = problem.rstrip(". ")
        if hint is not None:
            self.hint = hint
        super().__init__(f"{self.problem}. {self.hint}" if self.hint else self.problem)

    def _add_place(self, place: str) -> None:
        """Add to the problem where the error is, such as the manifest and the field that name a missing blob."""
        self.problem = f"{self.problem} ({place})"
        self.args = (f"{self.problem}. {self.hint}" if self.hint else self.problem,)

    def _replace_hint(self, hint: str) -> None:
        self.hint, self.args = hint, (f"{self.problem}. {hint}",)

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickling calls the class with `args`, which fails for classes with keyword arguments. Process pools pickle exceptions.
        return restore_exception, (type(self), self.args, self.__dict__)


class TransportError(RegistryError):
    """A failure of the network: no response was received, or the response was interrupted.

    Attributes:
        method: The request's method.
        url: The request's URL, without user info, fragment and query values.
    """

    hint = "Check the URL, the network and the proxy, if there is one."
    # Whether the request may succeed when it is repeated. The cause of the failure does not say, since it may hold secrets.
    _is_transient = False

    def __init__(self, problem: str, *, method: str, url: str, hint: str | None = None) -> None:
        self.method, self.url = method, redact_url(url)
        super().__init__(f"{method} {self.url}: {problem}", hint=hint)


class RequestTimeoutError(TransportError, TimeoutError):
    """A step of a request that took longer than the timeout: connecting, writing, reading, or waiting for a free connection."""

    hint = "Allow more time with a longer timeout, or find out why the server is slow."


class DeadlineExceededError(TransportError, TimeoutError):
    """A call that was not complete before its deadline passed.

    Attributes:
        seconds: The deadline, in seconds from the beginning of the call.
    """

    hint = "Allow more time with a longer deadline, or find out why the server is slow."

    def __init__(self, seconds: float, *, method: str, url: str) -> None:
        self.seconds = seconds
        super().__init__(f"the deadline of {seconds:g} s passed before the call was complete", method=method, url=url)


class LoginError(RegistryError):
    """Credentials that the registry or its token service rejects: the user name, the password or the identity token is wrong.

    The exception that is raised is also an `UnauthorizedError` (`BasicLoginError`) or an `AuthError` (`TokenLoginError`).
    """

    hint = "Check the user name and the password, or log in again."


class ClosedError(RegistryError):
    """A call of a client that is closed, or that borrows the connections of a client that is closed."""

    hint = "Create a new client, or close the client after its last call."


class ForkedProcessError(RegistryError):
    """An object that was made before `os.fork()` and cannot be used in the child process, such as an open stream of a blob."""

    hint = "Create the object in the child process."


class EventLoopError(RegistryError):
    """An async client that is used in another event loop than before, while the first event loop is still running."""

    hint = "Create one client for each event loop."
