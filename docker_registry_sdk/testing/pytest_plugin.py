"""The pytest plugin with fixtures for embedded registries.

pytest loads this plugin whenever this SDK is installed, even without the extra `testing`. So the import of this module must not
require a package of the extra.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from docker_registry_sdk.testing.factory import EmbeddedRegistryFactory
    from docker_registry_sdk.testing.registry import EmbeddedRegistry


@pytest.fixture
def embedded_registry(embedded_registry_factory: "EmbeddedRegistryFactory") -> "EmbeddedRegistry":
    """Return a running embedded registry, which keeps its content in memory and requires no authentication.

        def test_image(embedded_registry):
            image = embedded_registry.add_image("library/app:1", files={"etc/motd": "hello"})
            assert embedded_registry.repository("library/app").get_manifest("1").digest == image.digest

    The registry is stopped at the end of the test.
    """
    return embedded_registry_factory()


@pytest.fixture
def embedded_registry_factory() -> Iterator["EmbeddedRegistryFactory"]:
    """Yield a function that takes the keyword arguments of `EmbeddedRegistry`, and starts and returns an embedded registry.

    At the end of the test, all registries that the function started are stopped. If the extra `testing` is not installed, the
    fixture fails with a message that tells how to install the extra.
    """
    from docker_registry_sdk.testing.extra import needs_extra

    try:
        with needs_extra():
            from docker_registry_sdk.testing.registry import EmbeddedRegistry
    except ImportError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    with ExitStack() as registries:

        def start(**options: Any) -> EmbeddedRegistry:
            return registries.enter_context(EmbeddedRegistry(**options))

        yield start
