"""The forms of JSON values beyond the plain types: timestamps, lists given as one text, enumerations, values of two types; and
the writing of bodies.

Source: RFC 3339 for timestamps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timezone
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from ...errors import ParseError
from .json_values import Mismatch, Parse, expected, list_of, string
from .problems import STRICT, Report

T = TypeVar("T")
U = TypeVar("U")
E = TypeVar("E", bound=StrEnum)

_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"
)


def timestamp(value: Any, report: Report = STRICT) -> datetime:
    """Return the datetime of an RFC 3339 timestamp; raise Mismatch if the value is not a timestamp.

    Docker writes nine digits after the decimal point. Only the first six are kept, since a datetime has microseconds. If the
    timestamp has no UTC offset, which RFC 3339 requires, the datetime has no time zone.

    Source: RFC 3339, section 5.6.
    """
    text = string(value, report)
    try:
        if _TIMESTAMP.fullmatch(text) is None:
            raise ValueError
        moment = datetime.fromisoformat(text.upper())
        offset = moment.utcoffset()
        return moment if offset is None else moment.replace(tzinfo=timezone(offset) if offset else UTC)
    except (ValueError, OverflowError):
        raise Mismatch("should be an RFC 3339 timestamp") from None  # without the text: a token service may send a token here


def text_list(value: Any, report: Report = STRICT) -> list[str]:
    """Return a list of texts as Docker reads a command: one text is a list of one text, and null in the list is empty text.

    Both are added to the report. The positions of the texts matter, so a list with an item of another type is not read in part.

    Raises:
        Mismatch: The value is neither text nor a list of texts and nulls; or it is no list of texts, and the report is strict.
    """
    if isinstance(value, str) and not report.strict:
        report.note("", f"{expected('a list', value)}; it is read as a list of one text")
        report.partial = True
        return [value]
    if not isinstance(value, list):
        raise Mismatch(expected("a list", value))
    for position, item in enumerate(value):
        if not isinstance(item, str) and (item is not None or report.strict):
            raise Mismatch(expected("text", item), f"[{position}]")
    if None not in value:
        return list(value)
    for position, item in enumerate(value):
        if item is None:
            report.note(f"[{position}]", f"{expected('text', item)}; it is read as empty text")
    report.partial = True
    return [item or "" for item in value]


def entry_list(parse: Parse[T]) -> Parse[list[T]]:
    """Return a function that parses the list of entries in the body of an error, also in other forms that servers send.

    One entry alone is a list of this entry, and text is an entry with this text as its `message`. Both are added to the report.

    Args:
        parse: A function that parses an entry, and raises Mismatch or ParseError if the entry is invalid.
    """

    def read_entry(value: Any, report: Report = STRICT) -> T:
        if not isinstance(value, str) or report.strict:
            return parse(value, report)
        report.note("", f"{expected('an object', value)}; it is read as the message of an entry")
        report.partial = True
        return parse({"message": value}, report)

    read_list = list_of(read_entry)

    def read(value: Any, report: Report = STRICT) -> list[T]:
        if not isinstance(value, dict | str) or report.strict:
            return read_list(value, report)
        report.note("", f"{expected('a list', value)}; it is read as a list of one entry")
        report.partial = True
        return read_list([value], report)

    return read


def open_enum(kind: type[E]) -> Parse[E | str]:
    """Return a function that converts a string to a member of an enumeration, and returns a string that is no member unchanged.

    The function raises Mismatch if the value is not a string.

    Args:
        kind: The class of the enumeration.
    """

    def read(value: Any, report: Report = STRICT) -> E | str:
        text = string(value, report)
        try:
            return kind(text)
        except ValueError:
            return text

    return read


def either(first: Parse[T], second: Parse[U]) -> Parse[T | U]:
    """Return a function that parses a value of one of two types: with `first`, or with `second` if `first` rejects the value.

    If both reject the value, the function raises the exception of `second`.

    Args:
        first: A function that parses values of the first type, and raises Mismatch or ParseError for others.
        second: A function that parses values of the second type, and raises Mismatch or ParseError for others.
    """

    def read(value: Any, report: Report = STRICT) -> T | U:
        start, total = len(report), report.total
        try:
            return first(value, report)
        except (Mismatch, ParseError):
            report.forget(start, total)
            return second(value, report)

    return read


def format_timestamp(moment: datetime) -> str:
    """Return a datetime as text in the format of RFC 3339, with `Z` for UTC. A datetime without time zone gets no offset."""
    text = moment.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def first(*values: T | None) -> T | None:
    """Return the first value that is not None, or None if all values are None.

    Args:
        values: The values, in order of preference.
    """
    return next((value for value in values if value is not None), None)


def json_body(value: Any) -> bytes:
    """Return a value as compact JSON, encoded in ASCII.

    Args:
        value: A value that the module `json` can serialize.

    Raises:
        TypeError: The module `json` cannot serialize the value.
    """
    return json.dumps(value, separators=(",", ":")).encode()


def form_body(fields: Mapping[str, Any]) -> bytes:
    """Return fields encoded as `application/x-www-form-urlencoded`.

    Args:
        fields: Names and values; each value is written with `str`.
    """
    return urlencode({name: str(value) for name, value in fields.items()}, quote_via=quote).encode()
