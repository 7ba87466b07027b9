"""The pytest plugin with fixtures for embedded registries.

pytest always loads this plugin, so its import needs no package of the extra `testing`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Unpack

    from docker_registry_sdk.testing.registry import EmbeddedRegistry, EmbeddedRegistryFactory, EmbeddedRegistryOptions


@pytest.fixture
def embedded_registry(embedded_registry_factory: "EmbeddedRegistryFactory") -> "EmbeddedRegistry":
    """Return a running embedded registry, which keeps its content in memory and requires no authentication."""
    return embedded_registry_factory()


@pytest.fixture
def embedded_registry_factory() -> Iterator["EmbeddedRegistryFactory"]:
    """Yield a function that starts an embedded registry, with the keyword arguments of `EmbeddedRegistry`.

    At the end of the test, all registries that the function started are stopped.
    """
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
