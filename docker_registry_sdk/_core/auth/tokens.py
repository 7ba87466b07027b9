"""The tokens of one client: found by their scopes, dropped when they expire or the registry rejects them."""

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
# The lifetime if the token service states a shorter one, or none (Docker's token specification).
MIN_LIFETIME_SECONDS = 60.0


@frozen
class Token:
    """A token of a token service.

    Attributes:
        value: The token.
        service: The realm, service and identity that the token came from.
        scopes: The requested scopes; a service may grant less without saying so.
        ends: The time at which it expires, on the clock of the store.
        lifetime: The lifetime in seconds that the service stated, or None.
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
        create_lock: A function that creates a lock of the driver's kind.
        clock: A monotonic clock, in seconds. Times of servers are not used, so that no clock needs to be correct.
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
        """Return a token that covers the wanted scopes and does not expire soon, or None.

        Args:
            service: The realm, service and identity that the token must come from.
            wanted: The scopes that it must cover.
        """
        now = self._clock()
        for token in self._tokens:
            if token.service == service and token.ends - EXPIRY_MARGIN_SECONDS > now and token.scopes.covers(wanted):
                return token
        return None

    def lock(self, service: tuple[str, str, str], wanted: ScopeSet) -> Lock:
        """Return the lock for fetching a token: its holder fetches one for all requests that need the same resources.

        Args:
            service: The realm, service and identity of the token request.
            wanted: The scopes that the new token must cover.
        """
        with self._lock:
            return self._fetching.setdefault((service, wanted.resources), self._create_lock())

    def widened(self, service: tuple[str, str, str], wanted: ScopeSet) -> ScopeSet:
        """Return the scopes to request: the wanted ones, and those of the present tokens for the same resources.

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
        """Store a new token in place of those that it covers and those that have expired.

        Args:
            value: The token.
            service: The realm, service and identity that the token came from.
            scopes: The requested scopes.
            lifetime: The lifetime in seconds that the service stated, or None.
            way: How the token was requested, in words.
        """
        now = self._clock()
        # In this order of the arguments, NaN counts as no lifetime.
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
