"""The HTTP server of the embedded registry, which runs in a thread, and the TLS certificates of the server and of clients."""

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import tempfile
import threading
import weakref
from contextlib import ExitStack
from pathlib import Path

import attrs
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import Server

from docker_registry_sdk.testing.auth.headers import TokenAddress
from docker_registry_sdk.testing.extra import needs_extra
from docker_registry_sdk.testing.http_protocol import RegistryProtocol

SHUTDOWN_GRACE_SECONDS = 0.5
"""The time for which a stopping server waits for the end of requests. Then the server aborts the connections of the requests."""

KEEP_ALIVE_SECONDS = 75
BACKLOG = 1024
_TICK_SECONDS = 0.5


class ServerThread:
    """A thread that runs an HTTP server for an ASGI application.

    The server listens on its port from the creation of this object, but answers requests only after `start`.

    Args:
        app: The ASGI application.
        host: The IP address or host name to listen on. An address with a colon is an IPv6 address.
        port: The port to listen on. 0 selects a free port.
        ssl_context: The SSL context for HTTPS, or None for HTTP.

    Raises:
        OSError: The server cannot listen on the host and the port.
    """

    def __init__(self, app: ASGIApp, host: str, port: int, ssl_context: ssl.SSLContext | None = None) -> None:
        self._server = _Server(
            Config(
                app,
                http=RegistryProtocol,
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
        """Start the thread, and wait until the server can answer requests.

        Raises:
            RuntimeError: The server could not start. The `__cause__` of the exception is the original error.
        """
        self._thread.start()
        self._server.ready.wait()
        if self._failure is not None:
            self._socket.close()
            raise RuntimeError(f"the server of the embedded registry could not start: {self._failure}") from self._failure

    def stop(self) -> None:
        """Stop the server, and wait until its thread has ended.

        If requests are not finished after SHUTDOWN_GRACE_SECONDS, their connections are aborted.
        """
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
    """Return a socket that listens on a host and a port.

    The socket is created with IPPROTO_TCP, since asyncio disables Nagle's algorithm only for sockets with this protocol. Nagle's
    algorithm would delay each response by 40 ms.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # on Windows, this option would allow two servers to listen on the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


class _Server(Server):
    """A uvicorn server that sets the event `ready` when it can answer requests.

    If no request is running, the server stops immediately. The original uvicorn server waits before it stops.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Tell the server to stop, and return before it has stopped. Any thread may call this method."""
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
        if tasks := list(self.server_state.tasks):  # these tasks end, since their connections are aborted
            await asyncio.wait(tasks, timeout=SHUTDOWN_GRACE_SECONDS)


class Certificates:
    """A new certificate authority, a certificate for the server, and a certificate for clients.

    The certificates are stored in temporary files, which are deleted when this object is garbage-collected or Python exits.

    Args:
        host: The address on which the server listens. The server certificate is valid for this address, and for `localhost`,
            `127.0.0.1` and `::1`.

    Raises:
        ImportError: The extra `testing` is not installed.
    """

    def __init__(self, host: str) -> None:
        with needs_extra():
            import trustme
        self._authority = trustme.CA()
        self._host = host
        self._directory = Path(tempfile.mkdtemp(prefix="registry-"))
        weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        self.ca_pem = self._authority.cert_pem.bytes().decode()
        """The certificate of the certificate authority, which clients must trust, in PEM format."""
        self.ca_file = self._directory / "ca.pem"
        """The path of a file with the certificate of the certificate authority."""
        self.client_file = self._directory / "client.pem"
        """The path of a file with the private key and the certificate for clients, in PEM format."""
        self.ca_file.write_text(self.ca_pem)
        self._issue(self.client_file, "client@registry.invalid")

    def server_context(self, *, require_client: bool) -> ssl.SSLContext:
        """Issue the server certificate, and create an SSL context with which the server serves HTTPS.

        Args:
            require_client: Whether clients must present a certificate issued by the certificate authority of this object.

        Returns:
            The SSL context.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = self._directory / "server.pem"
        self._issue(file, *dict.fromkeys([self._host, "localhost", "127.0.0.1", "::1"]))
        context.load_cert_chain(file)
        if require_client:
            context.load_verify_locations(cadata=self.ca_pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _issue(self, file: Path, *names: str) -> None:
        """Issue a certificate, and write the private key and the certificate to a file in PEM format.

        Args:
            file: The path of the file.
            names: The host names, IP addresses or email addresses for which the certificate is valid.
        """
        self._authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(str(file))


@attrs.frozen
class RunningServers:
    """The port and the token service of a running registry, and the callbacks that stop its servers."""

    port: int
    token_address: TokenAddress
    parts: ExitStack
