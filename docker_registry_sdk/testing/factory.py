"""The type of the fixture that starts registries, and what it does."""

import os
import ssl
from collections.abc import Collection
from contextlib import ExitStack
from typing import Literal, Protocol, TypedDict, Unpack

from docker_registry_sdk.testing.auth.authentication import AuthMode
from docker_registry_sdk.testing.profiles import ProfileName
from docker_registry_sdk.testing.profiles.profile import Profile
from docker_registry_sdk.testing.registry import EmbeddedRegistry
from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v1.settings import V1Settings


class EmbeddedRegistryOptions(TypedDict, total=False):
    """The arguments of `EmbeddedRegistry`, which tells what they mean."""

    auth: AuthMode | None
    username: str | None
    password: str | None
    anonymous_pull: bool | None
    storage: Storage | str | os.PathLike[str] | None
    apis: Collection[Literal["v1", "v2"]] | None
    settings: Settings | None
    v1: V1Settings | None
    index: EmbeddedRegistry | None
    host: str
    port: int
    tls: bool
    require_client_certificate: bool
    ssl_context: ssl.SSLContext | None
    profile: ProfileName | Profile | None


class EmbeddedRegistryFactory(Protocol):
    """Starts registries."""

    def __call__(self, **options: Unpack[EmbeddedRegistryOptions]) -> EmbeddedRegistry:
        """Start a registry.

        Args:
            options: The arguments of `EmbeddedRegistry`.

        Returns:
            The registry, which runs.
        """
        ...


def start_in(registries: ExitStack) -> EmbeddedRegistryFactory:
    """Make a factory.

    Args:
        registries: Stops the registries in the end.

    Returns:
        The factory.
    """

    def start(**options: Unpack[EmbeddedRegistryOptions]) -> EmbeddedRegistry:
        return registries.enter_context(EmbeddedRegistry(**options))

    return start
