"""The public names of docker_registry_sdk.images."""

from __future__ import annotations

import inspect

import pytest

from docker_registry_sdk import images
from tests.test_imports import loaded_after

FUNCTIONS = {
    "apply_copy", "copy", "get_config", "plan_copy", "pull", "push",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_each_function_has_an_async_twin_with_the_same_parameters(name: str) -> None:
    function, twin = getattr(images, name), getattr(images, f"async_{name}")
    assert not inspect.iscoroutinefunction(function) and inspect.iscoroutinefunction(twin)
    assert list(inspect.signature(function).parameters) == list(inspect.signature(twin).parameters)
    assert function.__doc__.replace("AsyncClientOptions", "ClientOptions") == twin.__doc__.replace(
        "AsyncClientOptions", "ClientOptions"
    )


def test_importing_the_package_imports_no_module_of_it() -> None:
    loaded = loaded_after("import docker_registry_sdk.images")
    assert [name for name in loaded if name.startswith("docker_registry_sdk.images.")] == []
    assert "httpx" not in loaded
