"""Effects: descriptions of the I/O that a flow requests, and that the sync or async driver of the flow performs.

A flow is a generator that does no I/O. It yields an effect. The driver performs the effect and sends the result, or throws the
exception, into the generator. In the end, the flow returns a response. So sync and async code can use the same flow.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from ..wire import HTTPRequest, HTTPResponse


class Lock(Protocol):
    """A lock whose `release` is a plain method, also in async code."""

    def release(self) -> None:
        """Release the lock."""
        ...


@frozen
class Send:
    """The effect that sends a request. Its result is the response, whose body is not read yet.

    Attributes:
        request: The request.
        repeatable: Whether the request may be repeated although its method is not idempotent.
    """

    request: HTTPRequest
    repeatable: bool = False


@frozen
class Read:
    """The effect that reads the body of a response up to a limit and closes the response. Its result is a response with the body.

    Attributes:
        response: A response whose body is not read yet.
    """

    response: HTTPResponse


def _never() -> bool:
    return False


@frozen
class Acquire:
    """The effect that waits until a lock is acquired, or until another flow has done the work that the lock protects.

    The result is True if the lock was acquired, and False if the work is done. The flow itself releases the lock.

    Attributes:
        lock: A lock that the driver can acquire.
        done: A function that returns whether the work is done.
    """

    lock: Lock
    done: Callable[[], bool] = _never


@frozen
class FindCredential:
    """The effect that looks up the credential for a repository. Its result is a `Credential`, or None.

    Attributes:
        repo: The repository's name, or None for the registry as a whole.
        again: Whether to ignore the cached credential, since the registry rejected it.
    """

    repo: str | None
    again: bool = False


@frozen
class Resolve:
    """The effect that resolves a host. Its result is a tuple of IP addresses, or None if a proxy resolves hosts.

    The tuple is empty if the host cannot be resolved.

    Attributes:
        host: The host name.
    """

    host: str


Effect: TypeAlias = Send | Read | Acquire | FindCredential | Resolve
Flow: TypeAlias = Generator[Effect, Any, HTTPResponse]
