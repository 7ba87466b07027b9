"""The pytest plugin: embedded registries as fixtures. Loading it imports nothing but pytest."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from docker_registry_sdk.testing.factory import EmbeddedRegistryFactory
    from docker_registry_sdk.testing.registry import EmbeddedRegistry


@pytest.fixture
def embedded_registry(embedded_registry_factory: "EmbeddedRegistryFactory") -> "EmbeddedRegistry":
    """A running registry that keeps everything in memory and lets everybody in."""
    return embedded_registry_factory()


@pytest.fixture
def embedded_registry_factory() -> Iterator["EmbeddedRegistryFactory"]:
    """Start registries: call it with keyword arguments of `EmbeddedRegistry`; they all stop with the test."""
    from docker_registry_sdk.testing.extra import needs_extra

    try:
        with needs_extra():
            from docker_registry_sdk.testing.factory import start_in
    except ImportError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    with ExitStack() as registries:
        yield start_in(registries)
