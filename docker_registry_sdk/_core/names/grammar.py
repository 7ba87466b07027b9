"""The grammar of image references: checks of registry hosts, repository names and tags.

Source: https://github.com/distribution/reference/blob/main/regexp.go
"""

from __future__ import annotations

import re
from typing import Final

from ...errors import InvalidReferenceError
from ..text.redaction import quoted
from .hosts import HostError, check_host, check_port, split_port

IMAGE_ID: Final = re.compile(r"[a-f0-9]{64}")

MAX_NAME_CHARACTERS: Final = 255
_COMPONENT: Final = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
# A digest with one of the algorithms that this package can compute; also to find digests in a text.
DIGEST: Final = re.compile("sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def is_host(first_part: str) -> bool:
    """Return whether the part of a reference before the first slash is a host rather than a part of the repository's name.

    The part is a host if it is `localhost`, or contains a dot, a colon or an upper-case letter.

    Args:
        first_part: The part before the first slash.
    """
    return first_part == "localhost" or "." in first_part or ":" in first_part or first_part != first_part.lower()


def check_index_name(name: str) -> None:
    """Check the host of a registry, with or without a port.

    Args:
        name: The host, such as `ghcr.io` or `localhost:5000`.

    Raises:
        InvalidReferenceError: The host or the port is invalid, or a reference that begins with `name` would be
            read as a repository name without a host (see `is_host`).
    """
    if not isinstance(name, str):
        raise InvalidReferenceError(f"the host of a registry must be a string, not {type(name).__name__}", hint="Pass a string.")
    host, port = split_port(name)
    try:
        check_host(host, strict=True)
        if port is not None:
            check_port(port)
    except HostError as error:
        raise InvalidReferenceError(
            f"host {shown(name)}: {error}", hint="Write a host and an optional port, such as registry.example.com:5000."
        ) from None
    if not is_host(name):
        raise InvalidReferenceError(
            f"host {quoted(name)} has neither a dot nor a port", hint=f"Add a domain or a port, as in {name}:5000."
        )


def check_remote_name(name: str) -> None:
    """Check the name of a repository as used in the paths of requests, without a host, such as `library/alpine`.

    Args:
        name: The name.

    Raises:
        InvalidReferenceError: The name is not a string, has more than 255 characters, or has a part that is empty or contains a
            character that is not allowed.
    """
    if not isinstance(name, str):
        raise InvalidReferenceError(f"a repository's name must be a string, not {type(name).__name__}", hint="Pass a string.")
    for component in name.split("/"):
        if not component:
            raise InvalidReferenceError(
                f"the repository name {shown(name)} is empty or has an empty part", hint="Write one slash between two parts."
            )
        if not _COMPONENT.fullmatch(component):
            capitals = component != component.lower() and _COMPONENT.fullmatch(component.lower())
            hint = (
                "Write the part in lower case."
                if capitals
                else "Use a-z and 0-9, and between them '.', '_', '__' or any number of '-'."
            )
            raise InvalidReferenceError(f"the repository name {shown(name)}: the part {shown(component)} is invalid", hint=hint)
    if len(name) > MAX_NAME_CHARACTERS:
        raise InvalidReferenceError(
            f"the repository name {quoted(name)} has {len(name)} characters; the limit is {MAX_NAME_CHARACTERS}",
            hint="Choose a shorter name.",
        )


def check_tag(tag: str) -> None:
    """Check that a tag consists of 1 to 128 letters, digits, `_`, `.` and `-`, and does not begin with `.` or `-`.

    Args:
        tag: The tag.

    Raises:
        InvalidReferenceError: The tag is not a string, or does not have this form.
    """
    if not isinstance(tag, str) or not TAG.fullmatch(tag):
        text = shown(tag) if isinstance(tag, str) else type(tag).__name__
        raise InvalidReferenceError(
            f"tag {text} is invalid",
            hint="Use 1 to 128 letters, digits, '_', '.' or '-'; the first character must not be '.' or '-'.",
        )


def shown(text: str) -> str:
    """Return text in quotes for a message. If the text contains an `@`, return a placeholder, since a password may precede it.

    Args:
        text: A reference or a part of a reference.
    """
    # In user:password@host, the part before the @ is a secret.
    return "(the part before the @)" if "@" in text else quoted(text)
