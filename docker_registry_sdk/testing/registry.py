"""The embedded registry: a container registry on loopback, for as long as a `with` block lasts."""

import os
import ssl
from types import TracebackType
from typing import Self

from docker_registry_sdk.testing.app import build_app
from docker_registry_sdk.testing.request_log import RequestLog
from docker_registry_sdk.testing.server import ServerThread
from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.storage.directory import DirectoryStorage
from docker_registry_sdk.testing.storage.memory import MemoryStorage
from docker_registry_sdk.testing.v2.routes import v2_routes
from docker_registry_sdk.testing.v2.sessions import UploadSessions


class EmbeddedRegistry:
    """A container registry over HTTP, served by a thread of this process.

        with EmbeddedRegistry() as registry:
            httpx.get(f"{registry.url}/v2/")

    It may be started again after it has stopped: what was pushed is still there, the port may be another one.

    Args:
        storage: A directory to keep everything in, or a storage of one's own; None keeps everything in memory.
        settings: How strict and how generous it is.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        ssl_context: Serve HTTPS with it instead of HTTP.
    """

    def __init__(
        self,
        *,
        storage: Storage | str | os.PathLike[str] | None = None,
        settings: Settings | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._storage = _open_storage(storage)
        self._settings = settings or Settings()
        self._address = (host, port)
        self._ssl_context = ssl_context
        self._requests = RequestLog()
        self._running: tuple[ServerThread, UploadSessions] | None = None

    @property
    def requests(self) -> RequestLog:
        """The requests that were answered, oldest first."""
        return self._requests

    @property
    def storage(self) -> Storage:
        """Where everything is kept."""
        return self._storage

    @property
    def host(self) -> str:
        """The host and port, as they stand in an image reference.

        Raises:
            RuntimeError: The registry is not running.
        """
        if self._running is None:
            raise RuntimeError("the registry is not running; use it in a with block")
        name = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        return f"{name}:{self._running[0].port}"

    @property
    def url(self) -> str:
        """The URL of the registry's root, without a slash at the end.

        Raises:
            RuntimeError: The registry is not running.
        """
        return f"{'http' if self._ssl_context is None else 'https'}://{self.host}"

    def start(self) -> None:
        """Start serving; it returns when requests are answered.

        Raises:
            OSError: The address cannot be used.
            RuntimeError: The registry is running already, or the server could not start.
        """
        if self._running is not None:
            raise RuntimeError("the registry is running already")
        sessions = UploadSessions(self._storage)
        app = build_app(v2_routes(self._storage, self._settings, sessions), self._requests)
        server = ServerThread(app, *self._address, self._ssl_context)
        server.start()
        self._running = server, sessions

    def stop(self) -> None:
        """Stop serving and throw unfinished uploads away; without effect when it is not running."""
        if self._running is not None:
            server, sessions = self._running
            self._running = None
            server.stop()
            sessions.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()


def _open_storage(storage: Storage | str | os.PathLike[str] | None) -> Storage:
    if storage is None:
        return MemoryStorage()
    if isinstance(storage, str | os.PathLike):
        return DirectoryStorage(storage)
    return storage
