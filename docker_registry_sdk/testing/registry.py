"""The embedded registry, which is started and stopped by a `with` block."""

import os
import ssl
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self, TypedDict, Unpack

import attrs
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from docker_registry_sdk.testing.app import LazyApp, build_app
from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.authentication import AuthMode, create_authentication
from docker_registry_sdk.testing.auth.headers import TokenAddress
from docker_registry_sdk.testing.faults.exchange import Site
from docker_registry_sdk.testing.faults.injection import Faults
from docker_registry_sdk.testing.profiles import ProfileName
from docker_registry_sdk.testing.profiles.profile import Profile, find_profile
from docker_registry_sdk.testing.request_log import RequestLog
from docker_registry_sdk.testing.server import ServerThread
from docker_registry_sdk.testing.settings import Clock, Settings
from docker_registry_sdk.testing.storage import open_storage
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.tls import Certificates
from docker_registry_sdk.testing.v1.index import Index
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v2.routes import v2_routes
from docker_registry_sdk.testing.v2.upload_sessions import UploadSessions


class EmbeddedRegistryOptions(TypedDict, total=False):
    """The arguments of `EmbeddedRegistry`, which documents them."""

    auth: AuthMode | None
    username: str | None
    password: str | None
    anonymous_pull: bool | None
    storage: Storage | str | os.PathLike[str] | None
    apis: Collection[Literal["v1", "v2"]] | None
    settings: Settings | None
    v1: V1Settings | None
    index: "EmbeddedRegistry | None"
    host: str
    port: int
    tls: bool
    require_client_certificate: bool
    ssl_context: ssl.SSLContext | None
    profile: ProfileName | Profile | None


