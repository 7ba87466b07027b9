"""The context of a call: facts about a request that the authorization, the retries and the transport need besides the request.

Each httpx request contains one `CallContext` in its `extensions`. `make_request`, which generated functions call, creates the
context. `call_of` returns the context of a request, and `set_call` replaces it by a changed copy:
`set_call(request, call_of(request)._replace(addresses=...))`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import httpx

from ..names.origin import Origin
from .policy import DEFAULT_RETRY_POLICY, Deadline, RetryPolicy, to_deadline
from .timeout import Timeout

if TYPE_CHECKING:
    import httpcore

CALL = "docker_registry_sdk.call"
"""The key of `extensions` that holds the context of a request."""

CALLERS_HEADERS = "docker_registry_sdk.callers_headers"
"""The key of `extensions` that holds the names of the headers that come from the caller's own httpx client."""

PROXY_LOGINS = "docker_registry_sdk.proxy_logins"
"""The key of `extensions` that holds a function which returns the Proxy-Authorization headers of the httpx client."""

FILL = "docker_registry_sdk.fill"
"""The key of `extensions` that holds the `Fill` function of a response, if the transport offers such a function."""

RENEWED = "docker_registry_sdk.renewed"
"""The key of `extensions` of a response that refused a token or credential which has ended, to a request that cannot be repeated.

The next request gets another token or credential."""

REDIRECT_HINT = "docker_registry_sdk.redirect_hint"
"""The key of `extensions` of a redirect that was not followed, with a sentence that says what to do."""

Fill: TypeAlias = Callable[[memoryview], int]
"""A function that copies the next bytes of a response body into a buffer, and returns their number; 0 at the end of the body."""
AsyncFill: TypeAlias = Callable[[memoryview], Awaitable[int]]
"""The async counterpart of `Fill`."""


class CallContext(NamedTuple):
    """The facts about a call that the authorization, the retries and the transport need besides the HTTP request.

    Attributes:
        operation_id: The id of the operation in the OpenAPI description, such as `get_manifest`; empty for other requests.
        repo: The name of the repository that the call reads or changes; None if the call concerns no single repository.
        scopes: The scopes that a token must have, beginning with the scope of the operation itself; empty if no scope is needed.
        planned_scopes: The scopes that later requests of the same operation need, such as those of a push while it looks for
            existing blobs. If a token must be fetched, it is requested with these scopes, too, so that one token suffices.
        opaque: Whether the URL came from a server. The path and query of such a URL are sent byte for byte.
        external: Whether the URL came from the field `urls` of a descriptor, which anybody may have written. The request is sent
            without credentials, and, if the registry is public, not to a private address.
        without_credentials: Whether the request is sent without credentials, since the caller needs only the response's status.
        endpoint: The API v1 registry to send the request to; None for the first registry that the API v1 index names.
        buffered: Whether the whole body of a success is read before the response is returned, so that the request can be repeated
            when the body is cut.
        bulk: Whether the body of the request or of the response is large.
        repeated_by_caller: Whether the caller repeats a failed request. The layers below the caller then send the request once.
        addresses: The only IP addresses that the request may be sent to; None allows any address.
        elsewhere: Whether the request was sent to another host than the registry, or after a chain of redirects had left the
            registry. The host may name URLs on its own origin only.
        deadline: The moment by which the call must be complete; None for no deadline.
        retry: The policy for repeating the request; None for the policy of the client.
        replay: A function that returns the body once more, as httpx accepts it, or None if its bytes are no longer available.
            None for a request whose body is empty, consists of bytes in memory, or can be sent only once.
    """

    operation_id: str = ""
    repo: str | None = None
    scopes: tuple[str, ...] = ()
    planned_scopes: tuple[str, ...] = ()
    opaque: bool = False
    external: bool = False
    without_credentials: bool = False
    endpoint: Origin | None = None
    buffered: bool = False
    bulk: bool = False
    repeated_by_caller: bool = False
    addresses: tuple[str, ...] | None = None
    elsewhere: bool = False
    deadline: Deadline | None = None
    retry: RetryPolicy | None = None
    replay: Callable[[], Any] | None = None


