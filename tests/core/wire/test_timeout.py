"""The class `Timeout`."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest

from docker_registry_sdk import Timeout
from docker_registry_sdk._core.wire.timeout import timeout_steps


def test_values_that_are_not_given_have_the_defaults_of_clients() -> None:
    assert Timeout().steps == (15.0, 60.0, 60.0, None)
    assert Timeout(read=300).steps == (15.0, 300, 60.0, None)
    assert Timeout(connect=None, read=None, write=None, pool=1).steps == (None, None, None, 1)


def test_a_number_limits_each_step() -> None:
    assert timeout_steps(2.5) == (2.5, 2.5, 2.5, 2.5)
    assert timeout_steps(math.inf) == (None, None, None, None)
    assert timeout_steps(Timeout(pool=3)) == (15.0, 60.0, 60.0, 3)


@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (-1, ValueError), (math.nan, ValueError), ("3", TypeError), (True, TypeError)]
)
def test_other_values_are_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="read of Timeout must be a number of seconds"):
        Timeout(read=value)
    with pytest.raises(error, match="timeout must be a number of seconds"):
        timeout_steps(value)


def test_it_is_frozen_and_hashable() -> None:
    assert len({Timeout(), Timeout(), Timeout(read=1)}) == 2
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Timeout().read = 3  # type: ignore[misc]
