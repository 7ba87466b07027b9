"""The gate of a registry: what lets requests in, by the rules of its API."""

from __future__ import annotations

from typing import Protocol

from ..auth.authenticator import Authenticator
from ..auth.report import AuthReport
from ..auth.steps import Flow
from ..wire import HTTPRequest, call_of
from .foreign import follow_foreign
from .home import Home
from .redirects import follow_redirects


class Gate(Protocol):
    """What a pipeline puts requests through."""

    def flow(self, request: HTTPRequest, /) -> Flow:
        """Send a request, with what the registry asks for; the result is the last response.

        Args:
            request: The request.
        """
        ...


class V2Gate:
    """The gate of API v2: the token dance at home, redirects and upload locations elsewhere without credentials.

    Args:
        home: Where the registry is.
        authenticator: What lets requests in at home.
    """

    def __init__(self, home: Home, authenticator: Authenticator) -> None:
        self._home = home
        self._authenticator = authenticator

    @property
    def report(self) -> AuthReport:
        """What led to the last answer."""
        return self._authenticator.report

    def flow(self, request: HTTPRequest, /) -> Flow:
        """Send a request, and follow where its response leads; the result is the last response.

        Args:
            request: The request.
        """
        if call_of(request).external:
            return follow_foreign(request, lambda: self._home.origin)
        return follow_redirects(request, lambda: self._home.origin, self._authenticator.flow, former=self._home.first)
