"""What an effect has in its hands: the request, the way to the answer, and the registry behind it."""

import re
from collections.abc import Callable
from typing import Literal, Protocol, Self, TypeAlias

import attrs
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.settings import Clock
from docker_registry_sdk.testing.storage.base import Storage

Operation: TypeAlias = Literal[
    "ping",
    "list_repositories",
    "list_tags",
    "get_manifest",
    "head_manifest",
    "put_manifest",
    "delete_manifest",
    "create_blob_read_stream",
    "head_blob",
    "delete_blob",
    "start_blob_upload",
    "get_blob_upload_status",
    "upload_blob_chunk",
    "complete_blob_upload",
    "cancel_blob_upload",
    "list_referrers",
    "get_token",
    "post_token",
]
"""An operation of API v2 or of the token service."""

UPLOAD_STEPS: tuple[Operation, ...] = (
    "get_blob_upload_status",
    "upload_blob_chunk",
    "complete_blob_upload",
    "cancel_blob_upload",
)
"""What can be done to an upload that has begun."""

_TABLE: tuple[tuple[re.Pattern[str], dict[str, Operation]], ...] = (
    (re.compile("/v2/?"), {"GET": "ping", "HEAD": "ping"}),
    (re.compile("/v2/_catalog"), {"GET": "list_repositories", "HEAD": "list_repositories"}),
    (re.compile("/v2/.+/tags/list"), {"GET": "list_tags", "HEAD": "list_tags"}),
    (re.compile("/v2/.+/blobs/uploads/"), {"POST": "start_blob_upload"}),
    (
        re.compile("/v2/.+/blobs/uploads/[^/]+"),
        {
            "GET": "get_blob_upload_status",
            "PATCH": "upload_blob_chunk",
            "PUT": "complete_blob_upload",
            "DELETE": "cancel_blob_upload",
        },
    ),
    (re.compile("/v2/.+/blobs/[^/]+"), {"GET": "create_blob_read_stream", "HEAD": "head_blob", "DELETE": "delete_blob"}),
    (
        re.compile("/v2/.+/manifests/[^/]+"),
        {"GET": "get_manifest", "HEAD": "head_manifest", "PUT": "put_manifest", "DELETE": "delete_manifest"},
    ),
    (re.compile("/v2/.+/referrers/[^/]+"), {"GET": "list_referrers", "HEAD": "list_referrers"}),
)
_TOKEN: dict[str, Operation] = {"GET": "get_token", "POST": "post_token"}


def operation_of(method: str, path: str, token_path: str) -> Operation | None:
    """Tell which operation a request is.

    Args:
        method: The request's method.
        path: Its path, decoded.
        token_path: The path of the token service.

    Returns:
        The operation, or None when it is none of these, as with API v1.
    """
    if path == token_path:
        return _TOKEN.get(method)
    return next((methods.get(method) for pattern, methods in _TABLE if pattern.fullmatch(path)), None)


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
