"""The grammar of references: what may be a host, a name and a tag, and what to write instead.

Source: https://github.com/distribution/reference/blob/main/regexp.go
"""

from __future__ import annotations

import re
from typing import Final

from ...errors import InvalidReferenceError
from ..text.redaction import quoted
from .hosts import HostError, check_host, check_port, split_port

IMAGE_ID: Final = re.compile(r"[a-f0-9]{64}")

_MOST_CHARACTERS: Final = 255
_COMPONENT: Final = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def is_host(first: str) -> bool:
    """Tell whether the part of a reference before the first slash is a host, and no part of the repository's name.

    Args:
        first: That part.
    """
    return first == "localhost" or "." in first or ":" in first or first != first.lower()


def check_index_name(name: str) -> None:
    """Check the host and port of a registry.

    Args:
        name: What was given for it.

    Raises:
        InvalidReferenceError: It is none.
    """
    if not isinstance(name, str):
        raise InvalidReferenceError(f"an index name should be text, not {type(name).__name__}")
    host, port = split_port(name)
    try:
        check_host(host, strict=True)
        if port is not None:
            check_port(port)
    except HostError as error:
        raise InvalidReferenceError(f"host {shown(name)}: {error}") from None
    if not is_host(name):
        raise InvalidReferenceError(f"host {quoted(name)} has neither a dot nor a port; add one, as in {name}:5000")


def check_remote_name(name: str) -> None:
    """Check the name of a repository, as requests to the registry hold it.

    Args:
        name: What was given for it.

    Raises:
        InvalidReferenceError: It is none.
    """
    if not isinstance(name, str):
        raise InvalidReferenceError(f"a repository's name should be text, not {type(name).__name__}")
    for component in name.split("/"):
        if not component:
            raise InvalidReferenceError(f"name {shown(name)} is empty or has an empty part; write one slash between two parts")
        if not _COMPONENT.fullmatch(component):
            capitals = component != component.lower() and _COMPONENT.fullmatch(component.lower())
            hint = (
                "write it in lower case"
                if capitals
                else "use the characters a-z and 0-9, and between them a dot, one or two underscores, or hyphens"
            )
            raise InvalidReferenceError(f"name {shown(name)}: the part {shown(component)} is refused; {hint}")
    if len(name) > _MOST_CHARACTERS:
        raise InvalidReferenceError(f"name {quoted(name)} has {len(name)} characters; {_MOST_CHARACTERS} are the most")


def check_tag(tag: str) -> None:
    """Check a tag.

    Args:
        tag: What was given for it.

    Raises:
        InvalidReferenceError: It is none.
    """
    if not isinstance(tag, str) or not _TAG.fullmatch(tag):
        what = shown(tag) if isinstance(tag, str) else type(tag).__name__
        raise InvalidReferenceError(
            f"tag {what} is refused; write 1 to 128 characters, letters, digits, _ . -, and neither dot nor hyphen first"
        )


def shown(text: str) -> str:
    """Return text as messages show it: quoted, or not at all when a password can be in it.

    Args:
        text: A reference or a part of one.
    """
    # What stands before an @ can be a password.
    return "before the @" if "@" in text else quoted(text)
