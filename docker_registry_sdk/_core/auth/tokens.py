"""The store of a client's tokens. Tokens are dropped when they expire, or when the registry rejects them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from attrs import field, frozen

from .effects import Lock
from .scope import ScopeSet

# A token that expires within this time could expire before the request arrives.
EXPIRY_MARGIN_SECONDS = 5.0
# The lifetime if the token service states a shorter lifetime or no lifetime (Docker's token specification).
MIN_LIFETIME_SECONDS = 60.0


@frozen
class Token:
    """A token of a token service.

    Attributes:
        value: The token.
        service: The realm, service and identity of the token request.
        scopes: The requested scopes. The token service may have granted less, and may not say so.
        ends: The value of the store's clock when the token expires.
        lifetime: The lifetime in seconds that the token service stated; None if it stated none.
        way: How the token was requested, in words.
    """

    value: str = field(repr=False)
    service: tuple[str, str, str]
    scopes: ScopeSet
    ends: float
    lifetime: float | None = None
    way: str = ""


class TokenStore:
    """The tokens of one registry and one identity, safe for threads.

    Args:
        create_lock: A function that creates a lock for the token requests of one service: the class `SingleFlightLock` for a sync
            client, the class `AsyncSingleFlightLock` for an async client.
        clock: A function that returns the seconds of a monotonic clock. Expiry does not depend on times that servers send.
    """

    def __init__(self, create_lock: Callable[[], Lock], clock: Callable[[], float] = time.monotonic) -> None:
        self._create_lock = create_lock
        self._clock = clock
        self._tokens: tuple[Token, ...] = ()
        self._lock = threading.Lock()
        # A lock exists as long as a flow holds it or waits for it.
        self._fetching: WeakValueDictionary[tuple[tuple[str, str, str], frozenset[str]], Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, service: tuple[str, str, str], wanted: ScopeSet) -> Token | None:
        """Return a token that covers the wanted scopes and does not expire soon; None if there is no such token.

        Args:
            service: The realm, service and identity of the token request.
            wanted: The scopes that the token must cover.
        """
        now = self._clock()
        for token in self._tokens:
            if token.service == service and token.ends - EXPIRY_MARGIN_SECONDS > now and token.scopes.covers(wanted):
                return token
        return None

    def lock(self, service: tuple[str, str, str], wanted: ScopeSet) -> Lock:
        """Return the lock for fetching a token. The holder fetches one token for all requests that need the same resources.

        Args:
            service: The realm, service and identity of the token request.
            wanted: The scopes that the new token must cover.
        """
        with self._lock:
            return self._fetching.setdefault((service, wanted.resources), self._create_lock())

    def widened(self, service: tuple[str, str, str], wanted: ScopeSet) -> ScopeSet:
        """Return the scopes to request: the wanted scopes, and all scopes of stored tokens that share a resource with them.

        Args:
            service: The realm, service and identity of the token request.
            wanted: The scopes that the new token must cover.
        """
        scopes = ScopeSet()
        for token in self._tokens:
            if token.service == service and token.scopes.touches(wanted):
                scopes = scopes.with_scopes(token.scopes.scopes)
        return scopes.with_scopes(wanted.scopes)

    def add(self, value: str, service: tuple[str, str, str], scopes: ScopeSet, lifetime: float | None, way: str = "") -> Token:
        """Return a new token after storing it. Stored tokens that have expired, or that the new token covers, are dropped.

        Args:
            value: The token.
            service: The realm, service and identity of the token request.
            scopes: The requested scopes.
            lifetime: The lifetime in seconds that the token service stated; None if it stated none.
            way: How the token was requested, in words.
        """
        now = self._clock()
        # If `lifetime` is NaN, `max` with this order of arguments returns the minimum.
        token = Token(value, service, scopes, now + max(MIN_LIFETIME_SECONDS, lifetime or 0.0), lifetime, way)
        with self._lock:
            alive = (old for old in self._tokens if old.ends > now)
            self._tokens = (token, *(old for old in alive if old.service != service or not scopes.covers(old.scopes)))
        return token

    def drop(self, value: str) -> None:
        """Drop a token that the registry rejected.

        Args:
            value: The token.
        """
        with self._lock:
            self._tokens = tuple(token for token in self._tokens if token.value != value)
