"""The JSON that clients send: reading it in bounded memory and without trusting it."""

import json
import re
from typing import Any, TypeGuard
from urllib.parse import quote_plus

from starlette.requests import Request

from docker_registry_sdk.testing.v1.responses import V1Error, WebPageError

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


NAME_LIMIT = 255

_NAMESPACE = re.compile(r"[A-Za-z0-9_.-]+")
_IMAGE_ID = re.compile(r"[a-f0-9]{16}|[a-f0-9]{64}")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


def parse_repository(text: str) -> str:
    """Read the name of a repository.

    Args:
        text: What stands in the path.

    Returns:
        The name as `namespace/repository`: the namespace is `library` when there is none, and whatever is behind the first slash
        is escaped, so that there is one slash in all.

    Raises:
        V1Error: 404. docker-registry takes any namespace, even one that leads out of its storage or breaks a header; here it
            holds letters, digits, dots, hyphens and underscores, and the name is not endless.

    Source: docker-registry 0.9, toolkit.parse_repository_name.
    """
    if not text or text.startswith("/"):
        raise WebPageError(404)
    namespace, slash, rest = text.rstrip("/").partition("/")
    if not slash:
        namespace, rest = "library", namespace
    name = f"{namespace}/{quote_plus(rest)}"
    if not _NAMESPACE.fullmatch(namespace) or namespace.strip(".") == "" or rest.strip(".") == "" or len(name) > NAME_LIMIT:
        raise V1Error("Repository not found", 404)
    return name


def parse_image_id(text: str) -> str:
    """Check an image id: 64 lower-case hexadecimal digits, or 16 as in the first days.

    Args:
        text: What stands in the path.

    Returns:
        The id.

    Raises:
        V1Error: 404.

    Source: docker-registry 0.9, toolkit.valid_image_id.
    """
    if not _IMAGE_ID.fullmatch(text):
        raise V1Error("Invalid image ID", 404)
    return text


def parse_tag(text: str) -> str:
    """Check a tag that is to be set.

    Args:
        text: What stands in the path.

    Returns:
        The tag.

    Raises:
        V1Error: 400.

    Source: docker-registry 0.9, tags.put_tag.
    """
    if not _TAG.fullmatch(text):
        raise V1Error(f"Invalid tag name (must match {_TAG.pattern})")
    return text
