"""Functions that parse and write the JSON values of the models that are generated from the OpenAPI descriptions.

A field whose value is null counts as absent. A string that is not a member of an enumeration is kept as text. An optional field
with any other value of a wrong type reads as None, and an item of a wrong type is left out of a list or map; the report of the
document names both. A required field of a wrong type raises a ParseError that names the model and the field, and so does every
field if the report is strict.

The functions that parse one value raise `Mismatch`, which does not know the field; `Reader` converts it to a ParseError, or adds
it to the report.

Source: RFC 8259 for JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from copy import deepcopy
from typing import Any, TypeAlias, TypeVar

from ...digest import Digest
from ...errors import InvalidDigestError, ParseError
from .problems import STRICT, OddValues, Report, join, problems_of

T = TypeVar("T")
Parse: TypeAlias = Callable[[Any, Report], T]
"""A function that converts a decoded JSON value, and adds odd parts of the value to the report of the document."""


class Mismatch(Exception):  # noqa: N818 - internal: `Reader` converts it to a ParseError
    """The exception for a JSON value that has the wrong type, or contains a value of the wrong type.

    Args:
        problem: The reason, such as `should be text, not a number`.
        place: The path from the parsed value to the wrong value inside it, such as `[2].size`; empty if the parsed value itself
            has the wrong type.
    """

    def __init__(self, problem: str, place: str = "") -> None:
        self.problem = problem
        self.place = place

    @classmethod
    def at(cls, place: str, error: Mismatch | ParseError) -> Mismatch:
        """Convert an error about an inner value to an error about the object or list that contains the inner value.

        Args:
            place: The position of the inner value, such as the field's name or `[2]`. The new error's path begins with it.
            error: The error about the inner value.
        """
        inner, problem = (error.place, error.problem) if isinstance(error, Mismatch) else (error.field, error.reason)
        return cls(problem, join(place, inner))


class NullList(list[T]):
    """A list for a field that was null (Go writes empty lists as null). While the list is empty, the model omits the field."""


class Reader:
    """A reader of the fields of one JSON object.

    Args:
        model: The name of the model that the object should match, for errors.
        source: The decoded JSON value, which should be an object.
        report: The report of the document that the object belongs to.

    Raises:
        ParseError: `source` is not a JSON object.
    """

    __slots__ = ("_model", "_odd", "_report", "_source", "_start")

    def __init__(self, model: str, source: Any, report: Report) -> None:
        if not isinstance(source, dict):
            raise ParseError(model=model, field="", problem=expected("an object", source))
        self._model = model
        self._source = source
        self._report = report
        self._start = len(report)
        self._odd: OddValues | None = None

    def optional(self, name: str, parse: Parse[T]) -> T | None:
        """Return the parsed value of a field; None if the field is absent or null, or has a value of a wrong type.

        A value of a wrong type is added to the report.

        Args:
            name: The name of the field in the JSON object.
            parse: A function that parses the value, and raises Mismatch or ParseError if the value has the wrong type.

        Raises:
            ParseError: The value has the wrong type, and the report is strict.
        """
        value = self._source.get(name)
        if value is None:
            return None
        report = self._report
        start, total = len(report), report.total
        try:
            found = parse(value, report)
        except (Mismatch, ParseError) as error:
            if report.strict:
                raise self._error(name, error) from None
            self._leave_out(name, error, start, total)
            return None
        if report.total != total:
            self._note(name, found, start)
        return found

    def exact(self, name: str, parse: Parse[T]) -> T | None:
        """Return the parsed value of an optional field that must not be odd; None if the field is absent or null.

        Args:
            name: The name of the field in the JSON object.
            parse: A function that parses the value, and raises Mismatch or ParseError if the value has the wrong type.

        Raises:
            ParseError: The value has the wrong type.
        """
        return None if self._source.get(name) is None else self.required(name, parse)

    def required(self, name: str, parse: Parse[T]) -> T:
        """Return the parsed value of a required field.

        Args:
            name: The name of the field in the JSON object.
            parse: A function that parses the value, and raises Mismatch or ParseError if the value has the wrong type.

        Raises:
            ParseError: The field is absent or null, or its value has the wrong type.
        """
        value = self._source.get(name)
        if value is None:
            raise ParseError(model=self._model, field=name, problem="is missing")
        report = self._report
        start, total = len(report), report.total
        try:
            found = parse(value, report)
        except (Mismatch, ParseError) as error:
            raise self._error(name, error) from None
        if report.total != total:
            self._note(name, found, start)
        return found

    def required_list(self, name: str, parse: Parse[list[T]]) -> list[T]:
        """Return the list in a required field; an empty `NullList` if the value of the field is null.

        Args:
            name: The name of the field in the JSON object.
            parse: A function that parses the list, and raises Mismatch or ParseError if the list is malformed.

        Raises:
            ParseError: The field is absent, or its value is malformed.
        """
        if name in self._source and self._source[name] is None:
            return NullList()
        return self.required(name, parse)

    def rest(self, known: Container[str]) -> dict[str, Any]:
        """Return the fields of the JSON object that are not in the model, with their decoded JSON values.

        Args:
            known: The names in JSON of the fields in the model.
        """
        return {name: value for name, value in self._source.items() if name not in known}

    def problems(self) -> tuple[str, ...]:
        """Return the problems of the object and of the objects in its fields, with paths that begin at the object."""
        return problems_of(self._report, self._start, self._odd)

    def _error(self, name: str, error: Mismatch | ParseError) -> ParseError:
        seen = Mismatch.at(name, error)
        return ParseError(model=self._model, field=seen.place, problem=seen.problem)

    def _leave_out(self, name: str, error: Mismatch | ParseError, start: int, total: int) -> None:
        self._report.forget(start, total)
        seen = Mismatch.at(name, error)
        self._report.note(seen.place, f"{seen.problem}; {'it' if seen.place == name else name} is read as None")
        self._odd = {**(self._odd or {}), name: (self._source[name], None)}

    def _note(self, name: str, found: Any, start: int) -> None:
        report = self._report
        report.move(start, name)
        if report.partial:
            report.partial = False
            self._odd = {**(self._odd or {}), name: (self._source[name], deepcopy(found))}


def anything(value: Any, report: Report = STRICT) -> Any:
    """Return the value unchanged, since a JSON value of any type is allowed."""
    return value


def string(value: Any, report: Report = STRICT) -> str:
    """Return the value if it is a string; raise Mismatch if not."""
    if not isinstance(value, str):
        raise Mismatch(expected("text", value))
    return value


def digest(value: Any, report: Report = STRICT) -> Digest:
    """Return the value as a `Digest` if it is a string with a valid digest; raise Mismatch if not."""
    if not isinstance(value, str):
        raise Mismatch(expected("text", value))
    try:
        return Digest(value)
    except InvalidDigestError as error:
        raise Mismatch(f"is invalid: {error}") from None


def integer(value: Any, report: Report = STRICT) -> int:
    """Return the value as an int; raise Mismatch if it is not a whole number. `3.0` counts as a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise Mismatch(expected("a whole number", value))


