"""The rules for public names find each kind of fault in a made-up package, and none in its right names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.packaging.surface import Surface
from tests.packaging.surface_rules import (
    docstring_faults,
    exception_faults,
    positional_faults,
    result_faults,
    type_faults,
)

CODE = '''
from __future__ import annotations
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias
import httpx
import made_up_package._inner as inner
from made_up_package._inner import HiddenAlias

__all__ = ["Alias", "Right", "Source", "SourceError", "WrongError", "right", "Wrong", "missing", "untold"]

Alias: TypeAlias = Sequence[str]

class Source(Protocol):
    """A source."""
    def read(self, size: int, /) -> bytes:
        """Read.

        Args:
            size: The size.
        """

class Right:
    """A right class.

    Args:
        name: The name; None for no name.
    """
    def __init__(self, name: str | None = None) -> None: ...
    def read(self, size: int, /) -> bytes:
        """Read."""
    @property
    def twin(self) -> Right:
        """Return the twin."""
    @classmethod
    def of(cls, source: Source, names: Alias) -> Right:
        """Return an object.

        Args:
            source: The source.
            names: The names.
        """

def right(call: Callable[[Right], Literal["Hidden"]], *, other: type[Right]) -> dict[str, list[Right]]:
    """Call.

    Args:
        call: The call.
        other: The class.
    """

class SourceError(Exception):
    """An error."""
    problem: str
    hint = "Do this."
    def __init__(self, problem: str) -> None:
        """Describe an error.

        Args:
            problem: The problem.
        """

class WrongError(Exception):
    """An error of another family."""

class Wrong:
    def __init__(self, a: int, b: int, c: int) -> None: ...
    def nested(self, *, call: Callable[[list[inner.Hidden]], None]) -> None: ...
    @property
    def alias(self) -> HiddenAlias:
        """Return an alias."""
    @staticmethod
    def three(a: int, b: int, c: int) -> httpx.Response:
        """Count."""

def missing() -> Unknown:
    """Return an unknown type."""

def untold(name: str | None = None) -> None:
    """Do.

    Args:
        name: The name.
    """
'''


@pytest.fixture
def surface(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Surface]:
    folder = tmp_path / "made_up_package"
    folder.mkdir()
    (folder / "__init__.py").write_text(CODE)
    (folder / "_inner.py").write_text("class Hidden: ...\nHiddenAlias = dict[str, int]\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Surface(package="made_up_package", modules=["made_up_package"])
    for name in ("made_up_package", "made_up_package._inner"):
        sys.modules.pop(name, None)


def test_types_without_a_public_name_are_found(surface: Surface) -> None:
    assert type_faults(surface) == [
        "made_up_package.missing: get_type_hints fails with NameError: name 'Unknown' is not defined",
        "made_up_package.Wrong.alias: names the type alias HiddenAlias, which no public module has",
        "made_up_package.Wrong.nested: names made_up_package._inner.Hidden, which no public module has",
        "made_up_package.Wrong.three: names httpx.Response, a class of an HTTP library",
    ]


def test_an_adapter_may_name_a_class_of_an_http_library(surface: Surface) -> None:
    adapter = attrs.evolve(surface, http_modules=["made_up_package"])
    assert not any("HTTP library" in fault for fault in type_faults(adapter))


def test_positional_parameters_are_counted(surface: Surface) -> None:
    faults = [
        "made_up_package.Wrong.__init__: has 3 positional parameters",
        "made_up_package.Wrong.three: has 3 positional parameters",
    ]
    assert positional_faults(surface, {}) == faults
    assert positional_faults(surface, {"made_up_package.Wrong.three": "counts to three"}) == faults[:1]
    returned = attrs.evolve(surface, returned=["made_up_package.Wrong"])
    assert positional_faults(returned, {}) == faults[1:]


def test_exceptions_of_another_family_are_found(surface: Surface) -> None:
    base = next(one for name, one in surface.classes.items() if name.endswith(".SourceError"))
    assert issubclass(base, Exception)
    assert exception_faults(surface, base) == [
        "made_up_package.WrongError: does not derive from SourceError",
        "made_up_package.WrongError: has no hint",
        "made_up_package.WrongError: has no problem",
    ]


def test_missing_descriptions_are_found(surface: Surface) -> None:
    assert docstring_faults(surface) == [
        "made_up_package.Wrong: has no docstring",
        "made_up_package.untold: does not say what None means for name",
        *(f"made_up_package.Wrong.__init__: does not describe {name}" for name in "abc"),
        "made_up_package.Wrong.nested: has no docstring",
        "made_up_package.Wrong.nested: does not describe call",
        *(f"made_up_package.Wrong.three: does not describe {name}" for name in "abc"),
    ]


def test_a_result_without_the_shape_or_that_can_change_is_found() -> None:
    @attrs.frozen
    class Frozen:
        digest: str
        size: int
        media_type: str

        @property
        def descriptor(self) -> str:
            return ""

        def to_dict(self) -> dict[str, str]:
            return {}

    @attrs.define
    class Changing:
        digest: str

    assert result_faults(Frozen) == []
    assert result_faults(Changing) == [
        *(f"Changing: has no {name}" for name in ("size", "media_type", "descriptor", "to_dict")),
        "Changing: is not frozen",
    ]
