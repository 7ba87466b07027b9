"""A typed SDK for container registries: Docker Registry API v1, and API v2 of Docker distribution and the OCI.

    from docker_registry_sdk import RegistryClientV2, artifacts, images

    with RegistryClientV2("alpine") as client:
        print(client.list_tags(), client.resolve("latest", platform="linux/arm64").digest)
    images.copy("alpine:3.20", "registry.example.com/mirror/alpine:3.20")

Where to start; what does I/O has an async twin, such as `AsyncRegistryClientV2` and `images.async_copy`:

    RegistryClientV2(name)      one repository, or one registry: tags, manifests, blobs, referrers
    Registries()                connections and logins of several registries; pass it to functions as registries=
    create_client(name)         a client of API v2 or, for an old registry, of API v1
    images                      copy, pull and push images; OCI image layouts; the config of an image
    artifacts                   push files, such as an SBOM of an image, and pull them
    credentials                 logins of docker login and of credential helpers
    errors                      the tree of exceptions
    v2.models                   manifests and other documents: ImageManifest, ImageIndex
    types                       types for annotations
    testing                     EmbeddedRegistry, a registry for tests, and pytest fixtures

Its names are imported when they are first used, so that importing the package is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from . import artifacts as artifacts
    from . import credentials as credentials
    from . import errors as errors
    from . import images as images
    from . import media_types as media_types
    from . import types as types
    from . import v2 as v2
    from ._core.blobs.progress import Progress as Progress
    from ._core.blobs.upload_session import UploadSession as UploadSession
    from ._core.version import __version__ as __version__
    from ._core.wire.policy import Deadline as Deadline
    from ._core.wire.timeout import Timeout as Timeout
    from .client._async.client import AsyncRegistryClientV2 as AsyncRegistryClientV2
    from .client._async.manifest_ref import AsyncManifestRef as AsyncManifestRef
    from .client._async.registries import AsyncRegistries as AsyncRegistries
    from .client._async.repository import AsyncRepository as AsyncRepository
    from .client._sync.client import RegistryClientV2 as RegistryClientV2
    from .client._sync.manifest_ref import ManifestRef as ManifestRef
    from .client._sync.registries import Registries as Registries
    from .client._sync.repository import Repository as Repository
    from .client.host import Host as Host
    from .client.manifest_results import ManifestResponse as ManifestResponse
    from .client.manifests import digest_from_manifest_bytes as digest_from_manifest_bytes
    from .connect._async.create import create_async_client as create_async_client
    from .connect._async.login import async_check_login as async_check_login
    from .connect._async.login import async_login as async_login
    from .connect._sync.create import create_client as create_client
    from .connect._sync.login import check_login as check_login
    from .connect._sync.login import login as login
    from .connect.login_result import LoginResult as LoginResult
    from .credentials.credential import Credential as Credential
    from .digest import Digest as Digest
    from .errors import ArtifactError as ArtifactError
    from .errors import AuthError as AuthError
    from .errors import BadRequestError as BadRequestError
    from .errors import BasicLoginError as BasicLoginError
    from .errors import ClosedError as ClosedError
    from .errors import ConflictError as ConflictError
    from .errors import DeadlineExceededError as DeadlineExceededError
    from .errors import DigestMismatchError as DigestMismatchError
    from .errors import EventLoopError as EventLoopError
    from .errors import ForbiddenError as ForbiddenError
    from .errors import ForkedProcessError as ForkedProcessError
    from .errors import ImageError as ImageError
    from .errors import ImmutableTagError as ImmutableTagError
    from .errors import InvalidDigestError as InvalidDigestError
    from .errors import InvalidPlatformError as InvalidPlatformError
    from .errors import InvalidReferenceError as InvalidReferenceError
    from .errors import LoginError as LoginError
    from .errors import MethodNotAllowedError as MethodNotAllowedError
    from .errors import NotFoundError as NotFoundError
    from .errors import NotModifiedError as NotModifiedError
    from .errors import ParseError as ParseError
    from .errors import PlatformNotFoundError as PlatformNotFoundError
    from .errors import PreconditionFailedError as PreconditionFailedError
    from .errors import RangeNotSatisfiableError as RangeNotSatisfiableError
    from .errors import RateLimitedError as RateLimitedError
    from .errors import RedirectError as RedirectError
    from .errors import ReferrersError as ReferrersError
    from .errors import RegistryError as RegistryError
    from .errors import RequestTimeoutError as RequestTimeoutError
    from .errors import ResponseError as ResponseError
    from .errors import ServerError as ServerError
    from .errors import SizeLimitError as SizeLimitError
    from .errors import StatusError as StatusError
    from .errors import TokenLoginError as TokenLoginError
    from .errors import TooLargeError as TooLargeError
    from .errors import TransportError as TransportError
    from .errors import UnauthorizedError as UnauthorizedError
    from .errors import UnexpectedContentTypeError as UnexpectedContentTypeError
    from .errors import UnsafeTitleError as UnsafeTitleError
    from .legacy_v1._async.client import AsyncRegistryClientV1 as AsyncRegistryClientV1
    from .legacy_v1._sync.client import RegistryClientV1 as RegistryClientV1
    from .reference import Index as Index
    from .reference import Registry as Registry
    from .reference import Repo as Repo
    from .reference import RepoRef as RepoRef
    from .reference import parse_index as parse_index
    from .reference import parse_registry as parse_registry
    from .reference import parse_repo as parse_repo
    from .reference import parse_repo_and_ref as parse_repo_and_ref
    from .reference import parse_repo_and_tag as parse_repo_and_tag
    from .v2.models.descriptor import Descriptor as Descriptor
    from .v2.models.platform import Platform as Platform
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
