"""A loopback proxy that resets connections while the client sends a request body."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

_NO_LINGERING = struct.pack("ii", 1, 0)


class CuttingProxy:
    """Forwards connections, and resets those on which a client sends more bytes than the limit.

    Args:
        host: The host of the server.
        port: The port of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self.limits: list[int] = []
        """The numbers of bytes after which to reset a connection; each number is used for one connection that sends more."""
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Accept connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                Thread(target=self._send, args=(client, server), daemon=True).start()
                Thread(target=self._answer, args=(server, client), daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _send(self, client: socket.socket, server: socket.socket) -> None:
        passed = 0
        with suppress(OSError), client, server:
            while block := client.recv(65536):
                limit = self.limits[0] if self.limits else None
                if limit is not None and passed + len(block) > limit:
                    self.limits.pop(0)
                    server.sendall(block[: limit - passed])
                    server.shutdown(socket.SHUT_RDWR)
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
                    return
                server.sendall(block)
                passed += len(block)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while block := server.recv(65536):
                client.sendall(block)
            client.shutdown(socket.SHUT_WR)


@contextmanager
def run_cutting_proxy(url: str) -> Iterator[CuttingProxy]:
    """Run a proxy until the context ends.

    Args:
        url: The URL of the server.
    """
    host, _, port = url.partition("://")[2].partition(":")
    proxy = CuttingProxy(host, int(port))
    thread = Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
