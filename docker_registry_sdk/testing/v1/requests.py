"""Functions that parse requests to API v1: JSON bodies, and the repository names, image ids and tags in paths."""

import json
import re
from typing import Any, TypeGuard
from urllib.parse import quote_plus

from starlette.requests import Request

from docker_registry_sdk.testing.v1.responses import V1Error, WebPageError

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
"""The maximum size of a JSON body in bytes. docker-registry has no such limit."""

MAX_NAME_LENGTH = 255
"""The maximum length of a repository name, after special characters are escaped. docker-registry has no such limit."""

_NAMESPACE = re.compile(r"[A-Za-z0-9_.-]+")
_IMAGE_ID = re.compile(r"[a-f0-9]{16}|[a-f0-9]{64}")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


async def read_json(request: Request, error_message: str) -> tuple[str, Any]:
    """Read the body of a request as JSON.

    Args:
        request: The request.
        error_message: The message of the V1Error that is raised if the body is invalid.

    Returns:
        The text of the body, and the parsed JSON value.

    Raises:
        V1Error: 400: the body is larger than MAX_DOCUMENT_BYTES, is not UTF-8, or is not JSON.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_DOCUMENT_BYTES:
            raise V1Error(error_message)
    try:
        text = body.decode()
        return text, json.loads(text)
    except (ValueError, RecursionError):
        raise V1Error(error_message) from None


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Return whether a value is a JSON array."""
    return isinstance(value, list)


def parse_repository(text: str) -> str:
    """Check the name of a repository, and add the default namespace if the name has no namespace.

    Args:
        text: The name in the path of the request.

    Returns:
        The name in the form `namespace/repository`. If `text` has no namespace, the namespace is `library`. In the part after
        the namespace, special characters and further slashes are escaped as in the query of a URL.

    Raises:
        V1Error: 404: the name is empty, begins with a slash, or is longer than MAX_NAME_LENGTH; the namespace contains a
            character other than letters, digits, '.', '-' and '_'; or the namespace or the part after it consists of dots only.
            docker-registry does not check the length, the characters and the dots, which is unsafe: the namespace `..` is a
            directory outside of its storage, and line breaks in a namespace get into response headers.

    Source: docker-registry 0.9, toolkit.parse_repository_name.
    """
    if not text or text.startswith("/"):
        raise WebPageError(404)
    namespace, slash, rest = text.rstrip("/").partition("/")
    if not slash:
        namespace, rest = "library", namespace
    name = f"{namespace}/{quote_plus(rest)}"
    if not _NAMESPACE.fullmatch(namespace) or not namespace.strip(".") or not rest.strip(".") or len(name) > MAX_NAME_LENGTH:
        raise V1Error("Repository not found", 404)
    return name


def parse_image_id(text: str) -> str:
    """Check that an image id consists of 64 or, as in the first versions of Docker, 16 lower-case hexadecimal digits.

    Args:
        text: The image id in the path of the request.

    Returns:
        The image id, unchanged.

    Raises:
        V1Error: 404: the image id is malformed.

    Source: docker-registry 0.9, toolkit.valid_image_id.
    """
    if not _IMAGE_ID.fullmatch(text):
        raise V1Error("Invalid image ID", 404)
    return text


def parse_tag(text: str) -> str:
    """Check the name of a tag that a client pushes.

    A name has 1 to 128 letters, digits, '_', '.' and '-', and does not begin with '.' or '-'.

    Args:
        text: The tag in the path of the request.

    Returns:
        The tag, unchanged.

    Raises:
        V1Error: 400: the tag is malformed.

    Source: docker-registry 0.9, tags.put_tag.
    """
    if not _TAG.fullmatch(text):
        raise V1Error("Invalid tag name (use 1 to 128 letters, digits, '_', '.' or '-', and begin with a letter, a digit or '_')")
    return text
