"""A tiny HTTP server on loopback that shows what bytes went out, and answers as a test wants."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from attrs import define, field, frozen


@frozen
class Seen:
    """A request as it arrived.

    Attributes:
        line: The request line.
        headers: The headers, names in lower case.
        body: The body.
    """

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def target(self) -> str:
        """The request target, byte for byte."""
        return self.line.split(" ")[1]


Answer = Callable[["Handler"], None]


@define(eq=False)
class Loopback:
    """A running server.

    Attributes:
        url: Its address, without a path.
        answer: What answers a request.
        seen: The requests so far.
        gone: Set once a client has closed its connection.
    """

    url: str
    answer: Answer
    seen: list[Seen] = field(factory=list)
    gone: Event = field(factory=Event)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True  # head and body go out apart, and would wait for each other
    loopback: Loopback

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer.

        Args:
            status: The status.
            body: The body.
            headers: Headers, with underscores for hyphens.
        """
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def break_off(self, sent: bytes) -> None:
        """Send bytes unchanged, and close the connection.

        Args:
            sent: The bytes.
        """
        self.wfile.write(sent)
        self.close_connection = True

    def answer_any(self) -> None:
        """Read the request, keep it and answer."""
        try:
            body = self._read_chunks() if "chunked" in self.headers.get("Transfer-Encoding", "") else self._read_length()
            self.loopback.seen.append(Seen(self.requestline, {k.lower(): v for k, v in self.headers.items()}, body))
            self.loopback.answer(self)
        except (OSError, ValueError):
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer_any  # noqa: N815

    def finish(self) -> None:
        """Note that the connection is over."""
        try:
            super().finish()
        except OSError:
            pass
        finally:
            self.loopback.gone.set()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

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
    """A server that does not mind clients that go."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextmanager
def run_loopback(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Run a server until the context ends.

    Args:
        answer: What answers a request.
        tls: What it needs for https; None for http.
    """

    class Bound(Handler):
        pass

    with Server(("127.0.0.1", 0), Bound) as server:
        if tls is not None:  # the handshake is for the thread of the connection
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        Bound.loopback = Loopback(f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}", answer)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Bound.loopback
        finally:
            server.shutdown()
            thread.join()
