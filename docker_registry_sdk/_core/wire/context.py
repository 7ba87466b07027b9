"""The context of a call: properties of a request that generated functions pass to the authorization, retries and transport.

Each request contains one `CallContext` in httpx's `extensions`. Generated functions create the context, `call_of` returns it,
and `set_call` replaces it by a changed copy: `set_call(request, evolve(call_of(request), addresses=...))`.
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
"""The key of `extensions` that holds the `Fill` function of a response, if the transport offers such a function."""

Fill: TypeAlias = Callable[[memoryview], int]
"""A function that copies the next bytes of a response body into a buffer, and returns their number; 0 at the end of the body."""
AsyncFill: TypeAlias = Callable[[memoryview], Awaitable[int]]
"""The async counterpart of `Fill`."""


@frozen(kw_only=True)
class CallContext:
    """The properties of a call that the authorization, the retries and the transport use.

    Attributes:
        operation_id: The id of the operation; empty for a request that was not created by a generated function.
        repo: The repository that the call reads or changes, or None.
        scopes: The scopes that a token must have, beginning with the scope of the operation itself.
        opaque: Whether the URL came from a server. Such a URL is sent byte for byte.
        external: Whether the URL came from a descriptor, which anybody may have written. The request is sent without credentials,
            and not to an address in the caller's network.
        without_credentials: Whether the request is sent without credentials, since the caller needs only the response's status.
        endpoint: The API v1 registry to send the request to; None for the first registry that the index names.
        buffered: Whether the whole body of a success is read before the response is returned, so that the request can be repeated
            when the body is cut.
        bulk: Whether the body of the request or of the response is large.
        repeated_by_caller: Whether the caller repeats the request itself if it fails. The transport then sends it only once.
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
        """Return a copy of the context with the arguments as new values; faster than `evolve`.

        Args:
            buffered: Whether the whole body of a success is read before the response is returned.
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
    """Return the context of a request; a context with default values if the request has none.

    Args:
        request: An httpx request.
    """
    context: CallContext = request.extensions.get(CALL, _NO_CALL)
    return context


def set_call(request: httpx.Request, context: CallContext) -> None:
    """Replace the context of a request.

    Args:
        request: An httpx request.
        context: The new context of the request.
    """
    request.extensions[CALL] = context


def fill_of(response: httpx.Response) -> Fill | None:
    """Return the function that copies a response body into the reader's own buffers; None if the transport offers none.

    Args:
        response: A response to a sync request.
    """
    fill: Fill | None = response.extensions.get(FILL)
    return fill


def async_fill_of(response: httpx.Response) -> AsyncFill | None:
    """Return the function that copies a response body into the reader's own buffers; None if the transport offers none.

    Args:
        response: A response to an async request.
    """
    fill: AsyncFill | None = response.extensions.get(FILL)
    return fill


@frozen(kw_only=True)
class CallLimits:
    """The time limits of a call, and the policy for repeating its requests.

    Attributes:
        timeout: The timeout of each step of a request, in seconds or as an `httpx.Timeout`; None uses the client's timeout.
        deadline: The moment by which the whole call must be complete; None for no deadline.
        retry: The policy for repeating requests.
    """

    timeout: Timeout | None = None
    deadline: Deadline | None = None
    retry: RetryPolicy = DEFAULT_RETRY_POLICY

    def seconds_to_retry(self, failures: int, *, retry_after: float | None = None) -> float | None:
        """Return the seconds to wait before a request is sent again, or None if it must not be sent again.

        Args:
            failures: How many times the request has failed in a row; 1 after the first time.
            retry_after: The seconds to wait that the server requests in Retry-After; None if the response has no such header.
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
    """A sender of requests with default limits, which come from the options of its client.

    Attributes:
        retry: The policy for repeating requests.
        deadline_seconds: The maximum duration of a call, in seconds; None for no limit.
    """

    retry: RetryPolicy = DEFAULT_RETRY_POLICY
    deadline_seconds: float | None = None


def bound_timeouts(request: httpx.Request, deadline: Deadline) -> None:
    """Shorten each timeout of a request to the time until the deadline, if that is shorter.

    Args:
        request: A request with its timeouts in `extensions`, where httpx puts them.
        deadline: The deadline of the call.
    """
    timeouts = request.extensions.get("timeout", {})
    request.extensions["timeout"] = {step: deadline.bound(seconds) for step, seconds in timeouts.items()}


def call_limits(client: object, timeout: Timeout | None = None, deadline: Deadline | float | None = None) -> CallLimits:
    """Return the limits of a call that begins now. An argument that is None is replaced by the value of the client's option.

    Args:
        client: A client of this package, or an httpx client, which has no such options.
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
    """Return the object that sends the requests of a client: its `_sender`, or the client itself if it has no `_sender`.

    Args:
        client: A client of this package, which has a `_sender`, or an httpx client.
    """
    return getattr(client, "_sender", client)
