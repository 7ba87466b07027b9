"""The connections of the transports of httpx, which are made here so that rules see the address of each, and that the bytes
before the end of a head are counted.
"""

from __future__ import annotations

import ssl
import time
from typing import Any

import httpx

from ..exchange import connection_errors
from ..head_limit import count_received
from ..sockets import ConnectionRules, address_of, allowed_addresses, async_resolve_host


def async_apply_rules(pool: Any, rules: ConnectionRules) -> None:
    """Let rules see each connection that a pool of httpcore makes from now on, and count the bytes that it receives.

    Args:
        pool: The pool, which has no option for it. Nothing happens if it is None.
        rules: The rules.
    """
    if pool is not None:
        pool._network_backend = AsyncNetworkBackend(pool._network_backend, rules)


class AsyncNetworkBackend:
    """A network backend for httpcore. It resolves hosts itself, and passes one IP address after the other to another backend.

    Args:
        backend: The other backend, which makes the connections.
        rules: The rules that see each connection.
    """

    def __init__(self, backend: Any, rules: ConnectionRules) -> None:
        self._backend = backend
        self._rules = rules

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> Any:
        """Return a connection to the first address of a host that accepts one.

        Args:
            host: The host.
            port: The port.
            timeout: The maximum time to connect in seconds, of which each address gets an equal share; None for no limit.
            options: The other options of the other backend.

        Raises:
            httpx.ConnectError: The host cannot be resolved, or no address may be connected to.
        """
        with connection_errors(httpx.ConnectError, httpx.ConnectTimeout):
            infos = allowed_addresses(self._rules, host, await async_resolve_host(host, port))
        deadline = None if timeout is None else time.monotonic() + timeout
        failure: Exception | None = None
        for number, info in enumerate(infos):
            share = None if deadline is None else max(0.0, deadline - time.monotonic()) / (len(infos) - number)
            try:
                stream = await self._backend.connect_tcp(*info[4][:2], timeout=share, **options)
            except Exception as error:  # an exception of httpcore, which httpx converts
                failure = error
            else:
                self._rules.note_connection(host, address_of(info))
                return AsyncCountedStream(stream)
        assert failure is not None
        raise failure

    async def connect_unix_socket(self, path: str, timeout: float | None = None, **options: Any) -> Any:
        """Return a connection of the other backend to a Unix socket.

        Args:
            path: The path of the socket.
            timeout: The maximum time to connect in seconds; None for no limit.
            options: The other options of the other backend.
        """
        return await self._backend.connect_unix_socket(path, timeout=timeout, **options)

    async def sleep(self, seconds: float) -> None:
        """Wait.

        Args:
            seconds: The time to wait.
        """
        await self._backend.sleep(seconds)


class AsyncCountedStream:
    """A connection of httpcore that counts the bytes that it receives, see `head_limit`.

    Args:
        stream: The connection of another backend.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes; b"" if the server has closed the connection.

        Args:
            max_bytes: The maximum number of bytes.
            timeout: The maximum time to wait in seconds; None for no limit.

        Raises:
            httpx.RemoteProtocolError: Too many bytes were received before the end of the head of a response.
        """
        return count_received(await self._stream.read(max_bytes, timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes.

        Args:
            buffer: The bytes.
            timeout: The maximum time to wait in seconds; None for no limit.
        """
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncCountedStream:
        """Return a connection with TLS over this connection.

        Args:
            ssl_context: The trusted certificates and other TLS settings.
            server_hostname: The name that the certificate of the server must have.
            timeout: The maximum time to wait in seconds; None for no limit.
        """
        return AsyncCountedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return a property of the connection, such as `socket`; None if the property is unknown.

        Args:
            info: The name of the property.
        """
        return self._stream.get_extra_info(info)