def number(value: Any, report: Report = STRICT) -> float:
    """Return the value if it is a number; raise Mismatch if not."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Mismatch(expected("a number", value))
    return value


def boolean(value: Any, report: Report = STRICT) -> bool:
    """Return the value if it is true or false; raise Mismatch if not."""
    if not isinstance(value, bool):
        raise Mismatch(expected("true or false", value))
    return value


def list_of(parse: Parse[T], *, whole: bool = False) -> Parse[list[T]]:
    """Return a function that parses a JSON list, and raises Mismatch if the value is not a list.

    An invalid item is left out and added to the report.

    Args:
        parse: A function that parses each item, and raises Mismatch or ParseError if the item is invalid.
        whole: Whether the function raises Mismatch also if an item is invalid, as it does for a strict report.
    """

    def read(value: Any, report: Report = STRICT) -> list[T]:
        if not isinstance(value, list):
            raise Mismatch(expected("a list", value))
        items: list[T] = []
        for position, item in enumerate(value):
            start, total = len(report), report.total
            try:
                items.append(parse(item, report))
            except (Mismatch, ParseError) as error:
                _leave_out_item(f"[{position}]", error, report, start, total, whole)
            else:
                if report.total != total:
                    report.move(start, f"[{position}]")
        if len(items) != len(value):
            report.partial = True
        return items

    return read


def map_of(parse: Parse[T], *, whole: bool = False) -> Parse[dict[str, T]]:
    """Return a function that parses a JSON object with arbitrary keys, and raises Mismatch if the value is not such an object.

    The function leaves out entries whose value is null, except if `parse` is `anything`. An entry with another invalid value is
    left out and added to the report.

    Args:
        parse: A function that parses the value of each entry, and raises Mismatch or ParseError if the value is invalid.
        whole: Whether the function raises Mismatch also if an entry is invalid, as it does for a strict report.
    """

    def read(value: Any, report: Report = STRICT) -> dict[str, T]:
        if not isinstance(value, dict):
            raise Mismatch(expected("an object", value))
        entries: dict[str, T] = {}
        before = report.total
        for key, item in value.items():
            if item is None and parse is not anything:
                continue
            start, total = len(report), report.total
            try:
                entries[key] = parse(item, report)
            except (Mismatch, ParseError) as error:
                _leave_out_item(f"[{key!r}]", error, report, start, total, whole)
            else:
                if report.total != total:
                    report.move(start, f"[{key!r}]")
        if report.total != before:
            report.partial = True
        return entries

    return read


def _leave_out_item(place: str, error: Mismatch | ParseError, report: Report, start: int, total: int, whole: bool) -> None:
    seen = Mismatch.at(place, error)
    if whole or report.strict:
        raise seen from None
    report.forget(start, total)
    report.note(seen.place, f"{seen.problem}; {'it' if seen.place == place else place} is left out")


def expected(what: str, value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return f"should be {what}, not {kinds.get(type(value), 'a number')}"
