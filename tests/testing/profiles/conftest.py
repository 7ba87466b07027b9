"""A registry with the profile of a test module or class, and clients for it."""

from collections.abc import Iterator
from typing import cast

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.profiles import ProfileName
from tests.testing.profiles.helpers import SCOPE, bearer, request_token_by_get, token_in


@pytest.fixture
def profile_registry(request: pytest.FixtureRequest) -> Iterator[EmbeddedRegistry]:
    """A registry with the profile that the constant PROFILE of the test class or the test module names."""
    profile = cast("ProfileName", (request.cls or request.module).PROFILE)  # pyright: ignore[reportUnknownMemberType]
    with EmbeddedRegistry(profile=profile) as registry:
        yield registry


@pytest.fixture
def anyone(profile_registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with httpx.Client(base_url=profile_registry.url, verify=False) as client:
        yield client


@pytest.fixture
def user(profile_registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    """A client that may do everything with the repository `repo`."""
    with httpx.Client(base_url=profile_registry.url, verify=False) as client:
        if profile_registry.auth == "token":
            client.headers.update(bearer(token_in(request_token_by_get(profile_registry, SCOPE))))
        elif profile_registry.auth == "basic":
            client.auth = httpx.BasicAuth(profile_registry.username, profile_registry.password)
        yield client
