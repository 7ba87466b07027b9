"""Effects: descriptions of I/O, such as sending a request, that a flow yields and that a driver performs.

A flow is a generator that does no I/O itself. It yields an effect. The driver, which is sync or async code, performs the effect
and sends the result of the effect, or throws its exception, into the generator. In the end, the flow returns a response. So sync
and async code can use the same flow.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Protocol, TypeAlias

from attrs import define

from ...credentials import Credential
from ..names.origin import Origin
from ..wire import HTTPRequest, HTTPResponse


class Lock(Protocol):
    """A lock that the driver acquires and the flow releases. Therefore `release` is a plain method, also in async code."""

    def release(self) -> None:
        """Release the lock."""
        ...


class Send(NamedTuple):
    """The effect that sends a request. Its result is the response, whose body is not read yet.

    Attributes:
        request: The request.
        repeatable: Whether the driver may repeat the request after a failure even if its method is not idempotent, such as POST.
    """

    request: HTTPRequest
    repeatable: bool = False


class Read(NamedTuple):
    """The effect that reads the body of a response and closes the response. Its result is a response that contains the body.

    The length of the body is limited; see `async_read` of the package `wire`.

    Attributes:
        response: A response whose body is not read yet.
    """

    response: HTTPResponse


def _never() -> bool:
    return False


class Acquire(NamedTuple):
    """The effect that acquires a lock for some work, or waits until another flow that holds the lock has done the work.

    The result is True if the lock was acquired, and False if another flow has done the work. After True, the flow that yielded
    the effect must release the lock.

    Attributes:
        lock: The lock: a `SingleFlightLock` for a sync driver, an `AsyncSingleFlightLock` for an async driver.
        done: A function that returns whether the work is done. By default, the effect waits until the lock is acquired.
    """

    lock: Lock
    done: Callable[[], bool] = _never


@define(eq=False)
class HeldCredential:
    """A credential that the driver has looked up, and holds for later requests.

    Attributes:
        credential: The credential; None without a login.
        passed_over: The files, entries and helpers that could not be used in the search, and why, without secrets.
        is_refused: Whether the registry or its token service has refused the credential. The driver then looks it up again for
            the next request.
        seen: The number of calls that had begun when a flow got this credential first; 0 before. For these calls, the credential
            is new.
        search: The number of the search that found the credential. Calls that began before the search ended use the credential
            even if it has been refused since: another search would give the same one.
    """

    credential: Credential | None
    passed_over: tuple[str, ...] = ()
    is_refused: bool = False
    seen: int = 0
    search: int = 0


class FindCredential(NamedTuple):
    """The effect that looks up the credential for a repository, unless the driver holds it. Its result is a `HeldCredential`.

    Attributes:
        repo: The repository's name, or None for the registry as a whole.
    """

    repo: str | None


class Resolve(NamedTuple):
    """The effect that resolves the host of an origin. Its result is a tuple of IP addresses.

    The result is None if requests to this origin go through a proxy, which resolves the host. The tuple is empty if the host
    cannot be resolved.

    Attributes:
        origin: The origin.
        connected: Whether to return the address that connections to this host were made to, if there is one, without a lookup.
            Only the connections to the registry are known.
    """

    origin: Origin
    connected: bool = False


Effect: TypeAlias = Send | Read | Acquire | FindCredential | Resolve
Flow: TypeAlias = Generator[Effect, Any, HTTPResponse]
