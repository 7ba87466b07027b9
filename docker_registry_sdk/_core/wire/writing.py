"""Writing typed values as JSON values: the pieces that the generated models and requests are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

T = TypeVar("T")


def format_timestamp(moment: datetime) -> str:
    """Return the moment as RFC 3339 writes it, with `Z` for UTC."""
    text = moment.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def accept_header(wanted: Sequence[str] | None, documented: Sequence[str]) -> str:
    """Return the value of an Accept header.

    Args:
        wanted: The media types that the caller wants; None for all that are documented.
        documented: Those.
    """
    return ", ".join([wanted] if isinstance(wanted, str) else documented if wanted is None else wanted)


def first(*values: T | None) -> T | None:
    """Return the first value that is not None, or None.

    Args:
        values: Some values.
    """
    return next((value for value in values if value is not None), None)


def json_body(value: Any) -> bytes:
    """Return the value as compact JSON.

    Args:
        value: What `json` can write.

    Raises:
        TypeError: It holds something else.
    """
    return json.dumps(value, separators=(",", ":")).encode()


def form_body(fields: Mapping[str, Any]) -> bytes:
    """Return the fields as `application/x-www-form-urlencoded`.

    Args:
        fields: Names and values; each value is written with `str`.
    """
    return urlencode({name: str(value) for name, value in fields.items()}, quote_via=quote).encode()
