"""JSON values: the parts that generated models are made of, read from parsed JSON and written to JSON.

null counts as absent, an unknown value of an enumeration is kept as text, and any other value that does not match raises a
ParseError that names the model and the field. Source: RFC 8259 for JSON, RFC 3339 for timestamps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timezone
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from ...errors import ParseError

T = TypeVar("T")
U = TypeVar("U")
E = TypeVar("E", bound=StrEnum)


class Mismatch(Exception):  # noqa: N818 - never leaves this package: a Reader turns it into a ParseError
    """A value does not match its type.

    Args:
        problem: The reason.
        place: The path inside the value, such as `[2].size`; empty for the value itself.
    """

    def __init__(self, problem: str, place: str = "") -> None:
        self.problem = problem
        self.place = place

    @classmethod
    def at(cls, place: str, error: Mismatch | ParseError) -> Mismatch:
        """Return the error as seen from one level further out."""
        inner = error.place if isinstance(error, Mismatch) else error.field
        dot = "." if inner and not inner.startswith("[") else ""
        return cls(error.problem, f"{place}{dot}{inner}")


class NullList(list[T]):
    """The empty list that a server wrote as null (as Go does for nil); left out again when it is still empty."""


class Reader:
    """Reads the fields of one JSON object.

    Args:
        model: The name of the model, for errors.
        source: The parsed JSON value, which should be an object.

    Raises:
        ParseError: It is no object.
    """

    __slots__ = ("_model", "_source")

    def __init__(self, model: str, source: Any) -> None:
        if not isinstance(source, dict):
            raise ParseError(model=model, field="", problem=_expected("an object", source))
        self._model = model
        self._source = source

    def optional(self, name: str, parse: Callable[[Any], T]) -> T | None:
        """Return the field's value, or None when it is absent or null.

        Args:
            name: The field's name on the wire.
            parse: A function that parses the value.

        Raises:
            ParseError: The value does not fit.
        """
        value = self._source.get(name)
        if value is None:
            return None
        try:
            return parse(value)
        except (Mismatch, ParseError) as error:
            raise self._error(name, error) from None

    def required(self, name: str, parse: Callable[[Any], T]) -> T:
        """Return the value of a field that must be there.

        Args:
            name: The field's name on the wire.
            parse: A function that parses the value.

        Raises:
            ParseError: The field is absent or null, or its value does not fit.
        """
        value = self._source.get(name)
        if value is None:
            raise ParseError(model=self._model, field=name, problem="is missing")
        try:
            return parse(value)
        except (Mismatch, ParseError) as error:
            raise self._error(name, error) from None

    def required_list(self, name: str, parse: Callable[[Any], T]) -> list[T]:
        """Return the list in a field that must be there; a null is an empty list.

        Args:
            name: The field's name on the wire.
            parse: A function that parses each item.

        Raises:
            ParseError: The field is absent, or its value does not fit.
        """
        if name in self._source and self._source[name] is None:
            return NullList()
        return self.required(name, list_of(parse))

    def rest(self, known: frozenset[str]) -> dict[str, Any]:
        """Return the fields that the model does not know, unchanged.

        Args:
            known: The names on the wire that the model knows.
        """
        return {name: value for name, value in self._source.items() if name not in known}

    def _error(self, name: str, error: Mismatch | ParseError) -> ParseError:
        seen = Mismatch.at(name, error)
        return ParseError(model=self._model, field=seen.place, problem=seen.problem)


def anything(value: Any) -> Any:
    """Return the value unchanged."""
    return value


def string(value: Any) -> str:
    """Return the text."""
    if not isinstance(value, str):
        raise Mismatch(_expected("text", value))
    return value


def integer(value: Any) -> int:
    """Return the whole number; `3.0` counts as one, as JSON makes no difference."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise Mismatch(_expected("a whole number", value))


def number(value: Any) -> float:
    """Return the number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Mismatch(_expected("a number", value))
    return value


def boolean(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise Mismatch(_expected("true or false", value))
    return value


def timestamp(value: Any) -> datetime:
    """Return the moment of an RFC 3339 timestamp, to the microsecond; Docker writes nine digits of fraction."""
    from dateutil.parser import isoparse  # costs more to import than most programs need: few read timestamps

    text = string(value)
    try:
        moment = isoparse(text)
        offset = moment.utcoffset()
        return moment if offset is None else moment.replace(tzinfo=timezone(offset) if offset else UTC)
    except (ValueError, OverflowError):
        raise Mismatch(f"is no timestamp: {text[:40]!r}") from None


def list_of(parse: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """Return a function that parses a list.

    Args:
        parse: A function that parses each item.
    """

    def read(value: Any) -> list[T]:
        if not isinstance(value, list):
            raise Mismatch(_expected("a list", value))
        items: list[T] = []
        for position, item in enumerate(value):
            try:
                items.append(parse(item))
            except (Mismatch, ParseError) as error:
                raise Mismatch.at(f"[{position}]", error) from None
        return items

    return read


def map_of(parse: Callable[[Any], T]) -> Callable[[Any], dict[str, T]]:
    """Return a function that parses an object with any keys; entries with null are left out.

    Args:
        parse: A function that parses each value.
    """

    def read(value: Any) -> dict[str, T]:
        if not isinstance(value, dict):
            raise Mismatch(_expected("an object", value))
        entries: dict[str, T] = {}
        for key, item in value.items():
            if item is None and parse is not anything:
                continue
            try:
                entries[key] = parse(item)
            except (Mismatch, ParseError) as error:
                raise Mismatch.at(f"[{key!r}]", error) from None
        return entries

    return read


def open_enum(kind: type[E]) -> Callable[[Any], E | str]:
    """Return a function that parses a value of an enumeration; an unknown value is kept as text.

    Args:
        kind: The enumeration.
    """

    def read(value: Any) -> E | str:
        text = string(value)
        try:
            return kind(text)
        except ValueError:
            return text

    return read


def either(first: Callable[[Any], T], second: Callable[[Any], U]) -> Callable[[Any], T | U]:
    """Return a function that parses a value of one of two types.

    Args:
        first: The function that is tried first.
        second: The function for values that the first one rejects.
    """

    def read(value: Any) -> T | U:
        try:
            return first(value)
        except (Mismatch, ParseError):
            return second(value)

    return read


def _expected(what: str, value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return f"should be {what}, not {kinds.get(type(value), 'a number')}"


def format_timestamp(moment: datetime) -> str:
    """Return a timestamp in the format of RFC 3339, with `Z` for UTC."""
    text = moment.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def first(*values: T | None) -> T | None:
    """Return the first value that is not None, or None.

    Args:
        values: Some values.
    """
    return next((value for value in values if value is not None), None)


def json_body(value: Any) -> bytes:
    """Return the value as compact JSON.

    Args:
        value: A value that the module `json` can serialize.

    Raises:
        TypeError: The value cannot be serialized.
    """
    return json.dumps(value, separators=(",", ":")).encode()


def form_body(fields: Mapping[str, Any]) -> bytes:
    """Return the fields as `application/x-www-form-urlencoded`.

    Args:
        fields: Names and values; each value is written with `str`.
    """
    return urlencode({name: str(value) for name, value in fields.items()}, quote_via=quote).encode()
