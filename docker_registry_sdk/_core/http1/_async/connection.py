"""A connection to a server over a non-blocking socket, with or without TLS."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TypeVar

import httpx

from ...concurrency.forks import close_descriptor
from ...wire import Deadline
from ..exchange import connection_errors
from ..idle import Destination
from ..sockets import (
    AddressInfo,
    ConnectionRules,
    NoRules,
    address_of,
    allowed_addresses,
    async_resolve_host,
    async_wait_for_socket,
)

T = TypeVar("T")
_NO_RULES = NoRules()


class AsyncConnection:
    """A connection to one IP address of a server. Only one task may use it at a time, but any task may close it.

    Args:
        sock: A non-blocking socket.
        address: The IP address of the server.
    """

    def __init__(self, sock: socket.socket, address: str) -> None:
        self.address = address
        self.deadline: Deadline | None = None
        """The deadline of the call that uses the connection; None if the call has no deadline."""
        self._sock = sock
        self._waiting = False
        self._closed = False
        self._failure: OSError | None = None

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float | None) -> None:
        """Perform the TLS handshake, after which all data is encrypted.

        Args:
            context: The trusted certificates and other settings.
            host: The name that the server's certificate must be valid for.
            seconds: The maximum time to wait for each message from the server; None for no limit.

        Raises:
            OSError: The handshake fails, or takes too long.
            ValueError: The host is not a valid server name for TLS.
        """
        secure = context.wrap_socket(self._sock, server_hostname=host, do_handshake_on_connect=False)
        self._sock = secure
        await self._retry_when_ready(secure.do_handshake, seconds)

    async def receive(self, size: int, seconds: float | None) -> bytes:
        """Wait for bytes, and return at least one byte; b"" if the server has closed the connection.

        Args:
            size: The maximum number of bytes.
            seconds: The maximum time to wait; None for no limit.

        Raises:
            OSError: The connection failed, or nothing was received in time.
        """
        return await self._retry_when_ready(lambda: self._sock.recv(size), seconds)

    async def receive_into(self, buffer: memoryview, seconds: float | None) -> int:
        """Read received bytes into a buffer; return the number of bytes, or 0 if the server has closed the connection.

        The method waits for the first byte only. A socket returns few bytes per call (with TLS, one record of at most 16 KiB), so
        the method calls the socket until the buffer is full or all received bytes are read.

        Args:
            buffer: The buffer.
            seconds: The maximum time to wait; None for no limit.

        Raises:
            OSError: The connection failed, or nothing was received in time.
        """
        if self._failure is not None:
            raise self._failure
        count = await self._retry_when_ready(lambda: self._sock.recv_into(buffer), seconds)
        while 0 < count < len(buffer):
            try:
                more = self._sock.recv_into(buffer[count:])
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except OSError as error:  # the next call raises the error, since the system reports it only once
                self._failure = error
                break
            if not more:
                break
            count += more
        return count

    def receive_now(self, size: int) -> bytes | None:
        """Return received bytes without waiting; None if nothing was received, b"" if the server has closed the connection.

        Args:
            size: The maximum number of bytes.

        Raises:
            OSError: The connection failed.
        """
        try:
            return self._sock.recv(size)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def send_now(self, data: memoryview) -> int:
        """Send as many bytes as possible without waiting, and return the number of bytes sent; 0 if none could be sent yet.

        Args:
            data: The bytes.

        Raises:
            OSError: The connection failed.
        """
        try:
            return self._sock.send(data)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    async def wait(self, seconds: float | None, *, write: bool) -> bool:
        """Wait until the connection is readable (or writable); return True, or False if the time is over.

        Args:
            seconds: The maximum time to wait; None for no limit. A deadline of the call limits the time, too.
            write: Whether to wait until the connection is writable instead of readable.

        Raises:
            OSError: The connection was closed by another task.
        """
        if self.deadline is not None:
            seconds = self.deadline.bound(seconds)
        self._waiting = True
        try:
            ready = await async_wait_for_socket(self._sock, seconds, write=write)
        finally:
            self._waiting = False
            if self._closed:
                self._sock.close()
        if self._closed:
            raise OSError("this client closed the connection")
        return ready

    def check_deadline(self) -> None:
        """Raise an exception if the deadline of the call that uses the connection has passed.

        Raises:
            TimeoutError: The deadline has passed.
        """
        if self.deadline is not None and self.deadline.has_passed:
            raise TimeoutError("the deadline of the call passed before the call was complete")

    def is_idle(self) -> bool:
        """Return whether the connection is open and no unread bytes have arrived.

        Bytes that arrive before the next request is sent cannot be the response to that request, so they make the connection
        unusable.
        """
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
        # A waiting thread or task would not notice that the socket is closed, and the system could reuse the socket's number for
        # another file. So wake the thread or task, and let `wait` close the socket.
        with suppress(OSError):  # the connection is lost already, which also wakes the thread or task
            self._sock.shutdown(socket.SHUT_RDWR)

    def abandon(self) -> None:
        """Close the file descriptor of the socket, and send nothing: another process may use the same connection."""
        self._closed = True
        close_descriptor(self._sock)

    async def _retry_when_ready(self, call: Callable[[], T], seconds: float | None) -> T:
        while True:
            try:
                return call()
            except (BlockingIOError, ssl.SSLWantReadError):
                write = False
            except ssl.SSLWantWriteError:
                write = True
            if not await self.wait(seconds, write=write):
                raise TimeoutError("timed out: no bytes could be sent or received within the timeout")


async def async_connect(
    destination: Destination,
    context: ssl.SSLContext,
    addresses: Collection[str] | None,
    seconds: float | None,
    deadline: Deadline | None = None,
    rules: ConnectionRules = _NO_RULES,
) -> AsyncConnection:
    """Connect to a host, with TLS for https.

    Args:
        destination: The scheme, the host and the port; the port is None for the default port of the scheme.
        context: The trusted certificates and other TLS settings.
        addresses: The only IP addresses to connect to, without a DNS lookup; None to resolve the host.
        seconds: The maximum time to connect, not counting the DNS lookup; None for no limit.
        deadline: The deadline of the call; None for no deadline.
        rules: The rules that see each connection.

    Raises:
        httpx.ConnectTimeout: Connecting takes too long.
        httpx.ConnectError: Connecting fails.
    """
    scheme, name, port_given = destination
    port = port_given or {"http": 80, "https": 443}[scheme]
    with connection_errors(httpx.ConnectError, httpx.ConnectTimeout):
        infos: list[AddressInfo] = []
        for host in [name] if addresses is None else addresses:
            infos += await async_resolve_host(host, port)
        infos = allowed_addresses(rules, name, infos)
        seconds = seconds if deadline is None else deadline.bound(seconds)
        connection = await _connect_to_first(infos, None if seconds is None else time.monotonic() + seconds)
        connection.deadline = deadline
        rules.note_connection(name, connection.address)
        try:
            if scheme == "https":
                await connection.start_tls(context, name, seconds)
        except BaseException:
            connection.close()
            raise
        return connection


async def _connect_to_first(infos: list[AddressInfo], deadline: float | None) -> AsyncConnection:
    """Try the addresses in order, and return the first connection that opens; raise the last error if all attempts fail.

    Each attempt gets an equal share of the time until `deadline`, a value of `time.monotonic()`; None for no limit.
    """
    failure: OSError | None = None
    for number, info in enumerate(infos):
        family, kind, protocol, _, address = info
        share = None if deadline is None else max(0.0, deadline - time.monotonic()) / (len(infos) - number)
        connection: AsyncConnection | None = None
        try:
            sock = socket.socket(family, kind, protocol)
            connection = AsyncConnection(sock, address_of(info))
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await _connect(connection, sock, address, share)
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


async def _connect(connection: AsyncConnection, sock: socket.socket, address: object, seconds: float | None) -> None:
    try:
        sock.connect(address)  # type: ignore[arg-type]
        return
    except BlockingIOError:
        pass
    if not await connection.wait(seconds, write=True):
        raise TimeoutError("timed out: the server did not accept the connection within the timeout")
    if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(number, os.strerror(number))
