"""The store of a client's tokens. Tokens that have expired, and tokens that the registry rejects, are dropped."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from copy import copy
from typing import NamedTuple, TypeAlias
from weakref import WeakValueDictionary

from attrs import field, frozen

from ...credentials import Credential
from ...errors import TokenLoginError
from ..concurrency.forks import reset_after_fork
from .effects import HeldCredential, Lock
from .scope import ScopeSet

# A token that expires within this time could expire before the request arrives.
EXPIRY_MARGIN_SECONDS = 5.0
# The lifetime if the token service states a shorter lifetime or no lifetime (Docker's token specification).
MIN_LIFETIME_SECONDS = 60.0
# With the key, nobody who sees a digest can find the password by trying likely ones.
_DIGEST_KEY = secrets.token_bytes(32)
_MAX_REFUSALS = 100

# The service (see `Token.service`) and the resources of the wanted scopes.
_Key: TypeAlias = tuple[tuple[str, str, str], frozenset[str]]


def credential_digest(credential: Credential) -> str:
    """Return a text that differs for credentials with different user names or secrets, and that does not reveal the secret.

    Args:
        credential: The credential.
    """
    parts = (credential.username, credential.kind, getattr(credential, credential.kind))
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), key=_DIGEST_KEY, digest_size=32).hexdigest()


class Authorization(NamedTuple):
    """The authorization of a request.

    Attributes:
        value: The value of the Authorization header. None for a request without this header: the registry sent no challenge yet,
            or requires Basic credentials but there is no name and password.
        is_new: Whether the value was looked up or fetched after the call began. If the registry rejects it, another attempt would
            give no better value.
        held: The credential; None if no credential was looked up.
        is_planned: Whether the token was requested with more scopes than the request needs.
    """

    value: str | None
    is_new: bool = False
    held: HeldCredential | None = None
    is_planned: bool = False


@frozen
class Token:
    """A token that a token service issued, with the facts that decide for which requests it can be used.

    Attributes:
        value: The text of the token.
        service: The realm and the `service` of the challenge, and the `credential_digest`; empty for no service or no credential.
        scopes: The requested scopes. The token service may have granted fewer actions without saying so.
        ends: The value of the store's clock at which the token expires.
        lifetime: The lifetime in seconds that the token service stated; None if it stated none. A token without a lifetime, or
            with a shorter one than 60 seconds, is used for 60 seconds.
        way: How the token was requested, in words, such as `GET with name and password`.
        number: The number of the token among all tokens that were stored, from 1 on.
    """

    value: str = field(repr=False)
    service: tuple[str, str, str]
    scopes: ScopeSet
    ends: float
    lifetime: float | None = None
    way: str = ""
    number: int = 0


class TokenStore:
    """The tokens of one client, which several threads can use at the same time.

    Args:
        create_lock: A function that creates a lock for fetching a token: the class `SingleFlightLock` for a sync client, the
            class `AsyncSingleFlightLock` for an async client.
        clock: A function that returns the seconds of a monotonic clock. The lifetime of a token is measured by this clock from
            the time when the token is stored. Times that servers send, such as `issued_at`, are ignored, since the clock of a
            server may be wrong.

    Attributes:
        stored: The number of tokens that were stored so far.
        refused: The number of token requests so far whose credential the token service rejected.
    """

    def __init__(self, create_lock: Callable[[], Lock], clock: Callable[[], float] = time.monotonic) -> None:
        self._create_lock = create_lock
        self._clock = clock
        self._tokens: tuple[Token, ...] = ()
        self.stored = self.refused = 0
        self.after_fork()
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Replace the locks in a child process, where the threads that hold the locks do not exist. The tokens stay."""
        self._lock = threading.Lock()
        # A lock exists as long as a flow holds it or waits for it.
        self._fetching: WeakValueDictionary[_Key, Lock] = WeakValueDictionary()
        self._refusals: dict[_Key, tuple[int, TokenLoginError]] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, service: tuple[str, str, str], wanted: ScopeSet) -> Token | None:
        """Return a stored token that covers the wanted scopes and is valid for 5 seconds or more; None without such a token.

        Args:
            service: The realm, the `service` of the challenge, and the identity of the credential; see `Token.service`.
            wanted: The scopes that the token must cover.
        """
        now = self._clock()
        for token in self._tokens:
            if token.service == service and token.ends - EXPIRY_MARGIN_SECONDS > now and token.scopes.covers(wanted):
                return token
        return None

    def lock(self, service: tuple[str, str, str], wanted: ScopeSet) -> Lock:
        """Return the lock that a flow must hold while it fetches a token.

        All flows that need a token of the same service for the same resources get the same lock. So one flow fetches the token,
        and the others wait for the token.

        Args:
            service: The realm, the `service` of the challenge, and the identity of the credential; see `Token.service`.
            wanted: The scopes that the new token must cover.
        """
        with self._lock:
            return self._fetching.setdefault((service, wanted.resources), self._create_lock())

    def widened(self, service: tuple[str, str, str], wanted: ScopeSet) -> ScopeSet:
        """Return the scopes to request for a new token, so that the new token also replaces stored tokens for the same resources.

        They are the wanted scopes, and all scopes of each stored token of the service that has a resource in common with the
        wanted scopes.

        Args:
            service: The realm, the `service` of the challenge, and the identity of the credential; see `Token.service`.
            wanted: The scopes that the new token must cover.
        """
        scopes = ScopeSet()
        for token in self._tokens:
            if token.service == service and token.scopes.touches(wanted):
                scopes = scopes.with_scopes(token.scopes.scopes)
        return scopes.with_scopes(wanted.scopes)

    def add(self, value: str, service: tuple[str, str, str], scopes: ScopeSet, lifetime: float | None, way: str = "") -> Token:
        """Store a new token, and return it. Stored tokens that have expired, or whose scopes the new token covers, are dropped.

        Args:
            value: The text of the token.
            service: The realm, the `service` of the challenge, and the identity of the credential; see `Token.service`.
            scopes: The requested scopes.
            lifetime: The lifetime in seconds that the token service stated; None if it stated none. Less than 60 seconds, or
                None, counts as 60 seconds.
            way: How the token was requested, in words, such as `GET with name and password`.
        """
        now = self._clock()
        # If `lifetime` is NaN, `max` with this order of arguments returns the minimum.
        ends = now + max(MIN_LIFETIME_SECONDS, lifetime or 0.0)
        with self._lock:
            self.stored += 1
            token = Token(value, service, scopes, ends, lifetime, way, self.stored)
            alive = (old for old in self._tokens if old.ends > now)
            self._tokens = (token, *(old for old in alive if old.service != service or not scopes.covers(old.scopes)))
        return token

    def refuse(self, service: tuple[str, str, str], wanted: ScopeSet, error: TokenLoginError) -> None:
        """Store the exception of a token service that rejects the credential, for the other flows that need the same token.

        Only the last 100 exceptions are kept.

        Args:
            service: The realm, the `service` of the challenge, and the identity of the credential; see `Token.service`.
            wanted: The scopes that the new token should cover.
            error: The exception.
        """
        with self._lock:
            self.refused += 1
            self._refusals.pop((service, wanted.resources), None)
            self._refusals[service, wanted.resources] = (self.refused, copy(error))  # without its frames
            if len(self._refusals) > _MAX_REFUSALS:
                del self._refusals[next(iter(self._refusals))]

    def refusal(self, service: tuple[str, str, str], wanted: ScopeSet, since: int) -> TokenLoginError | None:
        """Return the exception that another flow got for the same token after a call began; otherwise None.

        Args:
            service: The realm, the `service` of the challenge, and the identity of the credential; see `Token.service`.
            wanted: The scopes that the new token should cover.
            since: The value of `refused` when the call began.
        """
        number, error = self._refusals.get((service, wanted.resources), (0, None))
        return None if error is None or number <= since else copy(error)

    def drop(self, value: str) -> None:
        """Remove a rejected token from the store. If the token is not stored, do nothing.

        Args:
            value: The text of the token.
        """
        with self._lock:
            self._tokens = tuple(token for token in self._tokens if token.value != value)
