"""A connection of the direct transport: a socket that never blocks, with TLS on it or without."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TypeVar

import httpx

from ..exchange import failing
from ..sockets import Target, async_look_up, async_wait_for

T = TypeVar("T")


class AsyncConnection:
    """A connection to one address of a server. One task uses it at a time; any may close it.

    Args:
        sock: A socket that is connected.
        address: The address that it is connected to.
    """

    def __init__(self, sock: socket.socket, address: str) -> None:
        self.address = address
        self._sock = sock
        self._waiting = False
        self._closed = False
        self._failure: OSError | None = None

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float | None) -> None:
        """Put TLS on the connection.

        Args:
            context: Which certificates are trusted.
            host: The name that the server's certificate must have.
            seconds: How long to wait for each of its answers.

        Raises:
            OSError: It fails, or takes too long.
            ValueError: The host is no name for TLS.
        """
        secure = context.wrap_socket(self._sock, server_hostname=host, do_handshake_on_connect=False)
        self._sock = secure
        await self._done(secure.do_handshake, seconds)

    async def receive(self, size: int, seconds: float | None) -> bytes:
        """Return what has come, and wait for it if nothing has; nothing when no more will come.

        Args:
            size: How many bytes at the most.
            seconds: How long to wait.

        Raises:
            OSError: The connection is broken, or nothing comes.
        """
        return await self._done(lambda: self._sock.recv(size), seconds)

    async def fill(self, room: memoryview, seconds: float | None) -> int:
        """Put what has come into a buffer, and wait for it if nothing has; return how many bytes there are, 0 at the end.

        A socket gives a little at a time, the more so with TLS, of which it gives one record.

        Args:
            room: The buffer.
            seconds: How long to wait.

        Raises:
            OSError: The connection is broken, or nothing comes.
        """
        if self._failure is not None:
            raise self._failure
        filled = await self._done(lambda: self._sock.recv_into(room), seconds)
        while 0 < filled < len(room):
            try:
                more = self._sock.recv_into(room[filled:])
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except OSError as error:  # the system tells it once
                self._failure = error
                break
            if not more:
                break
            filled += more
        return filled

    def receive_now(self, size: int) -> bytes | None:
        """Return what has come, None when nothing has; b"" when no more will come.

        Args:
            size: How many bytes at the most.

        Raises:
            OSError: The connection is broken.
        """
        try:
            return self._sock.recv(size)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def send_now(self, data: memoryview) -> int:
        """Return how many bytes could be sent without waiting.

        Args:
            data: The bytes.

        Raises:
            OSError: The connection is broken.
        """
        try:
            return self._sock.send(data)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    async def wait(self, seconds: float | None, *, write: bool) -> bool:
        """Wait until the connection can be read or written, and return whether it can.

        Args:
            seconds: How long; None for as long as it takes.
            write: Whether it is to be written.

        Raises:
            OSError: It was closed.
        """
        self._waiting = True
        try:
            ready = await async_wait_for(self._sock, seconds, write=write)
        finally:
            self._waiting = False
            if self._closed:
                self._sock.close()
        if self._closed:
            raise OSError("the connection was closed")
        return ready

    def is_idle(self) -> bool:
        """Return whether the connection is open and silent: what comes before anything was asked for belongs to no request."""
        try:
            return self.receive_now(1) is None
        except OSError:
            return False

    def close(self) -> None:
        """Close the connection."""
        self._closed = True
        if not self._waiting:
            self._sock.close()
            return
        # Whoever waits would never wake again, and its number may be another file's by then.
        with suppress(OSError):  # it is not connected any more, which wakes as well
            self._sock.shutdown(socket.SHUT_RDWR)

    async def _done(self, step: Callable[[], T], seconds: float | None) -> T:
        while True:
            try:
                return step()
            except (BlockingIOError, ssl.SSLWantReadError):
                write = False
            except ssl.SSLWantWriteError:
                write = True
            if not await self.wait(seconds, write=write):
                raise TimeoutError("timed out")


async def async_connect(
    url: httpx.URL, context: ssl.SSLContext, addresses: Collection[str] | None, seconds: float | None
) -> AsyncConnection:
    """Connect to a server, with TLS if the URL says so.

    Args:
        url: The URL whose host and port count.
        context: Which certificates are trusted.
        addresses: The only addresses that may be connected to; None for those that the host has.
        seconds: How long it may take; looking the host up does not count.

    Raises:
        httpx.ConnectTimeout: It takes too long.
        httpx.ConnectError: It fails.
    """
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    with failing(httpx.ConnectError, httpx.ConnectTimeout):
        targets: list[Target] = []
        for one in [url.host] if addresses is None else addresses:
            targets += await async_look_up(one, port)
        if not targets:
            raise OSError(f"no address of {url.host} is known")
        connection = await _connected(targets, None if seconds is None else time.monotonic() + seconds)
        try:
            if url.scheme == "https":
                await connection.start_tls(context, url.host, seconds)
        except BaseException:
            connection.close()
            raise
        return connection


async def _connected(targets: list[Target], deadline: float | None) -> AsyncConnection:
    """Return a connection to the first target that takes one; none may use up the time of those that follow."""
    failure: OSError | None = None
    for number, (family, kind, protocol, _, address) in enumerate(targets):
        share = None if deadline is None else max(0.0, deadline - time.monotonic()) / (len(targets) - number)
        connection: AsyncConnection | None = None
        try:
            sock = socket.socket(family, kind, protocol)
            connection = AsyncConnection(sock, address[0].partition("%")[0])
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await _reach(connection, sock, address, share)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if not isinstance(error, OSError):
                raise
            failure = error
        else:
            return connection
    assert failure is not None
    raise failure


async def _reach(connection: AsyncConnection, sock: socket.socket, address: object, seconds: float | None) -> None:
    try:
        sock.connect(address)  # type: ignore[arg-type]
        return
    except BlockingIOError:
        pass
    if not await connection.wait(seconds, write=True):
        raise TimeoutError("timed out")
    if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(number, os.strerror(number))
