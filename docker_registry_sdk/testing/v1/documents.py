"""The JSON that clients send: reading it in bounded memory and without trusting it."""

import json
from typing import Any, TypeGuard

from starlette.requests import Request

from docker_registry_sdk.testing.v1.answers import V1Error

DOCUMENT_LIMIT = 4 * 1024 * 1024
"""The largest document taken, in bytes. docker-registry has no limit."""


async def read_document(request: Request, complaint: str) -> tuple[str, Any]:
    """Read a request's body as JSON.

    Args:
        request: The request.
        complaint: What to answer when it is none.

    Returns:
        The text as it was sent, and what it means.

    Raises:
        V1Error: The body is too long, not UTF-8, or not JSON.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > DOCUMENT_LIMIT:
            raise V1Error(complaint)
    try:
        text = body.decode()
        return text, json.loads(text)
    except (ValueError, RecursionError):
        raise V1Error(complaint) from None


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)
