"""A server on loopback that says what a test wants, byte for byte, whether that is HTTP or not."""

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
        url: Its address, without a path.
        requests: What was read by `read_request`, whole.
        connections: The connections so far.
    """

    url: str
    requests: list[bytes] = field(factory=list)
    connections: list[socket.socket] = field(factory=list)

    def read_request(self, connection: socket.socket) -> bytes:
        """Return a request with its body; nothing when the client is gone."""
        request = bytearray()
        while not _is_whole(request):
            more = connection.recv(1024 * 1024)
            if not more:
                return b""
            request += more
        self.requests.append(bytes(request))
        return bytes(request)  # not the last of them all, which may be another connection's by now


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
    """Return a script that gives each connection these answers, one for each request, and then closes it.

    Args:
        answers: What is sent after a request was read.
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
        script: What happens on each connection, in a thread of its own; it is closed at the end.
        tls: What it needs for https; None for http.
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
