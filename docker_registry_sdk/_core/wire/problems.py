"""The odd values of a document that could be read all the same: the list of problems, and the values that the document had.

A well-formed document uses none of the functions here.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, TypeAlias

from ..text.redaction import one_line

MAX_PROBLEMS = 100
"""The maximum number of problems of a document that are listed; the others are counted."""
_MAX_PROBLEM_CHARACTERS = 300
OddValues: TypeAlias = dict[str, tuple[Any, Any]]


class Report(list[tuple[str, str]]):
    """The problems of one document while the document is read: the path of each problem, and a text about the problem.

    It holds at most `MAX_PROBLEMS` problems.

    Attributes:
        strict: Whether an odd value must raise an exception instead of being reported.
        total: The number of problems, including those that the report does not hold.
        partial: Whether the list or map that was read last has fewer or other items than the document.
    """

    strict = False
    total = 0
    partial = False

    def note(self, place: str, text: str) -> None:
        """Add a problem.

        Args:
            place: The path of the odd value, such as `[2]`; empty for the value that is being read.
            text: What is wrong, and what the value is read as.
        """
        self.total += 1
        if len(self) < MAX_PROBLEMS:
            self.append((place, text))

    def move(self, start: int, place: str) -> None:
        """Put the position of an object or list in front of the paths of the problems inside the object or list.

        Args:
            start: The number of problems that the report held before the object or list was read.
            place: The name of the field, or the position in a list or map.
        """
        self[start:] = [(join(place, inner), text) for inner, text in self[start:]]

    def forget(self, start: int, total: int) -> None:
        """Remove the problems inside a value that is left out as a whole.

        Args:
            start: The number of problems that the report held before the value was read.
            total: The `total` of the report before the value was read.
        """
        del self[start:]
        self.total = total


class StrictReport(Report):
    """A report for strict reading, where each odd value raises an exception. It stays empty."""

    strict = True


STRICT = StrictReport()
"""The report of all documents that are read strictly."""


class Problems(tuple[str, ...]):
    """The problems of a model as texts, with the odd values of the model's own fields.

    Attributes:
        odd: For each odd field by its name in JSON, the value in the document, and a copy of the value that was read.
    """

    odd: OddValues


def problems_of(report: Report, start: int, odd: OddValues | None) -> Problems:
    """Return the problems of a model.

    Args:
        report: The report of the document.
        start: The number of problems that the report held before the model was read.
        odd: The odd values of the model's own fields; None if no field is odd.
    """
    texts = [one_line(f"{place} {text}", _MAX_PROBLEM_CHARACTERS) for place, text in report[start:]]
    if start == 0 and report.total > len(report):
        texts.append(f"{report.total - len(report)} more problems are not listed")
    elif odd and not texts:
        texts.append("the document has more problems than are listed")
    problems = Problems(texts)
    problems.odd = odd or {}
    return problems


def restore(model: Any, document: dict[str, Any], fields: Mapping[str, str]) -> None:
    """Put the odd values of a document back into the written document, except for fields that have been changed since.

    Args:
        model: The model.
        document: The written document, which is changed.
        fields: The names of the model's fields in Python by their names in JSON.
    """
    odd: OddValues = getattr(model.problems, "odd", {})
    for name, (value, read) in odd.items():
        if getattr(model, fields[name]) == read:
            document[name] = deepcopy(value)


def join(place: str, inner: str) -> str:
    """Return the path of a value inside an object or list.

    Args:
        place: The name of the field that holds the object or list, or its position, such as `[2]`.
        inner: The path from the object or list to the value; empty for the object or list itself.
    """
    return f"{place}{'' if not inner or inner.startswith('[') else '.'}{inner}"
