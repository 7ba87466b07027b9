"""Which operation of the API a request is, by the names of the OpenAPI description."""

import re
from typing import Literal, TypeAlias

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
