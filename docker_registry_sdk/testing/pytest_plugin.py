"""The pytest plugin with fixtures for embedded registries. Loading it imports no package of the extra `testing`."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Unpack

    from docker_registry_sdk.testing.registry import EmbeddedRegistry, EmbeddedRegistryFactory, EmbeddedRegistryOptions


@pytest.fixture
def embedded_registry(embedded_registry_factory: "EmbeddedRegistryFactory") -> "EmbeddedRegistry":
    """A running registry in memory, without authentication."""
    return embedded_registry_factory()


@pytest.fixture
def embedded_registry_factory() -> Iterator["EmbeddedRegistryFactory"]:
    """A function that starts a registry with keyword arguments of `EmbeddedRegistry`; the registry stops with the test."""
    from docker_registry_sdk.testing.extra import needs_extra

    try:
        with needs_extra():
            from docker_registry_sdk.testing.registry import EmbeddedRegistry
    except ImportError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    with ExitStack() as registries:

        def start(**options: "Unpack[EmbeddedRegistryOptions]") -> EmbeddedRegistry:
            return registries.enter_context(EmbeddedRegistry(**options))

        yield start
