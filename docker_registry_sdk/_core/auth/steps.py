"""The steps of a flow without I/O: what it asks of whoever drives it, sync or async.

A flow is a generator. It yields steps, is sent their results, has their failures thrown in, and returns a response.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from ..wire import HTTPRequest, HTTPResponse


class Lock(Protocol):
    """A lock that is released without waiting."""

    def release(self) -> None:
        """Let the next one in."""
        ...


@frozen
class Send:
    """Send a request; the result is the response, its body unread.

    Attributes:
        request: The request.
        repeatable: Whether it may be sent again although its method does not say so.
    """

    request: HTTPRequest
    repeatable: bool = False


@frozen
class Read:
    """Read a response's body up to a limit and close it; the result is a response with that body.

    Attributes:
        response: A response whose body is unread.
    """

    response: HTTPResponse


def _never() -> bool:
    return False


@frozen
class Enter:
    """Acquire a lock, which the flow itself releases. The result is False when the work was done meanwhile, without the lock.

    Attributes:
        lock: The lock, of the driver's own kind.
        done: Tells whether what the lock is wanted for is done; looked at by those who wait for it.
    """

    lock: Lock
    done: Callable[[], bool] = _never


@frozen
class FindCredential:
    """Look for the credential of a repository; the result is a `Credential`, or None.

    Attributes:
        repo: The repository's name, or None for the registry as a whole.
        again: Whether what was found before was refused, so that it must be looked for anew.
    """

    repo: str | None
    again: bool = False


@frozen
class Resolve:
    """Look a host up; the result is its addresses as text, none where that fails, and None where a proxy does it.

    Attributes:
        host: A name.
    """

    host: str


Step: TypeAlias = Send | Read | Enter | FindCredential | Resolve
Flow: TypeAlias = Generator[Step, Any, HTTPResponse]
