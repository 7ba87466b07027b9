"""JSON that a client sent: reading it without trusting it."""

import json
from typing import Any, NoReturn, TypeGuard


def load_json_object(content: bytes) -> dict[str, Any] | None:
    """Read a JSON object.

    Args:
        content: The text.

    Returns:
        The object, or None when the bytes are something else.
    """
    try:
        document = json.loads(content.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return document if is_object(document) else None


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
