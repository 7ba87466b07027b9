"""A server on loopback for tests that need a network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.wire.loopback import Loopback, run_loopback


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server on loopback that answers 404, unless the test sets another `answer`."""
    with run_loopback(lambda handler: handler.reply(404)) as server:
        yield server
