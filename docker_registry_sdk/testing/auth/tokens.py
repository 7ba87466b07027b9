"""Tokens: signed ones that let in to the registry, and refresh tokens that get more of them."""

import hashlib
import secrets
import threading
from collections.abc import Sequence

import attrs
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from docker_registry_sdk.testing.auth.scopes import from_claim, to_claim
from docker_registry_sdk.testing.settings import Clock
from docker_registry_sdk.testing.v2.access import Access, Grant

ISSUER = "embedded-registry-token-service"
SERVICE = "embedded-registry"
"""What the registry is called in challenges and in tokens."""

_ALGORITHM = "ES256"


@attrs.frozen
class AccessToken:
    """A token for the registry.

    Args:
        value: The token.
        issued_at: When it was made, in seconds since 1970.
        lifetime: For how many seconds it is good.
    """

    value: str = attrs.field(repr=False)
    issued_at: int
    lifetime: int


class Tokens:
    """Gives out tokens and checks them; any thread may revoke them.

    Access tokens carry their rights and a signature. Refresh tokens are random; of these, hashes are kept.

    Args:
        clock: The time that counts.
        lifetime: For how many seconds an access token is good.

    Source: Distribution, "Token Authentication Implementation" (the claims), "Oauth2 Token Authentication" (refresh tokens).
    """

    def __init__(self, clock: Clock, lifetime: int) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._key = _new_key()
        self._refresh_tokens: set[bytes] = set()

    def issue(self, subject: str, accesses: Sequence[Access]) -> AccessToken:
        """Make an access token.

        Args:
            subject: The user's name; empty for an anonymous one.
            accesses: What it allows.

        Returns:
            The token.
        """
        key = self._key
        now = int(self._clock.now())
        claims = {
            "iss": ISSUER,
            "sub": subject,
            "aud": SERVICE,
            "exp": now + self._lifetime,
            "nbf": now,
            "iat": now,
            "jti": secrets.token_urlsafe(16),
            "access": to_claim(accesses),
        }
        return AccessToken(jwt.encode({"alg": _ALGORITHM, "kid": key.kid}, claims, key, [_ALGORITHM]), now, self._lifetime)

    def verify(self, value: str) -> Grant | None:
        """Check an access token.

        Args:
            value: The token.

        Returns:
            What it allows, or None when it is none of this registry's, has run out or was revoked.
        """
        checks = jwt.JWTClaimsRegistry(
            now=int(self._clock.now()),
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": SERVICE},
            exp={"essential": True},
        )
        try:
            token = jwt.decode(value, self._key, [_ALGORITHM])
            checks.validate(token.claims)
        except (JoseError, ValueError, RecursionError):
            return None
        return from_claim(token.claims["access"])

    def issue_refresh_token(self) -> str:
        """Make a refresh token for the user; it does not run out."""
        value = secrets.token_urlsafe(32)
        with self._lock:
            self._refresh_tokens.add(_hash(value))
        return value

    def accepts_refresh_token(self, value: str) -> bool:
        """Say whether a refresh token is good."""
        return _hash(value) in self._refresh_tokens

    def revoke(self) -> None:
        """Refuse all tokens that were given out so far."""
        with self._lock:
            self._key = _new_key()
            self._refresh_tokens = set()


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": _ALGORITHM}, auto_kid=True)


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
