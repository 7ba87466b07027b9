"""The HTTP protocol of the embedded registry: it bounds the heads of requests, and the time in which a request must arrive."""

import asyncio
import logging
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from docker_registry_sdk.testing.connection import set_connection

MAX_HEAD_BYTES = 64 * 1024
"""The maximum length of a request line with all headers, and of what follows the last part of a body, such as trailers."""

MAX_SILENT_SECONDS = 60.0
"""The time in which the head of a request must arrive, and the maximum time between two parts of its body."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

_logger = logging.getLogger("docker_registry_sdk.testing.server")
_logger.setLevel(logging.ERROR)


class RegistryProtocol(HttpToolsProtocol):
    """The HTTP protocol of uvicorn, with limits, and with a separate logger, which logs errors but not malformed requests.

    All servers in the process share the loggers of uvicorn, so these loggers cannot be configured for the embedded registry only.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self.logger = _logger
        self._is_refused = False
        self._unparsed_bytes = 0  # since the last part of a body, or the end of a head
        self._silent_since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_data()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting for a request."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse bytes of the client, and end the connection if a head or trailers are too long."""
        if self._is_refused:
            return
        self._unparsed_bytes += len(data)
        super().data_received(data)
        if self._unparsed_bytes > MAX_HEAD_BYTES:
            self._refuse()

    def on_message_begin(self) -> None:
        """Begin a request, and store the connection in the ASGI scope of the request.

        With the scope, the application can end the connection.
        """
        super().on_message_begin()
        set_connection(cast("dict[str, Any]", self.scope), self.transport)
        self._await_data()

    def on_headers_complete(self) -> None:
        """Pass a request to the application, unless its head is too long."""
        if self._is_refused:
            return
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES:
            self._refuse()
            return
        self._unparsed_bytes = 0
        self._await_data()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass a part of a body to the application."""
        if self._is_refused:
            return
        self._unparsed_bytes = 0
        self._silent_since = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        if self._is_refused:
            return
        self._unparsed_bytes = 0
        self._stop_waiting()
        super().on_message_complete()

    def _refuse(self) -> None:
        self._is_refused = True
        self._stop_waiting()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _await_data(self) -> None:
        self._silent_since = self.loop.time()
        if self._timer is None:
            self._timer = self.loop.call_later(MAX_SILENT_SECONDS, self._end_if_silent)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_if_silent(self) -> None:
        self._timer = None
        # The client may be waiting for this server: for the end of an earlier request, for space, or for 100 Continue.
        is_waiting = self.cycle is not None and self.cycle.waiting_for_100_continue
        if self.flow.read_paused or self.pipeline or is_waiting:
            self._await_data()
            return
        left = self._silent_since + MAX_SILENT_SECONDS - self.loop.time()
        if left > 0:
            self._timer = self.loop.call_later(left, self._end_if_silent)
        else:
            self.transport.abort()
