"""A server on loopback that sends given bytes, valid HTTP or not."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from attrs import define, field

HEAD_END = b"\r\n\r\n"


@define(eq=False)
class RawServer:
    """A running server.

    Attributes:
        url: Its URL, without a path.
        requests: The requests that `read_request` read, with their bodies.
        connections: The connections so far.
    """

    url: str
    requests: list[bytes] = field(factory=list)
    connections: list[socket.socket] = field(factory=list)

    def read_request(self, connection: socket.socket) -> bytes:
        """Return the next request with its body; empty bytes if the client has closed the connection."""
        request = bytearray()
        while not _is_whole(request):
            more = connection.recv(1024 * 1024)
            if not more:
                return b""
            request += more
        self.requests.append(bytes(request))
        return bytes(request)  # not requests[-1], which another connection may have added


def _is_whole(request: bytearray) -> bool:
    end = request.find(HEAD_END)
    if end < 0:
        return False
    fields = dict(line.lower().split(b": ", 1) for line in bytes(request[:end]).split(b"\r\n")[1:])
    if fields.get(b"transfer-encoding") == b"chunked":
        return request.endswith(b"0\r\n\r\n")
    return len(request) - end - len(HEAD_END) >= int(fields.get(b"content-length", b"0"))


Script = Callable[[RawServer, socket.socket], None]


def answering(*answers: bytes) -> Script:
    """Return a script that sends these responses, one per request, and then closes the connection.

    Args:
        answers: The bytes of each response.
    """

    def run(server: RawServer, connection: socket.socket) -> None:
        for answer in answers:
            if not server.read_request(connection):
                return
            connection.sendall(answer)

    return run


@contextmanager
def run_raw_server(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Run a server until the context ends.

    Args:
        script: Called for each connection, in its own thread; afterwards the connection is closed.
        tls: The TLS context for https; None for http.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}")
        threads: list[Thread] = []

        def serve(connection: socket.socket) -> None:
            with suppress(OSError):
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                    server.connections.append(connection)
                script(server, connection)
            connection.close()

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.settimeout(10)
                if tls is None:
                    server.connections.append(connection)
                thread = Thread(target=serve, args=(connection,))
                threads.append(thread)
                thread.start()

        accepting = Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for connection in server.connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def read_until_closed(server: RawServer, connection: socket.socket) -> None:
    """Read until the client closes the connection, and send nothing."""
    while connection.recv(65536):
        pass
