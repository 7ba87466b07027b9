"""The type of the pytest fixture `embedded_registry_factory`."""

import os
import ssl
from collections.abc import Collection
from typing import Literal, Protocol

from docker_registry_sdk.testing.auth.authentication import AuthMode
from docker_registry_sdk.testing.profiles import ProfileName
from docker_registry_sdk.testing.profiles.profile import RegistryProfile
from docker_registry_sdk.testing.registry import EmbeddedRegistry
from docker_registry_sdk.testing.settings import RegistrySettings
from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.v1.settings import V1Settings


class EmbeddedRegistryFactory(Protocol):
    """The type of a function that creates and starts embedded registries."""

    def __call__(
        self,
        *,
        auth: AuthMode | None = None,
        username: str | None = None,
        password: str | None = None,
        anonymous_pull: bool | None = None,
        storage: RegistryStorage | str | os.PathLike[str] | None = None,
        apis: Collection[Literal["v1", "v2"]] | None = None,
        settings: RegistrySettings | None = None,
        v1: V1Settings | None = None,
        index: EmbeddedRegistry | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        require_client_certificate: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        profile: ProfileName | RegistryProfile | None = None,
    ) -> EmbeddedRegistry:
        """Create and start an embedded registry, and return it. The arguments are those of `EmbeddedRegistry`."""
        ...
