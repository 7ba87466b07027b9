"""The embedded registry, which a `with` block starts and stops."""

import asyncio
import os
import ssl
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal
from urllib.parse import urlsplit

import attrs
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from docker_registry_sdk.testing.app import build_app, lazy_v1_app
from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.authentication import AuthMode, create_authentication
from docker_registry_sdk.testing.auth.headers import TokenAddress
from docker_registry_sdk.testing.clients import ConnectOptions, RegistryClients
from docker_registry_sdk.testing.faults.exchange import RegistryState
from docker_registry_sdk.testing.faults.injection import Faults
from docker_registry_sdk.testing.profiles import ProfileName
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, find_profile
from docker_registry_sdk.testing.request_log import RequestLog
from docker_registry_sdk.testing.server import Certificates, RunningServers, ServerThread
from docker_registry_sdk.testing.settings import RegistryClock, RegistrySettings
from docker_registry_sdk.testing.storage import open_storage
from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.storage.directory import DirectoryStorage
from docker_registry_sdk.testing.v1.index import Index
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v2.routes import v2_routes
from docker_registry_sdk.testing.v2.upload_sessions import UploadSessions


class EmbeddedRegistry(RegistryClients):
    """A container registry that runs as an HTTP server in a thread of this process.

        with EmbeddedRegistry() as registry:
            registry.add_image("library/app:1", files={"etc/motd": "hello"})
            print(registry.repository("library/app").list_tags())

    `async with` starts and stops it without blocking the event loop. A registry can be started again, and keeps its content.

    Args:
        auth: The authentication of clients: `none`, `basic`, or `token` (with a token service for API v2). None selects the
            authentication of the profile, or `none` if there is no profile. API v1 requires the same user name and password,
            with Basic, unless `v1` names users of its own or an index on another host issues its tokens.
        username: The name of the only user. None selects the name of the profile, or a random name if the profile has no name.
        password: The password of the user. None selects a random password.
        anonymous_pull: Whether clients without credentials may pull. Only the user may push, delete, and list repositories. None
            selects the value of the profile, or True if there is no profile. If `auth` is `none`, every client may do everything.
        storage: A storage for the content (blobs, manifests and tags), or the path of a directory for the content, which must be
            new, empty, or the storage of an earlier registry. Only one registry at a time can use a directory: it is locked until
            the registry stops. None keeps the content in memory.
        apis: The supported API versions. None selects the versions of the profile, or both versions if there is no profile.
        settings: The settings of API v2. None selects the settings of the profile, or the default settings.
        v1: The settings of API v1. None selects the default settings.
        index: Another embedded registry that is the index of API v1 for this registry, and issues the tokens of API v1. The role
            in `v1` must be `registry` for this registry, and must not be `registry` for the other registry. None means that this
            registry uses no index of another registry.
        host: The IP address or host name to listen on.
        port: The port to listen on. 0 selects a free port, another one at each start.
        tls: Whether to serve HTTPS with a generated certificate. Clients must trust the certificate in `ca_file`.
        require_client_certificate: Whether to accept only clients with the certificate in `client_cert_file`. Requires `tls`.
        ssl_context: The SSL context with which to serve HTTPS. Cannot be combined with `tls`. None serves HTTP, unless `tls` is
            True.
        profile: The name of the profile of a real registry, such as `docker-hub`, or a `RegistryProfile`. The embedded registry
            reproduces the quirks of the profile, and takes the defaults of other arguments from the profile. None means that
            there is no profile and no quirk.

    Raises:
        ImportError: The extra `testing` is not installed.
        StorageFolderError: The directory for the content holds other files, or another registry is using it.
        ValueError: The arguments contradict each other, or an argument is invalid, for example a user name with a colon.
    """

    def __init__(
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
        index: "EmbeddedRegistry | None" = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        require_client_certificate: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        profile: ProfileName | RegistryProfile | None = None,
    ) -> None:
        super().__init__()
        if require_client_certificate and not tls:
            raise ValueError("require_client_certificate requires tls=True")
        if tls and ssl_context is not None:
            raise ValueError("tls=True and ssl_context cannot be combined; tls=True creates its own SSL context")
        self._profile = find_profile(profile)
        self._settings = settings or self._profile.settings
        self._clock = RegistryClock()
        anonymous_pull = self._profile.anonymous_pull if anonymous_pull is None else anonymous_pull
        self._account = Account.create(
            self._profile.username if username is None else username, password, anonymous_pull=anonymous_pull
        )
        self._auth: AuthMode = self._profile.auth if auth is None else auth
        self._authentication = create_authentication(self._auth, self._account, self._clock, self._settings.token_lifetime)
        self._storage = open_storage(storage)
        self._owns_storage = storage is not self._storage
        self._apis = frozenset(self._profile.apis if apis is None else apis)
        self._v1_login = self._auth != "none" and (v1 is None or v1.users is None) and (v1 is None or v1.is_index)
        self._v1 = v1 or V1Settings()
        if self._v1_login and not self._v1.standalone:
            self._v1 = attrs.evolve(self._v1, users={self._account.username: self._account.password})
        if index is not None and (self._v1.is_index or not index._v1.is_index):
            raise ValueError(
                "index requires v1 with the role 'registry' for this registry, "
                "and v1 with another role than 'registry' for the registry that is passed as index"
            )
        self._index: Index = Index(self._storage, self._v1) if index is None else index._index
        self._address = (host, port)
        self._certificates = Certificates(host) if tls else None
        self._ssl_context = ssl_context
        if self._certificates is not None:
            self._ssl_context = self._certificates.server_context(require_client=require_client_certificate)
        self._require_client_certificate = require_client_certificate
        self._requests = RequestLog()
        self._faults = Faults(self._profile.faults)
        self._state = RegistryState(
            storage=self._storage,
            account=self._account,
            clock=self._clock,
            token_lifetime=self._settings.token_lifetime,
            token_path=self._settings.token_path,
            revoke_tokens=self.revoke_tokens,
        )
        self._running: RunningServers | None = None

    @property
    def requests(self) -> RequestLog:
        """Return the log of all requests, including requests to the token service, in the order in which the responses ended."""
        return self._requests

    @property
    def profile(self) -> RegistryProfile:
        """Return the profile of the registry. If the argument `profile` was None, return a profile without quirks."""
        return self._profile

    @property
    def faults(self) -> Faults:
        """Return the faults of the registry. Faults can be added or cleared at any time, but those of the profile stay."""
        return self._faults

    @property
    def storage(self) -> RegistryStorage:
        """Return the storage of the content: blobs, manifests and tags."""
        return self._storage

    @property
    def clock(self) -> RegistryClock:
        """Return the clock of the registry. A test can move this clock forward, so that tokens expire."""
        return self._clock

    @property
    def auth(self) -> AuthMode:
        """Return the authentication of clients in API v2: `none`, `basic` or `token`."""
        return self._auth

    @property
    def username(self) -> str:
        """Return the name of the only user."""
        return self._account.username

    @property
    def password(self) -> str:
        """Return the password of the user."""
        return self._account.password

    def __repr__(self) -> str:
        try:
            return f"<{type(self).__name__} {self.url}>"
        except RuntimeError:  # not running
            return f"<{type(self).__name__} not running>"

    @property
    def host(self) -> str:
        """Return the host and the port in the form that image references use, such as `127.0.0.1:5000`.

        Raises:
            RuntimeError: The registry is not running.
        """
        name = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        return f"{name}:{self._run_state().port}"

    @property
    def url(self) -> str:
        """Return the root URL of the registry. It does not end with a slash.

        Raises:
            RuntimeError: The registry is not running.
        """
        return f"{self._scheme}://{self.host}"

    @property
    def token_url(self) -> str:
        """Return the URL of the token service. The token service runs only if `auth` is `token`.

        Raises:
            RuntimeError: The registry is not running.
        """
        running = self._run_state()
        return running.token_address.url(self._scheme, self.host, (self._address[0], running.port))

    @property
    def ca_pem(self) -> str:
        """Return, in PEM format, the certificate of the certificate authority that clients must trust.

        Raises:
            RuntimeError: The registry was created without `tls`.
        """
        return self._own_certificates().ca_pem

    @property
    def ca_file(self) -> Path:
        """Return the path of a PEM file with the certificate of the certificate authority that clients must trust.

        The file is deleted when this `EmbeddedRegistry` is garbage-collected.

        Raises:
            RuntimeError: The registry was created without `tls`.
        """
        return self._own_certificates().ca_file

    @property
    def client_cert_file(self) -> Path:
        """Return the path of a PEM file with a private key and a certificate that clients can present to the registry.

        The file is deleted when this `EmbeddedRegistry` is garbage-collected.

        Raises:
            RuntimeError: The registry was created without `tls`.
        """
        return self._own_certificates().client_file

    def revoke_tokens(self) -> None:
        """Revoke all access tokens and refresh tokens that have been issued. If `auth` is not `token`, the call has no effect."""
        self._authentication.revoke_tokens()

    def start(self) -> None:
        """Start the registry, and wait until it can answer requests.

        Raises:
            StorageFolderError: Another registry uses the directory for the content since this registry was stopped.
            OSError: The registry cannot listen on the host and the port.
            RuntimeError: The registry is running already, or the server could not start.
        """
        if self._running is not None:
            raise RuntimeError("the registry is running already; call stop() before start()")
        with ExitStack() as parts:
            if self._owns_storage and isinstance(self._storage, DirectoryStorage):
                self._storage.open_folder()
                parts.callback(self._storage.close)
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
            account = self._account if self._v1_login else None
            v1 = lazy_v1_app(self._storage, self._v1, self._index, account) if "v1" in self._apis else None
            self._running = RunningServers(self._serve(v2, v1, self._address[1], parts), address, parts.pop_all())
        if not self._v1.is_index:
            self._index.add_registry(self.host)

    def stop(self) -> None:
        """Stop the registry, discard unfinished uploads, and close the clients that the methods of the registry returned.

        If the registry is not running, the call has no effect.
        """
        if self._running is not None:
            self._close_clients()
            if not self._v1.is_index:
                self._index.remove_registry(self.host)
            parts = self._running.parts
            self._running = None
            parts.close()

    def __enter__(self) -> "EmbeddedRegistry":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> "EmbeddedRegistry":
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._aclose_clients()
        await asyncio.to_thread(self.stop)

    @property
    def _scheme(self) -> str:
        return "http" if self._ssl_context is None else "https"

    def _connect_options(self) -> ConnectOptions:
        options = ConnectOptions()
        if self._auth != "none":
            options["username"], options["password"] = self.username, self.password
        if self._auth == "token":
            options["trusted_realms"] = [urlsplit(self.token_url).netloc]  # the host can differ from that of the registry
        if self._certificates is not None:
            options["ca_file"] = self.ca_file
        if self._require_client_certificate:
            options["client_cert"] = self.client_cert_file
        return options

    def _serve(self, v2: list[BaseRoute] | None, v1: ASGIApp | None, port: int, parts: ExitStack) -> int:
        """Start a server for some routes, and return the port of the server. Let `parts` stop the server when `parts` is closed.

        `v2` or `v1` is None if the server does not support this API.
        """
        app = build_app(v2, v1, self._requests, self._faults, self._state)
        server = ServerThread(app, self._address[0], port, self._ssl_context)
        server.start()
        parts.callback(server.stop)
        return server.port

    def _run_state(self) -> RunningServers:
        if self._running is None:
            raise RuntimeError("the registry is not running; call start(), or use it in a with block")
        return self._running

    def _own_certificates(self) -> Certificates:
        if self._certificates is None:
            raise RuntimeError("the registry has no generated certificates; create the registry with tls=True")
        return self._certificates
