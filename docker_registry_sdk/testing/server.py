"""An HTTP server in a thread of its own."""

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

GRACE = 0.5
"""How many seconds a request that is under way has to end when the server stops; then its connection is cut."""

KEEP_ALIVE = 75
BACKLOG = 1024
_TICK = 0.5

_logger = logging.getLogger(__name__)
_logger.setLevel(logging.ERROR)


class ServerThread:
    """Serves an ASGI application on a socket that is bound at once.

    Args:
        app: The application.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        ssl_context: Serve HTTPS with it.

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
                timeout_keep_alive=KEEP_ALIVE,
                ssl_context_factory=None if ssl_context is None else lambda _config, _default: ssl_context,
            )
        )
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=f"registry-{self.port}", daemon=True)
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Start the thread and wait until it answers requests.

        Raises:
            RuntimeError: The server could not start; the cause tells why.
        """
        self._thread.start()
        self._server.ready.wait()
        if self._failure is not None:
            self._socket.close()
            raise RuntimeError("the server could not start") from self._failure

    def stop(self) -> None:
        """Stop the server and wait until its thread has ended; requests that are under way have a moment to end."""
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
    """Bind a socket; it names its protocol, or asyncio would leave Nagle's algorithm on and each answer would take 40 ms."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


class _Server(Server):
    """uvicorn's server, but it says when it is ready, and stops at once when nothing is under way."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask the server to stop, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter += 10  # on_tick counts tenths of a second, and renews the Date header at every tenth
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        connections = self.server_state.connections
        for connection in list(connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while connections or self.server_state.tasks:
                    await asyncio.sleep(0.001)
        for connection in list(connections):
            connection.transport.abort()
        if tasks := list(self.server_state.tasks):  # they see that their clients have gone
            await asyncio.wait(tasks, timeout=GRACE)


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a log of its own, for errors only: a client that sends nonsense is none.

    uvicorn's loggers could only be set for the whole process, which may run other servers.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self.logger = _logger

    def on_message_begin(self) -> None:
        """Begin to read a request; what answers it may end the connection."""
        super().on_message_begin()
        set_connection(cast("dict[str, Any]", self.scope), self.transport)
