"""A few generated inputs for each parser; `scripts/fuzz` tries many more."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.fuzz.run import check, examples_of
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("name", TARGETS)
def test_only_documented_exceptions_are_raised(name: str) -> None:
    examples_of(TARGETS[name], number=1, count=15)()


def test_an_undocumented_exception_is_found() -> None:
    with pytest.raises(ZeroDivisionError):
        check(Target(lambda value: 1 // value, st.integers(), (ValueError,)), 0)
