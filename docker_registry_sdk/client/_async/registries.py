"""The owner of the connections and logins of many registries."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Collection, Mapping
from types import TracebackType

from attrs import evolve

from ..._core.concurrency.forks import reset_after_fork
from ..._core.text.misspelt import suggest_options
from ..._core.transport._async.caller_transport import AsyncTransport
from ..._core.transport.settings import FilePath, make_settings
from ..._core.wire import Timeout
from ...credentials.credential import Credential
from ...credentials.given import AsyncGivenCredentials
from ...errors import ClosedError
from ...reference import Index, Repo, parse_index, parse_repo, parse_repo_and_ref
from ..host import Host, parse_hosts, with_scheme
from .client import AsyncRegistryClientV2
from .manifest_ref import AsyncManifestRef
from .repository import AsyncRepository


class AsyncRegistries:
    """The owner of the connections and logins of all registries that a program uses.

    For each registry, one pool of connections and one login are made when the registry is first used. Several threads or tasks
    may share one object.

    Args:
        hosts: Options of single registries, such as `{"localhost:5000": Host(plain_http=True)}`, which replace the options for
            all registries; None for no such options.
        credentials: The logins: a mapping from registries to credentials or pairs (username, password), so that other registries
            are accessed without a login; a provider, which has a method `get_credential`; or one `Credential` or pair for one
            registry, so that a second registry raises a TypeError. None, the default, uses the logins that `docker login` and
            `podman login` have stored.
        insecure: True to accept any certificate of the registry, its token service and its storage without verification; False
            by default.
        ca_file: A PEM file with certificates to trust in addition to those of the system; None, the default, trusts no others.
        client_cert: The client certificate: a PEM file with certificate and key, or a pair of PEM files (certificate, key).
            None, the default, sends no certificate but those in the certs.d folders of Docker and Podman.
        ssl_context: An `ssl.SSLContext` with all TLS settings, instead of `insecure`, `ca_file`, `client_cert` and the certs.d
            folders; None, the default, uses these.
        proxy: The URL of a proxy; None, the default, uses the proxy in the environment variables `HTTP_PROXY`, `HTTPS_PROXY` and
            `ALL_PROXY`, except for the hosts and networks in `NO_PROXY`.
        timeout: The longest time of each step of a request, such as one read: seconds, or a `Timeout` with different seconds for
            each kind of step. None, the default, means 15 seconds to connect, and 60 seconds for each read and write.
        deadline: The maximum duration of a call in seconds, including all its requests, waits and bodies. A call that takes
            longer raises `DeadlineExceededError`. None, the default, sets no limit. The argument `deadline` of a call replaces
            the option. With a proxy or a `transport`, a sync call may end later than the deadline: each read of a body may take
            as long as the time that was left when the request was sent, and the deadline is checked between two reads only.
        max_retries: The maximum number of times that the same request is repeated, also to resume a download or upload; 3 by
            default, 0 for no repetition.
        max_retry_wait: The longest wait before a repetition in seconds; 60 by default. If a registry requests a longer wait, the
            request is not repeated, and the error of the response is raised.
        user_agent: The value of the User-Agent header; None, the default, sends the names and versions of this package and of
            Python.
        trusted_realms: Hosts, with or without a port, that are trusted as token services, or as registries of a v1 index, even
            if they belong to another site than the registry, or are in a private network; none by default. Hosts in
            the environment variable `DOCKER_REGISTRY_SDK_TRUSTED_REALMS`, separated by commas or spaces, are trusted as well.
        max_connections: The maximum number of connections for blobs, and the same number again for other requests; 100 by
            default. Further requests wait for a free connection, without a limit unless `timeout` has one.
        transport: The caller's own transport, which sends the requests, and which only the caller closes: an object with a
            method `send`, such as an `AsyncHttpxTransport`. It decides about TLS, proxy and connections. None, the default, uses
            the connections of this package.

    Raises:
        InvalidReferenceError: A key of `hosts` is not a registry.
        TypeError: An option or a value of `hosts` has the wrong type.
    """

    @suggest_options
    def __init__(
        self,
        *,
        hosts: Mapping[str, Host] | None = None,
        credentials: AsyncGivenCredentials | None = None,
        insecure: bool = False,
        ca_file: FilePath | None = None,
        client_cert: FilePath | tuple[FilePath, FilePath] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        timeout: float | Timeout | None = None,
        deadline: float | None = None,
        max_retries: int = 3,
        max_retry_wait: float = 60.0,
        user_agent: str | None = None,
        trusted_realms: Collection[str] = (),
        max_connections: int = 100,
        transport: AsyncTransport | None = None,
    ) -> None:
        self._hosts = parse_hosts(hosts)
        self._settings = make_settings(
            username=None,
            password=None,
            credentials=credentials,
            insecure=insecure,
            ca_file=ca_file,
            client_cert=client_cert,
            ssl_context=ssl_context,
            proxy=proxy,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            max_retry_wait=max_retry_wait,
            user_agent=user_agent,
            trusted_realms=trusted_realms,
            max_connections=max_connections,
            transport=transport,
        )
        self._clients: dict[Index, AsyncRegistryClientV2] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Replace the lock in a child process: a thread of the parent process may have held it."""
        self._lock = threading.Lock()

    def registry(self, registry: str | Index) -> AsyncRegistryClientV2:
        """Return a client of a registry, which is bound to no repository. The client borrows its connections from this object.

        Args:
            registry: The registry, such as `ghcr.io` or `localhost:5000`.

        Raises:
            InvalidReferenceError: The registry is malformed.
            ClosedError: This object was closed.
        """
        return self._client(parse_index(registry) if isinstance(registry, str) else registry)._borrow(None)

    def repository(self, name: str | Repo) -> AsyncRepository:
        """Return a repository of any registry. The repository borrows its connections from this object.

        Args:
            name: The repository, as in `docker pull`: `alpine`, `ghcr.io/owner/name`.

        Raises:
            InvalidReferenceError: The name is malformed, or contains a tag or a digest.
            ClosedError: This object was closed.
        """
        repo = parse_repo(name) if isinstance(name, str) else name
        return self._client(repo.index).repository(repo)

    def ref(self, text: str) -> AsyncManifestRef:
        """Return a reference to a manifest in a repository of any registry. No request is sent.

        Args:
            text: The reference, as in `docker pull`: `alpine:3.20`, `ghcr.io/owner/name@sha256:…`. Without a tag and a digest,
                the tag is `latest`.

        Raises:
            InvalidReferenceError: The reference is malformed.
            ClosedError: This object was closed.
        """
        parsed = parse_repo_and_ref(text)
        return AsyncManifestRef(repository=self.repository(parsed), tag=parsed.tag, digest=parsed.digest)

    async def aclose(self) -> None:
        """Close all connections. Later calls of this object, and of everything that it created, raise `ClosedError`."""
        with self._lock:
            self._is_closed = True
            clients = list(self._clients.values())
        for client in clients:
            await client.aclose()

    async def __aenter__(self) -> AsyncRegistries:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(str(registry) for registry in self._clients)})"

    def _client(self, registry: Index) -> AsyncRegistryClientV2:
        host = self._hosts.get(registry.name)
        key = with_scheme(registry, host)
        with self._lock:
            if self._is_closed:
                raise ClosedError("this Registries object was closed: create another one")
            if key not in self._clients:
                settings = self._settings if host is None else evolve(self._settings, **host.options)
                self._check_credentials(key)
                self._clients[key] = AsyncRegistryClientV2._from_settings(None, key, settings)
            return self._clients[key]

    def _check_credentials(self, registry: Index) -> None:
        """Raise an exception if one credential was passed, but this is the second registry."""
        others = [other.name for other in self._clients if other.name != registry.name]
        if others and isinstance(self._settings.credentials, Credential):
            raise TypeError(
                f"the credentials are one login, which was used for {others[0]}, and {registry.name} is another registry: "
                f"pass a mapping, such as credentials={{{others[0]!r}: (username, password)}}"
            )
