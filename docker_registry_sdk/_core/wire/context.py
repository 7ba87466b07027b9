"""The context of a call: the facts that the layers below a generated function must know of its request.

Each request carries one `CallContext`, under one key of httpx's `extensions`. Generated functions make it, `call_of` reads it,
and a layer that knows more replaces it by an evolved one: `set_call(request, evolve(call_of(request), addresses=...))`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import httpx
from attrs import frozen

from ..names.origin import Origin
from .policy import DEFAULT_RETRY_POLICY, Deadline, RetryPolicy, Timeout, to_deadline

CALL = "docker_registry_sdk.call"
"""The key of `extensions` that holds the context of a request."""

FILL = "docker_registry_sdk.fill"
"""The key of `extensions` under which a transport may put the `Fill` of a response."""

Fill: TypeAlias = Callable[[memoryview], int]
"""A function that puts the next bytes of a response body into a buffer, and returns how many there are, 0 at the end."""
AsyncFill: TypeAlias = Callable[[memoryview], Awaitable[int]]
"""The async twin of `Fill`."""


@frozen(kw_only=True)
class CallContext:
    """The facts of a call that the layers below it must know.

    Attributes:
        operation_id: The id of the operation; empty for a request that no generated function made.
        repo: The repository that the call is about, or None.
        scopes: The scopes that a token needs, the operation's own first.
        opaque: Whether the URL came from a server, so that it is sent byte for byte.
        external: Whether the URL came from a descriptor, which anybody may have written: it is followed without credentials,
            and never into the caller's network.
        without_credentials: Whether the request is sent without credentials, since only the status of its response counts.
        endpoint: The API v1 registry to send to, where it is not the first one that the index names.
        buffered: Whether the whole body of a success is read at once, so that it can be requested again when it is cut.
        bulk: Whether the body of the request or of the response is large.
        repeated_by_caller: Whether the caller repeats a failed request itself, so that the transport must not repeat it, too.
        addresses: The only IP addresses that the request may be sent to; None for any.
        deadline: The moment by which the call must be complete, or None.
    """

    operation_id: str = ""
    repo: str | None = None
    scopes: tuple[str, ...] = ()
    opaque: bool = False
    external: bool = False
    without_credentials: bool = False
    endpoint: Origin | None = None
    buffered: bool = False
    bulk: bool = False
    repeated_by_caller: bool = False
    addresses: tuple[str, ...] | None = None
    deadline: Deadline | None = None

    def sent_with(self, *, buffered: bool, bulk: bool, deadline: Deadline | None) -> CallContext:
        """Return the context with the facts that are known when the request is sent; faster than `evolve`.

        Args:
            buffered: Whether the whole body of a success is read at once.
            bulk: Whether the body of the request or of the response is large.
            deadline: The moment by which the call must be complete, or None.
        """
        return CallContext(
            operation_id=self.operation_id,
            repo=self.repo,
            scopes=self.scopes,
            opaque=self.opaque,
            external=self.external,
            without_credentials=self.without_credentials,
            repeated_by_caller=self.repeated_by_caller,
            endpoint=self.endpoint,
            buffered=buffered,
            bulk=bulk,
            addresses=self.addresses,
            deadline=deadline,
        )


_NO_CALL = CallContext()


def call_of(request: httpx.Request) -> CallContext:
    """Return the context of a request; an empty one for a request that no generated function made.

    Args:
        request: An httpx request.
    """
    context: CallContext = request.extensions.get(CALL, _NO_CALL)
    return context


def set_call(request: httpx.Request, context: CallContext) -> None:
    """Replace the context of a request.

    Args:
        request: An httpx request.
        context: Its new context.
    """
    request.extensions[CALL] = context


def fill_of(response: httpx.Response) -> Fill | None:
    """Return the function that puts a response body straight into the reader's buffers; None where the transport has none.

    Args:
        response: A response to a sync request.
    """
    fill: Fill | None = response.extensions.get(FILL)
    return fill


def async_fill_of(response: httpx.Response) -> AsyncFill | None:
    """Return the function that puts a response body straight into the reader's buffers; None where the transport has none.

    Args:
        response: A response to an async request.
    """
    fill: AsyncFill | None = response.extensions.get(FILL)
    return fill


@frozen(kw_only=True)
class CallLimits:
    """How long a call may take, and how often its requests are repeated.

    Attributes:
        timeout: The timeout of each step of a request, in seconds or as an `httpx.Timeout`; None uses the client's timeout.
        deadline: The moment by which the whole call must be complete; None for no such moment.
        retry: How often requests are repeated.
    """

    timeout: Timeout | None = None
    deadline: Deadline | None = None
    retry: RetryPolicy = DEFAULT_RETRY_POLICY

    def seconds_to_retry(self, failures: int, *, retry_after: float | None = None) -> float | None:
        """Return the seconds to wait before a request is sent again, or None when it must not be sent again.

        Args:
            failures: How many times the request has failed in a row; 1 after the first time.
            retry_after: The seconds that the server requests to wait, if it does.
        """
        return self.retry.seconds_to_retry(failures, retry_after=retry_after, deadline=self.deadline)

    def check(self, method: str, url: str) -> None:
        """Raise an exception if the deadline has passed.

        Args:
            method: The HTTP method of the request that needs more time.
            url: The URL of the request.

        Raises:
            DeadlineExceededError: The deadline has passed.
        """
        if self.deadline is not None:
            self.deadline.check(method, url)


NO_LIMITS = CallLimits()


class LimitedSender:
    """A sender of requests that has limits of its own: those of the client's options.

    Attributes:
        retry: How often requests are repeated.
        deadline_seconds: The time that a call may take, in seconds; None for any time.
    """

    retry: RetryPolicy = DEFAULT_RETRY_POLICY
    deadline_seconds: float | None = None


def bound_timeouts(request: httpx.Request, deadline: Deadline) -> None:
    """Bound each timeout of a request by the time until the deadline.

    Args:
        request: A request whose `extensions` hold its timeouts, as those of httpx do.
        deadline: The deadline of the call.
    """
    timeouts = request.extensions.get("timeout", {})
    request.extensions["timeout"] = {step: deadline.bound(seconds) for step, seconds in timeouts.items()}


def call_limits(client: object, timeout: Timeout | None = None, deadline: Deadline | float | None = None) -> CallLimits:
    """Return the limits of a call that begins now; the client's own limits replace those that are None.

    Args:
        client: A client of this package, or an httpx client, which has no limits of its own.
        timeout: The timeout of each step of a request, in seconds or as an `httpx.Timeout`.
        deadline: The deadline of the call, or the seconds until it.

    Raises:
        ValueError: The number of seconds is not above 0.
    """
    sender = sender_of(client)
    if not isinstance(sender, LimitedSender):
        return CallLimits(timeout=timeout, deadline=None if deadline is None else to_deadline(deadline))
    if deadline is None:
        deadline = sender.deadline_seconds
    until = None if deadline is None else to_deadline(deadline)
    return CallLimits(timeout=timeout, deadline=until, retry=sender.retry)


def sender_of(client: Any) -> Any:
    """Return the object that sends the requests of a client: the client itself, unless it has a sender below its methods.

    Args:
        client: A client of this package, which has a `_sender`, or an httpx client.
    """
    return getattr(client, "_sender", client)
