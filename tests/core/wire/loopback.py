"""A small HTTP server on loopback that records each request, and answers with a function of the test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from attrs import define, field, frozen


@frozen
class RecordedRequest:
    """A request that the server received.

    Attributes:
        line: The request line.
        headers: The headers, with names in lower case.
        body: The body.
    """

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def target(self) -> str:
        """The request target, verbatim."""
        return self.line.split(" ")[1]


Responder = Callable[["Handler"], None]


@define(eq=False)
class Loopback:
    """A running server.

    Attributes:
        url: The URL of the server, without a path.
        answer: The function that answers each request.
        seen: The requests so far.
        client_closed: Set once a connection with a client has ended.
    """

    url: str
    answer: Responder
    seen: list[RecordedRequest] = field(factory=list)
    client_closed: Event = field(factory=Event)


class Handler(BaseHTTPRequestHandler):
    """The handler of one connection."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True  # head and body are sent separately: without this, the body would be delayed
    loopback: Loopback

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a complete response.

        Args:
            status: The status code.
            body: The body.
            headers: The headers, with underscores for hyphens.
        """
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def cut(self, sent: bytes) -> None:
        """Send bytes unchanged and close the connection, which cuts a longer response.

        Args:
            sent: The bytes.
        """
        self.wfile.write(sent)
        self.close_connection = True

    def answer_any(self) -> None:
        """Read a request, record it, and call the function that answers it."""
        try:
            body = self._read_chunks() if "chunked" in self.headers.get("Transfer-Encoding", "") else self._read_length()
            self.loopback.seen.append(RecordedRequest(self.requestline, {k.lower(): v for k, v in self.headers.items()}, body))
            self.loopback.answer(self)
        except (OSError, ValueError):
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer_any  # noqa: N815

    def finish(self) -> None:
        """Set `client_closed` at the end of the connection."""
        try:
            super().finish()
        except OSError:
            pass
        finally:
            self.loopback.client_closed.set()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def _read_length(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


class Server(ThreadingHTTPServer):
    """A threading server that ignores the errors of closed connections."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing."""


@contextmanager
def run_loopback(answer: Responder, tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Run a server until the context ends.

    Args:
        answer: The function that answers each request.
        tls: The TLS context for https; None for http.
    """

    class Bound(Handler):
        pass

    with Server(("127.0.0.1", 0), Bound) as server:
        if tls is not None:  # the thread of each connection does the handshake
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        Bound.loopback = Loopback(f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}", answer)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Bound.loopback
        finally:
            server.shutdown()
            thread.join()
