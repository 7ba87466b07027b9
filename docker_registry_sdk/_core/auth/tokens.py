"""The tokens that one client holds: found by what they allow, dropped when they end or are refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from attrs import field, frozen

from .effects import Lock
from .scope import ScopeSet

# A token that is about to end could end on the way.
MARGIN = 5.0
# What a token lasts when its server says less, or nothing at all (Docker's token specification).
LEAST_LIFETIME = 60.0


@frozen
class Token:
    """A token of a token service.

    Attributes:
        value: The token.
        service: The realm, service and identity that gave it.
        scopes: What was asked for with it; a service may grant less without saying so.
        ends: When it ends, on the clock of the store.
        lifetime: The seconds that it lasts, as its service says; None when it does not.
        way: How it was got, in words.
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
        create_lock: Makes a lock of the driver's kind.
        clock: Seconds that never go back. The times of servers are not compared with those here, so that neither clock
            needs to be right.
    """

    def __init__(self, create_lock: Callable[[], Lock], clock: Callable[[], float] = time.monotonic) -> None:
        self._create_lock = create_lock
        self._clock = clock
        self._tokens: tuple[Token, ...] = ()
        self._lock = threading.Lock()
        # A lock lasts as long as somebody holds it or waits for it.
        self._fetching: WeakValueDictionary[tuple[tuple[str, str, str], frozenset[str]], Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, service: tuple[str, str, str], wanted: ScopeSet) -> Token | None:
        """Return a token that allows what is wanted and will not end soon, or None.

        Args:
            service: The realm, service and identity that it must come from.
            wanted: What it must allow.
        """
        now = self._clock()
        for token in self._tokens:
            if token.service == service and token.ends - MARGIN > now and token.scopes.covers(wanted):
                return token
        return None

    def lock(self, service: tuple[str, str, str], wanted: ScopeSet) -> Lock:
        """Return the lock for what is wanted: whoever holds it fetches a token for all that want one for the same resources.

        Args:
            service: The realm, service and identity to ask with.
            wanted: What the new token must allow.
        """
        with self._lock:
            return self._fetching.setdefault((service, wanted.resources), self._create_lock())

    def widened(self, service: tuple[str, str, str], wanted: ScopeSet) -> ScopeSet:
        """Return what to ask a new token for: what is wanted, and what the tokens for the same resources allow.

        Args:
            service: The realm, service and identity to ask with.
            wanted: What the new token must allow.
        """
        scopes = ScopeSet()
        for token in self._tokens:
            if token.service == service and token.scopes.touches(wanted):
                scopes = scopes.with_scopes(token.scopes.scopes)
        return scopes.with_scopes(wanted.scopes)

    def add(self, value: str, service: tuple[str, str, str], scopes: ScopeSet, lifetime: float | None, way: str = "") -> Token:
        """Keep a new token, in place of those that allow no more than it does and those that have ended.

        Args:
            value: The token.
            service: The realm, service and identity that gave it.
            scopes: What was asked for.
            lifetime: The seconds that it lasts from now, as its server says.
            way: How it was got, in words.
        """
        now = self._clock()
        # In this order, a lifetime that is not a number counts as none.
        token = Token(value, service, scopes, now + max(LEAST_LIFETIME, lifetime or 0.0), lifetime, way)
        with self._lock:
            alive = (old for old in self._tokens if old.ends > now)
            self._tokens = (token, *(old for old in alive if old.service != service or not scopes.covers(old.scopes)))
        return token

    def drop(self, value: str) -> None:
        """Forget a token that was refused.

        Args:
            value: The token.
        """
        with self._lock:
            self._tokens = tuple(token for token in self._tokens if token.value != value)