class EmbeddedRegistry:
    """A container registry over HTTP that runs in a thread of this process.

        with EmbeddedRegistry() as registry:
            httpx.get(f"{registry.url}/v2/")

    A stopped registry can be started again with the same content, possibly on another port.

    Args:
        auth: The authentication of clients in API v2: `none`, `basic`, or `token` (with a token service). None selects that of
            the profile, and `none` without a profile. The authentication in API v1 is part of `v1`.
        username: The name of the only user; None generates one.
        password: The password of the user; None generates one.
        anonymous_pull: Whether clients without credentials may read repositories; only the user may push, delete and list
            repositories. None selects the default of the profile, and True without a profile.
        storage: The path of a directory for the content, or a storage; None keeps the content in memory.
        apis: The supported API versions. None selects those of the profile (v2), and both without a profile.
        settings: The settings of API v2; None selects those of the profile.
        v1: The settings of API v1.
        index: The registry that is the index of this one in API v1, if the role in `v1` is `registry`.
        host: The address to listen on.
        port: The port; 0 selects a free port.
        tls: Serve HTTPS with a generated certificate; clients must trust `ca_file`.
        require_client_certificate: Accept only clients with the certificate in `client_cert_file`. Requires `tls`.
        ssl_context: Serve HTTPS with this SSL context.
        profile: A real registry whose quirks this one has, by name, or a profile. It also provides defaults for other arguments.

    Raises:
        ImportError: The extra `testing` is not installed.
        ValueError: The arguments contradict each other, or the user name or the password cannot be sent in HTTP.
    """

    def __init__(
        self,
        *,
        auth: AuthMode | None = None,
        username: str | None = None,
        password: str | None = None,
        anonymous_pull: bool | None = None,
        storage: Storage | str | os.PathLike[str] | None = None,
        apis: Collection[Literal["v1", "v2"]] | None = None,
        settings: Settings | None = None,
        v1: V1Settings | None = None,
        index: "EmbeddedRegistry | None" = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        require_client_certificate: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        profile: ProfileName | Profile | None = None,
    ) -> None:
        if require_client_certificate and not tls:
            raise ValueError("require_client_certificate requires tls=True")
        if tls and ssl_context is not None:
            raise ValueError("tls=True creates its own ssl_context; give one of the two")
        self._profile = find_profile(profile)
        self._settings = settings or self._profile.settings
        self._clock = Clock()
        anonymous_pull = self._profile.anonymous_pull if anonymous_pull is None else anonymous_pull
        self._account = Account.create(self._profile.username if username is None else username, password, anonymous_pull)
        self._auth: AuthMode = self._profile.auth if auth is None else auth
        self._authentication = create_authentication(self._auth, self._account, self._clock, self._settings.token_lifetime)
        self._storage = open_storage(storage)
        self._apis = frozenset(self._profile.apis if apis is None else apis)
        self._v1 = v1 or V1Settings()
        if index is not None and (self._v1.is_index or not index._v1.is_index):
            raise ValueError("index requires the role `registry` in v1, and an index with another role")
        self._index: Index = Index(self._storage, self._v1) if index is None else index._index
        self._address = (host, port)
        self._certificates = Certificates(host) if tls else None
        self._ssl_context = ssl_context
        if self._certificates is not None:
            self._ssl_context = self._certificates.server_context(require_client=require_client_certificate)
        self._requests = RequestLog()
        self._faults = Faults(self._profile.faults)
        self._site = Site(
            self._storage,
            self._account,
            self._clock,
            self._settings.token_lifetime,
            self._settings.token_path,
            self.revoke_tokens,
        )
        self._running: _Running | None = None

    @property
    def requests(self) -> RequestLog:
        """The log of the requests, oldest first, including those to the token service."""
        return self._requests

    @property
    def profile(self) -> Profile:
        """The profile; a registry that was created without a profile has one without quirks."""
        return self._profile

    @property
    def faults(self) -> Faults:
        """The faults. Faults can be added and cleared at any time, except those of the profile."""
        return self._faults

    @property
    def storage(self) -> Storage:
        """The storage of the content."""
        return self._storage

    @property
    def clock(self) -> Clock:
        """The clock that decides when tokens expire; advance it to let tokens expire."""
        return self._clock

    @property
    def auth(self) -> AuthMode:
        """The authentication of clients in API v2."""
        return self._auth

    @property
    def username(self) -> str:
        """The name of the only user."""
        return self._account.username

    @property
    def password(self) -> str:
        """The password of the user."""
        return self._account.password

    @property
    def host(self) -> str:
        """The host and the port, in the form of an image reference.

        Raises:
            RuntimeError: The registry is not running.
        """
        name = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        return f"{name}:{self._run_state().port}"

    @property
    def url(self) -> str:
        """The root URL of the registry, without a trailing slash.

        Raises:
            RuntimeError: The registry is not running.
        """
        return f"{self._scheme}://{self.host}"

    @property
    def token_url(self) -> str:
        """The URL of the token service for clients that use `url`; the service runs only if `auth` is `token`.

        Raises:
            RuntimeError: The registry is not running.
        """
        running = self._run_state()
        return running.token_address.url(self._scheme, self.host, (self._address[0], running.port))

    @property
    def ca_pem(self) -> str:
        """The certificate of the authority to trust, in PEM format.

        Raises:
            RuntimeError: The registry was created without `tls`.
        """
        return self._own_certificates().ca_pem

    @property
    def ca_file(self) -> Path:
        """A file with the certificate of the authority to trust. It is deleted together with this object.

        Raises:
            RuntimeError: The registry was created without `tls`.
        """
        return self._own_certificates().ca_file

    @property
    def client_cert_file(self) -> Path:
        """A file with a key and a certificate for clients. It is deleted together with this object.

        Raises:
            RuntimeError: The registry was created without `tls`.
        """
        return self._own_certificates().client_file

    def revoke_tokens(self) -> None:
        """Revoke all tokens and refresh tokens issued so far. No effect without token authentication."""
        self._authentication.revoke_tokens()

    def start(self) -> None:
        """Start the registry, and return when it can answer requests.

        Raises:
            OSError: The address cannot be used.
            RuntimeError: The registry is running already, or the server could not start.
        """
        if self._running is not None:
            raise RuntimeError("the registry is running already")
        with ExitStack() as parts:
            sessions = UploadSessions(self._storage)
            parts.callback(sessions.close)
            origin = self._settings.token_origin
            token_routes = self._authentication.token_routes(self._settings.token_path)
            token_port = None
            if origin == "port" and token_routes:
                token_port = self._serve(token_routes, None, 0, parts)
                token_routes = []
            address = TokenAddress(origin, token_port, self._settings.token_path)
            authorizer = self._authentication.authorizer(address)
            v2 = token_routes + v2_routes(self._storage, self._settings, sessions, authorizer) if "v2" in self._apis else None
            v1 = LazyApp(self._build_v1) if "v1" in self._apis else None
            self._running = _Running(self._serve(v2, v1, self._address[1], parts), address, parts.pop_all())
        if not self._v1.is_index:
            self._index.add_registry(self.host)

    def stop(self) -> None:
        """Stop the registry, and discard unfinished uploads. No effect if it is not running."""
        if self._running is not None:
            if not self._v1.is_index:
                self._index.remove_registry(self.host)
            parts = self._running.parts
            self._running = None
            parts.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

    @property
    def _scheme(self) -> str:
        return "http" if self._ssl_context is None else "https"

    def _build_v1(self) -> ASGIApp:
        from docker_registry_sdk.testing.v1.routes import (
            v1_app,  # imported at the first request only: most tests do not use API v1
        )

        return v1_app(self._storage, self._v1, self._index)

    def _serve(self, v2: list[BaseRoute] | None, v1: ASGIApp | None, port: int, parts: ExitStack) -> int:
        """Start a server that `parts` stops, and return its port."""
        app = build_app(v2, v1, self._requests, self._faults, self._site)
        server = ServerThread(app, self._address[0], port, self._ssl_context)
        server.start()
        parts.callback(server.stop)
        return server.port

    def _run_state(self) -> "_Running":
        if self._running is None:
            raise RuntimeError("the registry is not running; use it in a with block")
        return self._running

    def _own_certificates(self) -> Certificates:
        if self._certificates is None:
            raise RuntimeError("the registry has no generated certificates; create it with tls=True")
        return self._certificates


class EmbeddedRegistryFactory(Protocol):
    """A function that starts registries."""

    def __call__(self, **options: Unpack[EmbeddedRegistryOptions]) -> EmbeddedRegistry:
        """Start a registry.

        Args:
            options: The arguments of `EmbeddedRegistry`.

        Returns:
            The running registry.
        """
        ...


@attrs.frozen
class _Running:
    """The state of a running registry."""

    port: int
    token_address: TokenAddress
    parts: ExitStack
