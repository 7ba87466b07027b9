"""Effects of faults: their protocol, and the objects through which an effect reads a request and sends a response."""

import re
from collections.abc import Callable
from typing import Literal, Protocol, Self, TypeAlias

import attrs
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.settings import RegistryClock
from docker_registry_sdk.testing.storage.base import RegistryStorage

OperationName: TypeAlias = Literal[
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
"""An operation of API v2 or of the token service, named as in the OpenAPI description."""

UPLOAD_SESSION_OPERATIONS: tuple[OperationName, ...] = (
    "get_blob_upload_status",
    "upload_blob_chunk",
    "complete_blob_upload",
    "cancel_blob_upload",
)
"""The operations on an upload that has already been started."""

_OPERATIONS: tuple[tuple[re.Pattern[str], dict[str, OperationName]], ...] = (
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
_TOKEN_OPERATIONS: dict[str, OperationName] = {"GET": "get_token", "POST": "post_token"}


def operation_of(method: str, path: str, token_path: str) -> OperationName | None:
    """Return the operation of a request.

    Args:
        method: The HTTP method of the request, such as `GET`.
        path: The path of the request, percent-decoded.
        token_path: The path of the token service, such as `/token`.

    Returns:
        The operation, or None for other requests, such as those of API v1.
    """
    if path == token_path:
        return _TOKEN_OPERATIONS.get(method)
    return next((methods.get(method) for pattern, methods in _OPERATIONS if pattern.fullmatch(path)), None)


@attrs.frozen(kw_only=True)
class RequestInfo:
    """The parts of a request that a fault can match.

    Args:
        method: The HTTP method, such as `GET`.
        path: The path without the query, percent-decoded.
        target: The path and the query as the client sent them, percent-encoded.
        query: The parsed parameters of the query.
        headers: The request headers.
        operation: The operation of API v2 or of the token service, or None for other requests, such as those of API v1.
    """

    method: str
    path: str
    target: str
    query: QueryParams
    headers: Headers
    operation: OperationName | None

    @classmethod
    def of(cls, scope: Scope, token_path: str) -> Self:
        """Create the `RequestInfo` of a request from the ASGI scope of the request.

        Args:
            scope: The ASGI scope of the request.
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


@attrs.frozen(kw_only=True)
class RegistryState:
    """The state of the registry that effects can read and change.

    Args:
        storage: The storage of the blobs, manifests and tags.
        account: The account of the only user.
        clock: The clock that decides when tokens expire.
        token_lifetime: The lifetime of access tokens in seconds.
        token_path: The path of the token service, such as `/token`.
        revoke_tokens: A function that revokes all tokens issued so far.
        numbers: Counters and times that effects store between requests. Each effect must use keys that no other effect uses.
    """

    storage: RegistryStorage
    account: Account
    clock: RegistryClock
    token_lifetime: int
    token_path: str
    revoke_tokens: Callable[[], None]
    numbers: dict[str, float] = attrs.field(factory=dict[str, float])


@attrs.frozen(kw_only=True)
class FaultExchange:
    """A request, with the functions that read its body and send the response.

    Args:
        request: The request.
        scope: The ASGI scope of the request.
        receive: The ASGI function that returns the messages with the request body.
        send: The ASGI function that sends the messages of the response.
        registry: The state of the registry.
    """

    request: RequestInfo
    scope: Scope
    receive: Receive
    send: Send
    registry: RegistryState


class FaultEffect(Protocol):
    """The protocol of effects: objects that change or replace the response to a request."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Answer a request.

        An effect may send a response without a call of `app`. Or it may call `app` with the request or a changed request, and
        change the response of `app`.

        Args:
            exchange: The request, with the functions that read the request body and send the response.
            app: The registry as an ASGI application. If several faults apply to the request, `app` also plays the effects of the
                faults that were added before this one.

        Raises:
            ConnectionCut: The effect ends the connection. The server catches this exception, and then closes or resets the
                connection.
        """
        ...
