"""The profiles: their names, their quirks and their defaults for a registry."""

import inspect
from importlib import import_module
from typing import Any

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, RegistryProfile, RegistryQuirk, RegistrySettings
from docker_registry_sdk.testing.faults import Fault, Status
from docker_registry_sdk.testing.profiles import PROFILE_NAMES, ProfileName
from docker_registry_sdk.testing.profiles.profile import MODULES, always, find_profile

QUIRKS = [(name, quirk) for name in PROFILE_NAMES for quirk in find_profile(name).quirks]


def find_tests(name: ProfileName) -> Any:
    """Return the test module or the test class of a profile."""
    module, _ = MODULES[name]
    tests = import_module(f"tests.testing.profiles.test_{module}")
    return tests if tests.__dict__.get("PROFILE") == name else getattr(tests, f"Test{name.title().replace('-', '')}")


@pytest.mark.parametrize(("name", "quirk"), QUIRKS, ids=[f"{name}: {quirk.name}" for name, quirk in QUIRKS])
def test_each_quirk_has_a_test_with_its_text_and_source(name: ProfileName, quirk: RegistryQuirk) -> None:
    tests = find_tests(name)
    assert name == tests.PROFILE
    test = getattr(tests, f"test_{quirk.name.replace('-', '_')}", None)
    assert test is not None, f"there is no test of {quirk.name}"
    statement = " ".join((inspect.getdoc(test) or "").split())
    assert statement == f"{quirk.text} ({quirk.source})"


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_names_of_profiles_and_quirks(name: ProfileName) -> None:
    profile = find_profile(name)
    assert profile.name == name
    names = [quirk.name for quirk in profile.quirks]
    assert 0 < len(names) == len(set(names))
    assert all(quirk.text.endswith(".") and quirk.source for quirk in profile.quirks)


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_registry_with_a_profile(name: ProfileName) -> None:
    registry = EmbeddedRegistry(profile=name)
    assert registry.profile is find_profile(name)
    assert registry.auth == registry.profile.auth


@pytest.mark.parametrize(("profile", "status"), [(None, 200), ("distribution-2.8", 404)])
def test_a_profile_supports_api_v2_only(profile: ProfileName | None, status: int) -> None:
    with EmbeddedRegistry(profile=profile) as registry:
        assert httpx.get(f"{registry.url}/v1/_ping").status_code == status


def test_an_unknown_profile() -> None:
    with pytest.raises(ValueError, match="docker-hub"):
        EmbeddedRegistry(profile="nowhere")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_no_profile() -> None:
    assert EmbeddedRegistry().profile.quirks == ()


def test_arguments_take_precedence_over_the_profile() -> None:
    settings = RegistrySettings(page_limit=2)
    registry = EmbeddedRegistry(profile="ecr", auth="none", username="ann", settings=settings)
    assert (registry.auth, registry.username) == ("none", "ann")


def test_custom_profile() -> None:
    quirk = RegistryQuirk("teapot", "A ping is answered with 418.", "RFC 2324", (always(Status(418), "ping"),))
    with EmbeddedRegistry(profile=RegistryProfile(name="own", auth="none", quirks=(quirk,))) as registry:
        registry.faults.add(Fault(Status(503), operation="list_tags"))
        registry.faults.clear()
        assert httpx.get(f"{registry.url}/v2/").status_code == 418
        assert httpx.get(f"{registry.url}/v2/repo/tags/list").status_code == 404
        assert registry.requests[0].faults == quirk.faults
