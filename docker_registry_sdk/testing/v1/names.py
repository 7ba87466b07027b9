"""The names of API v1: repositories, image ids and tags."""

import re
from urllib.parse import quote_plus

from docker_registry_sdk.testing.v1.answers import V1Error, WebPageError

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
