"""The messages in error bodies of other forms than the specification documents, as gateways and OAuth servers send them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from ...errors import ErrorDetail
from ..text.redaction import one_line
from .http_types import ReceivedResponse
from .secrets import SECRET_FIELDS, show_response

# The names of fields, in lower case and without `_` and `-`: those with a message, the best first, and those with more errors.
_MESSAGES: Final = (
    "errordescription",
    "message",
    "errormessage",
    "msg",
    "description",
    "faultstring",
    "detail",
    "details",
    "reason",
    "error",
    "title",
    "errors",
)
_NESTED: Final = ("errors", "error", "message", "detail", "details", "data", "fault")
_MAX_DEPTH: Final = 5
_MAX_ENTRIES: Final = 50
_MAX_SHOWN: Final = 3


def find_error_details(document: Any) -> tuple[ErrorDetail, ...]:
    """Return the errors in the decoded JSON of an error body, each with a message or a code; an empty tuple if none is found.

    An error is an object with a field such as `message` or `error`, a text in a list, or a field with its problems in `errors`.
    The code is the field `code`, and the field `error` beside `error_description`, as in OAuth 2.0 (RFC 6749, section 5.2).

    Args:
        document: The decoded JSON.
    """
    return tuple(islice(_find(document, _MAX_DEPTH), _MAX_ENTRIES))


def error_text(response: ReceivedResponse) -> str | None:
    """Return the messages in the body of an error that has the status of a success, or None if the body has no messages.

    Args:
        response: An HTTP response whose body was read, with JSON or another body.
    """
    content, _ = show_response(response, response.content)
    with suppress(ValueError, RecursionError):
        document = json.loads(content)
        errors = find_error_details(document) if isinstance(document, dict) else ()
        return "; ".join(one_line(str(error), 200).rstrip(". ") for error in errors[:_MAX_SHOWN]) or None
    return None


def _find(value: Any, depth: int) -> Iterator[ErrorDetail]:
    if isinstance(value, str) and value.strip():
        yield ErrorDetail(message=value)
    elif isinstance(value, list) and depth:
        for item in value:
            yield from _find(item, depth - 1)
    elif isinstance(value, dict) and depth:
        yield from _find_in_object(value, depth)


def _find_in_object(value: dict[str, Any], depth: int) -> Iterator[ErrorDetail]:
    fields = {name.lower().replace("_", "").replace("-", ""): field for name, field in value.items()}
    texts = {name: field for name, field in fields.items() if isinstance(field, str) and field.strip()}
    message = next((texts[name] for name in _MESSAGES if name in texts), None)
    names = _NESTED if message is None else ("errors",)
    nested = [error for name in names for error in _find_nested(fields.get(name), depth, has_names=name == "errors")]
    code = texts.get("code") or (texts.get("error") if "errordescription" in texts else None)
    if message is None and len(nested) == 1 and nested[0].code is None:
        message, nested = nested[0].message, []
    yield from nested
    if message is not None or code is not None:
        yield ErrorDetail(code, message, fields.get("detail"))


def _find_nested(value: Any, depth: int, *, has_names: bool) -> Iterator[ErrorDetail]:
    """Yield the errors in a field of an error; if `has_names`, also of an object whose fields name what has the problems."""
    found = list(_find(value, depth - 1)) if isinstance(value, list | dict) else []
    if has_names and not found and isinstance(value, dict):
        for name, problems in value.items():
            if name.lower() not in SECRET_FIELDS:
                found += [error._replace(message=f"{name}: {error.message}") for error in _find(problems, depth - 1)]
    yield from found
