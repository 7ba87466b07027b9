"""An HTTP server that runs in a thread."""

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import threading
from typing import Any, cast

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server

from docker_registry_sdk.testing.connection import set_connection

SHUTDOWN_GRACE_SECONDS = 0.5
"""The time for running requests to finish when the server stops; then their connections are aborted."""

KEEP_ALIVE_SECONDS = 75
BACKLOG = 1024
_TICK_SECONDS = 0.5

_logger = logging.getLogger(__name__)
_logger.setLevel(logging.ERROR)


class ServerThread:
    """A server of an ASGI application; its socket is bound when this object is created.

    Args:
        app: The application.
        host: The address to listen on.
        port: The port; 0 selects a free port.
        ssl_context: The SSL context for HTTPS, or None for HTTP.

    Raises:
        OSError: The address cannot be used.
    """

    def __init__(self, app: ASGIApp, host: str, port: int, ssl_context: ssl.SSLContext | None = None) -> None:
        self._server = _Server(
            Config(
                app,
                http=_Protocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                proxy_headers=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                ssl_context_factory=None if ssl_context is None else lambda _config, _default: ssl_context,
            )
        )
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=f"registry-{self.port}", daemon=True)
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Start the thread, and wait until it can answer requests.

        Raises:
            RuntimeError: The server could not start; `__cause__` is the error.
        """
        self._thread.start()
        self._server.ready.wait()
        if self._failure is not None:
            self._socket.close()
            raise RuntimeError("the server could not start") from self._failure

    def stop(self) -> None:
        """Stop the server and wait for the end of its thread. Running requests have SHUTDOWN_GRACE_SECONDS to finish."""
        self._server.stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._socket]))
        except BaseException as error:
            if self._server.ready.is_set():
                raise
            self._failure = error
        finally:
            self._server.ready.set()


def _listen(host: str, port: int) -> socket.socket:
    """Bind a socket. asyncio disables Nagle's algorithm (40 ms per response) only for sockets created with IPPROTO_TCP."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # on Windows, this option would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


class _Server(Server):
    """A uvicorn server that reports when it is ready, and stops immediately if no request is running."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Request the server to stop. May be called in any thread."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the event loop is already closed
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter += 10  # on_tick updates the Date header if the counter is a multiple of 10
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        connections = self.server_state.connections
        for connection in list(connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_GRACE_SECONDS):
                while connections or self.server_state.tasks:
                    await asyncio.sleep(0.001)
        for connection in list(connections):
            connection.transport.abort()
        if tasks := list(self.server_state.tasks):  # the aborted connections end these tasks
            await asyncio.wait(tasks, timeout=SHUTDOWN_GRACE_SECONDS)


class _Protocol(HttpToolsProtocol):
    """The HTTP protocol of uvicorn with a separate logger, which logs errors only and no malformed requests.

    The loggers of uvicorn are shared by all servers in the process, so they cannot be configured for this server alone.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self.logger = _logger

    def on_message_begin(self) -> None:
        """Start a request, and store its connection in the scope, so that the application can end it."""
        super().on_message_begin()
        set_connection(cast("dict[str, Any]", self.scope), self.transport)
