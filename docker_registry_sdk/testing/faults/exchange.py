"""What an effect has in its hands: the request, the way to the answer, and the registry behind it."""

from collections.abc import Callable
from typing import Protocol, Self

import attrs
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.clock import Clock
from docker_registry_sdk.testing.faults.operations import Operation, operation_of
from docker_registry_sdk.testing.storage.base import Storage


@attrs.frozen
class Call:
    """A request, as a fault looks at it.

    Args:
        method: The method.
        path: The path, decoded.
        target: The path and the query, as they came.
        query: The query.
        headers: The headers.
        operation: Which operation it is, if it is one of API v2 or of the token service.
    """

    method: str
    path: str
    target: str
    query: QueryParams
    headers: Headers
    operation: Operation | None

    @classmethod
    def of(cls, scope: Scope, token_path: str) -> Self:
        """Make it from a request's scope.

        Args:
            scope: The scope.
            token_path: The path of the token service.
        """
        query: bytes = scope["query_string"]
        return cls(
            method=scope["method"],
            path=scope["path"],
            target=(scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1"),
            query=QueryParams(query),
            headers=Headers(scope=scope),
            operation=operation_of(scope["method"], scope["path"], token_path),
        )


@attrs.frozen
class Site:
    """The registry that faults happen to.

    Args:
        storage: Where its content is.
        account: Its one user.
        clock: Its clock.
        token_lifetime: For how many seconds its tokens are good.
        token_path: The path of its token service.
        revoke_tokens: Refuses the tokens that were given out so far.
        numbers: What effects count, each under names of its own.
    """

    storage: Storage
    account: Account
    clock: Clock
    token_lifetime: int
    token_path: str
    revoke_tokens: Callable[[], None]
    numbers: dict[str, float] = attrs.field(factory=dict[str, float])


@attrs.frozen
class Exchange:
    """A request and the way to its answer.

    Args:
        call: The request.
        scope: Its scope.
        receive: Gives its body.
        send: Takes the answer.
        site: The registry.
    """

    call: Call
    scope: Scope
    receive: Receive
    send: Send
    site: Site


class Effect(Protocol):
    """What happens to a request or to its answer."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Answer a request in the place of the registry, or let the registry do it and interfere.

        Args:
            exchange: The request and the way to its answer.
            app: The registry.

        Raises:
            ConnectionCut: The connection is to end here.
        """
        ...
