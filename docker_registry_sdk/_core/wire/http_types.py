"""The classes of httpx that this package uses, and the protocol of responses that generated functions parse."""

from __future__ import annotations

from typing import Any, Protocol

import httpx

HTTPRequest = httpx.Request
HTTPResponse = httpx.Response
HTTPFailure = httpx.TransportError


class ReceivedResponse(Protocol):
    """A response whose body was read, such as an `httpx.Response`."""

    @property
    def status_code(self) -> int:
        """The status."""
        ...

    @property
    def headers(self) -> Any:
        """The headers, with the attributes of `httpx.Headers`."""
        ...

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        ...

    @property
    def text(self) -> str:
        """The text of the body."""
        ...

    @property
    def request(self) -> Any:
        """The request, with the attributes of `httpx.Request`."""
        ...

    @property
    def extensions(self) -> Any:
        """A dictionary for facts about the response."""
        ...
