"""Text of others in messages: quoted, printable and short."""

from __future__ import annotations

_LIMIT = 80


def quoted(text: str) -> str:
    """Return text in quotes, with all that does not print escaped, and cut when it is long.

    Args:
        text: Any text that is no secret.
    """
    return ascii(text) if len(text) <= _LIMIT else f"{text[:_LIMIT]!a}…"


def printable(text: str) -> str:
    """Return text as it is, or quoted with escapes when something in it does not print.

    Args:
        text: Any text that is no secret, such as a path.
    """
    return text if text.isprintable() else ascii(text)
