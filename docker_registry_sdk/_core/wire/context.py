"""The context of a call: the facts that the layers below a generated function must know of its request.

Each request carries one `CallContext`, under one key of httpx's `extensions`. Generated functions make it, `call_of` reads it,
and a layer that knows more replaces it by an evolved one: `set_call(request, evolve(call_of(request), addresses=...))`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import httpx
from attrs import frozen

from ..names.origin import Origin
from .policy import Deadline

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
