"""The embedded registry: a container registry on loopback, for as long as a `with` block lasts."""

import os
import ssl
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

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


class EmbeddedRegistry:
    """A container registry over HTTP, served by a thread of this process.

        with EmbeddedRegistry() as registry:
            httpx.get(f"{registry.url}/v2/")

    It may be started again after it has stopped: what was pushed is still there, the port may be another one.

    Args:
        auth: Whether callers of API v2 have to say who they are: `none`, `basic`, or `token`, with a token service of its own.
            None leaves it to the profile, and means `none` without one. API v1 has its own ways, see `v1`.
        username: The name of the one user; None makes one.
        password: The user's password; None makes one.
        anonymous_pull: Whether others may read repositories, when there is authentication. Only the user pushes, deletes and
            lists the repositories. None leaves it to the profile, and lets them read without one.
        storage: A directory to keep everything in, or a storage of one's own; None keeps everything in memory.
        apis: The APIs that it speaks; the paths of the others are not found. None means both, and v2 alone with a profile.
        settings: How strict and how generous it is in API v2.
        v1: What it plays in API v1, and how.
        index: The registry that is the index of this one in API v1, where `v1` says that this one is a registry alone.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        tls: Serve HTTPS instead of HTTP, with a certificate made for it; `ca_file` is what to trust.
        require_client_certificate: Let in only clients that have the certificate in `client_cert_file`; it goes with `tls`.
        ssl_context: Serve HTTPS with certificates of one's own.
        profile: A registry out there, to have its quirks, and its way of authentication, its user's name and its settings where
            those are not given here.

    Raises:
        ImportError: The extra `testing` is not installed.
        ValueError: The arguments do not go together, or a user name or password cannot be sent.
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
            raise ValueError("require_client_certificate goes with tls")
        if tls and ssl_context is not None:
            raise ValueError("tls makes its own ssl_context")
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
            raise ValueError("a registry with the role `registry` has an index, and it is one with another role")
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
        """The requests that were answered, oldest first; those to the token service are among them."""
        return self._requests

    @property
    def profile(self) -> Profile:
        """Which registry it is like, and in what; without a profile, one without quirks."""
        return self._profile

    @property
    def faults(self) -> Faults:
        """What goes wrong: faults can be added and taken back at any time; those of the profile stay."""
        return self._faults

    @property
    def storage(self) -> Storage:
        """Where everything is kept."""
        return self._storage

    @property
    def clock(self) -> Clock:
        """The registry's clock, by which tokens run out; move it to see that happen."""
        return self._clock

    @property
    def auth(self) -> AuthMode:
        """How callers say who they are."""
        return self._auth

    @property
    def username(self) -> str:
        """The name of the one user."""
        return self._account.username

    @property
    def password(self) -> str:
        """The user's password."""
        return self._account.password

    @property
    def host(self) -> str:
        """The host and port, as they stand in an image reference.

        Raises:
            RuntimeError: The registry is not running.
        """
        name = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        return f"{name}:{self._run_state().port}"

    @property
    def url(self) -> str:
        """The URL of the registry's root, without a slash at the end.

        Raises:
            RuntimeError: The registry is not running.
        """
        return f"{self._scheme}://{self.host}"

    @property
    def token_url(self) -> str:
        """The URL of the token service, for clients that call the registry by its `url`; it is there when `auth` is `token`.

        Raises:
            RuntimeError: The registry is not running.
        """
        running = self._run_state()
        return running.token_address.url(self._scheme, self.host, (self._address[0], running.port))

    @property
    def ca_pem(self) -> str:
        """The certificate to trust, when the registry was made with `tls`.

        Raises:
            RuntimeError: It was not.
        """
        return self._own_certificates().ca_pem

    @property
    def ca_file(self) -> Path:
        """A file with the certificate to trust; it lives as long as this object.

        Raises:
            RuntimeError: The registry was not made with `tls`.
        """
        return self._own_certificates().ca_file

    @property
    def client_cert_file(self) -> Path:
        """A file with a key and a certificate for a client; it lives as long as this object.

        Raises:
            RuntimeError: The registry was not made with `tls`.
        """
        return self._own_certificates().client_file

    def revoke_tokens(self) -> None:
        """Refuse all tokens and refresh tokens that were given out so far; without effect where none are."""
        self._authentication.revoke_tokens()

    def start(self) -> None:
        """Start serving; it returns when requests are answered.

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
        """Stop serving and throw unfinished uploads away; without effect when it is not running."""
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
        from docker_registry_sdk.testing.v1.routes import v1_app  # at the first request, which most registries never get

        return v1_app(self._storage, self._v1, self._index)

    def _serve(self, v2: list[BaseRoute] | None, v1: ASGIApp | None, port: int, parts: ExitStack) -> int:
        """Start a server, to be stopped with the others, and return its port."""
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
            raise RuntimeError("the registry has no certificates of its own; make it with tls=True")
        return self._certificates


@attrs.frozen
class _Running:
    """What there is while a registry runs."""

    port: int
    token_address: TokenAddress
    parts: ExitStack
