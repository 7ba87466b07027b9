"""The names and arguments of the embedded registry complete in an editor with jedi, and their types can be imported."""

import inspect

import jedi
import pytest

import docker_registry_sdk.testing
from docker_registry_sdk.testing import EmbeddedRegistry

SETUP = """from docker_registry_sdk.testing import EmbeddedRegistry, EmbeddedRegistryFactory
def test(registry: EmbeddedRegistry, factory: EmbeddedRegistryFactory):
"""


def completed(code: str) -> set[str]:
    return {each.name for each in jedi.Script(SETUP + code).complete() if not each.name.startswith("_")}


def arguments(code: str) -> list[str]:
    signature = jedi.Script(SETUP + code).get_signatures()[0]
    return [parameter.name for parameter in signature.params]


def test_methods() -> None:
    assert {name for name in dir(EmbeddedRegistry) if not name.startswith("_")} <= completed("    registry.")
    assert "add_image" in completed("    with EmbeddedRegistry() as other:\n        other.")
    assert "add_image" in completed("    factory().")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("registry.repository('app').", "get_manifest"),
        ("registry.client('app').", "ping"),
        ("registry.ref('app').", "repository"),
        ("registry.async_repository('app').", "get_manifest"),
        ("registry.async_client('app').", "ping"),
        ("registry.async_ref('app').", "repository"),
        ("registry.requests[0].", "status"),
        ("registry.faults.", "add"),
        ("registry.clock.", "advance"),
    ],
)
def test_results(code: str, name: str) -> None:
    assert name in completed(f"    {code}")


def test_arguments() -> None:
    options = list(inspect.signature(EmbeddedRegistry).parameters)
    assert arguments("    EmbeddedRegistry(") == options
    assert arguments("    factory(") == options
    assert arguments("    registry.add_image(") == list(inspect.signature(EmbeddedRegistry.add_image).parameters)[1:]


def test_public_names_can_be_imported() -> None:
    for name in vars(docker_registry_sdk.testing)["__all__"]:
        assert getattr(docker_registry_sdk.testing, name) is not None
