"""An embedded container registry for tests: an HTTP server on the loopback interface.

    from docker_registry_sdk.testing import EmbeddedRegistry

    with EmbeddedRegistry() as registry:
        registry.add_image("library/app:1", files={"etc/motd": "hello"})
        assert registry.repository("library/app").get_manifest("1").size
        assert registry.requests[0].status == 200

pytest finds the fixtures `embedded_registry`, a running registry, and `embedded_registry_factory` by itself:

    def test_app(embedded_registry: EmbeddedRegistry) -> None:
        embedded_registry.add_image("library/app:1", files={"etc/motd": "hello"})

An import of this package is fast, since it does not import the libraries of the server, such as uvicorn. These libraries are
imported when a name of this package is used for the first time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from docker_registry_sdk.testing.auth.authentication import AuthMode as AuthMode
    from docker_registry_sdk.testing.factory import EmbeddedRegistryFactory as EmbeddedRegistryFactory
    from docker_registry_sdk.testing.images import ImageFormat as ImageFormat
    from docker_registry_sdk.testing.profiles import ProfileName as ProfileName
    from docker_registry_sdk.testing.profiles.profile import RegistryProfile as RegistryProfile
    from docker_registry_sdk.testing.profiles.profile import RegistryQuirk as RegistryQuirk
    from docker_registry_sdk.testing.registry import EmbeddedRegistry as EmbeddedRegistry
    from docker_registry_sdk.testing.request_log import RequestLog as RequestLog
    from docker_registry_sdk.testing.request_log import RequestRecord as RequestRecord
    from docker_registry_sdk.testing.settings import RegistryClock as RegistryClock
    from docker_registry_sdk.testing.settings import RegistrySettings as RegistrySettings
    from docker_registry_sdk.testing.settings import TokenOrigin as TokenOrigin
    from docker_registry_sdk.testing.storage.base import BlobReader as BlobReader
    from docker_registry_sdk.testing.storage.base import BlobWriter as BlobWriter
    from docker_registry_sdk.testing.storage.base import RegistryStorage as RegistryStorage
    from docker_registry_sdk.testing.storage.base import V1Records as V1Records
    from docker_registry_sdk.testing.storage.directory import DirectoryStorage as DirectoryStorage
    from docker_registry_sdk.testing.storage.memory import MemoryStorage as MemoryStorage
    from docker_registry_sdk.testing.storage.records import ManifestRecord as ManifestRecord
    from docker_registry_sdk.testing.storage.records import PushInfo as PushInfo
    from docker_registry_sdk.testing.storage.records import RepositoryRecord as RepositoryRecord
    from docker_registry_sdk.testing.storage.records import V1ImageRecord as V1ImageRecord
    from docker_registry_sdk.testing.storage.records import V1RepositoryRecord as V1RepositoryRecord
    from docker_registry_sdk.testing.storage.storage_folder import StorageFolderError as StorageFolderError
    from docker_registry_sdk.testing.v1.settings import V1Role as V1Role
    from docker_registry_sdk.testing.v1.settings import V1Settings as V1Settings
else:
    from .extra import needs_extra

    _get_attribute, __dir__, __all__ = lazy_exports(__name__)

    def __getattr__(name):
        with needs_extra():
            return _get_attribute(name)
