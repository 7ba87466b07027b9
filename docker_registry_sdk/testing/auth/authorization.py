"""Reading the `Authorization` header."""

import base64
import binascii

import attrs


@attrs.frozen
class Authorization:
    """What a client sent to show who it is.

    Args:
        scheme: The scheme, in lower case.
        value: The rest.
    """

    scheme: str
    value: str = attrs.field(repr=False)


def parse_authorization(header: str | None) -> Authorization | None:
    """Take a header apart.

    Args:
        header: Its value, or None when the request has none.

    Returns:
        Its parts, or None without a header.

    Source: RFC 9110, section 11.6.2.
    """
    if header is None:
        return None
    scheme, _, value = header.strip().partition(" ")
    return Authorization(scheme.lower(), value.strip())


def parse_basic(value: str) -> tuple[str, str] | None:
    """Take Basic credentials apart.

    Args:
        value: What follows the scheme.

    Returns:
        The user name and the password, or None when they are malformed.

    Source: RFC 7617, section 2.
    """
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):  # a UnicodeError is a ValueError
        return None
    username, colon, password = text.partition(":")
    return (username, password) if colon else None