_NO_CALL = CallContext()


def call_of(request: httpx.Request | httpcore.Request) -> CallContext:
    """Return the context of a request. If the request has no context, return one with default values.

    Args:
        request: A request of httpx, or the request of httpcore that httpx has made from it.
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
    """Return the function that copies the body of a response into buffers that the caller passes.

    Args:
        response: A response to a sync request.

    Returns:
        The function, or None if the transport offers none. The caller then iterates over the body.
    """
    fill: Fill | None = response.extensions.get(FILL)
    return fill


def async_fill_of(response: httpx.Response) -> AsyncFill | None:
    """Return the async function that copies the body of a response into buffers that the caller passes.

    Args:
        response: A response to an async request.

    Returns:
        The function, or None if the transport offers none. The caller then iterates over the body.
    """
    fill: AsyncFill | None = response.extensions.get(FILL)
    return fill


class CallLimits(NamedTuple):
    """The time limits of a call, and the policy for repeating the requests of the call.

    Attributes:
        timeout: The timeout of each step of a request (wait for a free connection, connect, write, read), in seconds or as a
            `Timeout`; None uses the client's timeout.
        deadline: The moment by which the whole call must be complete; None for no deadline.
        retry: The policy for repeating requests.
    """

    timeout: float | Timeout | None = None
    deadline: Deadline | None = None
    retry: RetryPolicy = DEFAULT_RETRY_POLICY

    def seconds_to_retry(self, failures: int, *, retry_after: float | None = None) -> float | None:
        """Return the seconds that the caller must wait before it repeats a request, or None if it must not repeat the request.

        Args:
            failures: How many times in a row the request has failed; 1 after the first failure.
            retry_after: The seconds that the server requests in the header Retry-After; None if there is no such header.
        """
        return self.retry.seconds_to_retry(failures, retry_after=retry_after, deadline=self.deadline)

    def check(self, method: str, url: str) -> None:
        """Raise an exception if the deadline has passed. Without a deadline, do nothing.

        Args:
            method: The HTTP method of the request that needs more time, for the message.
            url: The URL of the request, for the message.

        Raises:
            DeadlineExceededError: The deadline has passed.
        """
        if self.deadline is not None:
            self.deadline.check(method, url)


NO_LIMITS = CallLimits()


class LimitedSender:
    """The base class of objects that send the requests of a client and hold the limits that the client's options set.

    Attributes:
        retry: The policy for repeating requests.
        deadline_seconds: The maximum duration in seconds of a call that passes no deadline of its own; None for no limit.
    """

    retry: RetryPolicy = DEFAULT_RETRY_POLICY
    deadline_seconds: float | None = None


def bound_timeouts(request: httpx.Request, deadline: Deadline) -> None:
    """Replace each timeout of a request that is longer than the time until the deadline by the time until the deadline.

    Args:
        request: An httpx request, which contains its timeouts in `extensions["timeout"]`.
        deadline: The deadline of the call.
    """
    timeouts = request.extensions.get("timeout", {})
    request.extensions["timeout"] = {step: deadline.bound(seconds) for step, seconds in timeouts.items()}


def call_limits(client: object, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> CallLimits:
    """Return the limits of a call that begins now.

    Args:
        client: A client of this package, whose options set the policy for repeating requests; or an httpx client, which has no
            such options, so that the default policy applies.
        timeout: The timeout of each step of a request, in seconds or as a `Timeout`; None uses the client's timeout.
        deadline: The deadline of the call, or the seconds from now until the deadline. None uses the client's option `deadline`;
            without this option, the call has no deadline.

    Raises:
        ValueError: The deadline is a number of seconds that is not above 0.
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
