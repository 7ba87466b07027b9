"""The connections of the transport of httpx, which are made here so that rules see the address of each."""

from __future__ import annotations

import time
from typing import Any

import httpx

from ..exchange import connection_errors
from ..sockets import ConnectionRules, address_of, allowed_addresses, async_resolve_host


def async_apply_rules(transport: httpx.AsyncBaseTransport, rules: ConnectionRules) -> None:
    """Let rules see each connection that a transport of httpx makes from now on.

    Args:
        transport: The transport. Nothing happens if it is no `httpx.AsyncHTTPTransport`.
        rules: The rules.
    """
    if isinstance(transport, httpx.AsyncHTTPTransport):
        # httpx has no option for it, but httpcore has.
        pool: Any = transport._pool
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
                return stream
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
