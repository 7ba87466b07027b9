"""The owner of the connections and logins of many registries."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Unpack

from ..._core.concurrency.forks import reset_after_fork
from ..._core.transport.options import AsyncClientOptions
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
        options: The options for all registries: see `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: A key of `hosts` is not a registry.
        TypeError: An option or a value of `hosts` has the wrong type.
    """

    def __init__(self, *, hosts: Mapping[str, Host] | None = None, **options: Unpack[AsyncClientOptions]) -> None:
        self._hosts = parse_hosts(hosts)
        self._options = options
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
                options = {**self._options, **({} if host is None else host.options)}
                self._clients[key] = AsyncRegistryClientV2(registry=key, **options)
            return self._clients[key]
