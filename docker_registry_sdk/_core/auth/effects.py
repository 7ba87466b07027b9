"""The effects of a flow: the I/O that the flow requests, which its driver performs, sync or async.

A flow is a generator without I/O. It yields an effect, receives the result of the effect or the exception that it raised,
and returns a response in the end. One flow therefore serves sync and async code.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from ..wire import HTTPRequest, HTTPResponse


class Lock(Protocol):
    """A lock that is released without waiting."""

    def release(self) -> None:
        """Release the lock."""
        ...


@frozen
class Send:
    """Send a request. The result is the response, its body unread.

    Attributes:
        request: The request.
        repeatable: Whether it may be sent again although its method is not idempotent.
    """

    request: HTTPRequest
    repeatable: bool = False


@frozen
class Read:
    """Read the body of a response up to a limit, and close it. The result is a response with that body.

    Attributes:
        response: A response whose body is unread.
    """

    response: HTTPResponse


def _never() -> bool:
    return False


@frozen
class Acquire:
    """Acquire a lock, which the flow itself releases, or wait until the work that the lock is for is done.

    The result is True if the lock was acquired, and False if the work is done.

    Attributes:
        lock: A lock of the driver's own kind.
        done: A function that returns whether the work is done.
    """

    lock: Lock
    done: Callable[[], bool] = _never


@frozen
class FindCredential:
    """Find the credential of a repository. The result is a `Credential`, or None.

    Attributes:
        repo: The repository's name, or None for the registry as a whole.
        again: Whether to look again, since the registry refused the credential that was found before.
    """

    repo: str | None
    again: bool = False


@frozen
class Resolve:
    """Resolve a host. The result is a tuple of IP addresses, empty if there are none, or None if a proxy resolves hosts.

    Attributes:
        host: The host name.
    """

    host: str


Effect: TypeAlias = Send | Read | Acquire | FindCredential | Resolve
Flow: TypeAlias = Generator[Effect, Any, HTTPResponse]
