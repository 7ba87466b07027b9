"""An embedded container registry: a real HTTP server on loopback for tests, in one import.

    from docker_registry_sdk.testing import EmbeddedRegistry

    with EmbeddedRegistry() as registry:
        httpx.get(f"{registry.url}/v2/")
        assert registry.requests[0].status == 200

The server's libraries are imported when a name is first used, so importing this package is cheap.
"""

import importlib
from typing import TYPE_CHECKING

from docker_registry_sdk.testing.extra import needs_extra

if TYPE_CHECKING:
    from docker_registry_sdk.testing.factory import EmbeddedRegistryFactory as EmbeddedRegistryFactory
    from docker_registry_sdk.testing.factory import EmbeddedRegistryOptions as EmbeddedRegistryOptions
    from docker_registry_sdk.testing.profiles.profile import Profile as Profile
    from docker_registry_sdk.testing.profiles.profile import Quirk as Quirk
    from docker_registry_sdk.testing.registry import EmbeddedRegistry as EmbeddedRegistry
    from docker_registry_sdk.testing.request_log import RequestLog as RequestLog
    from docker_registry_sdk.testing.request_log import RequestRecord as RequestRecord
    from docker_registry_sdk.testing.settings import Clock as Clock
    from docker_registry_sdk.testing.settings import Settings as Settings
    from docker_registry_sdk.testing.storage.base import Storage as Storage
    from docker_registry_sdk.testing.storage.directory import DirectoryStorage as DirectoryStorage
    from docker_registry_sdk.testing.storage.memory import MemoryStorage as MemoryStorage
    from docker_registry_sdk.testing.v1.settings import V1Settings as V1Settings
else:
    _MODULES = {
        "Clock": "settings",
        "DirectoryStorage": "storage.directory",
        "EmbeddedRegistry": "registry",
        "EmbeddedRegistryFactory": "factory",
        "EmbeddedRegistryOptions": "factory",
        "MemoryStorage": "storage.memory",
        "Profile": "profiles.profile",
        "Quirk": "profiles.profile",
        "RequestLog": "request_log",
        "RequestRecord": "request_log",
        "Settings": "settings",
        "Storage": "storage.base",
        "V1Settings": "v1.settings",
    }

    def __getattr__(name):
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        with needs_extra():
            value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})


__all__ = [
    "Clock",
    "DirectoryStorage",
    "EmbeddedRegistry",
    "EmbeddedRegistryFactory",
    "EmbeddedRegistryOptions",
    "MemoryStorage",
    "Profile",
    "Quirk",
    "RequestLog",
    "RequestRecord",
    "Settings",
    "Storage",
    "V1Settings",
]
