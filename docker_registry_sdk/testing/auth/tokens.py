"""The access tokens and the refresh tokens of the token service."""

import hashlib
import secrets
import threading
from collections.abc import Sequence

import attrs
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from docker_registry_sdk.testing.auth.headers import SERVICE
from docker_registry_sdk.testing.auth.scopes import from_claim, to_claim
from docker_registry_sdk.testing.settings import RegistryClock
from docker_registry_sdk.testing.v2.access import Access, Grant

ISSUER = "embedded-registry-token-service"

_ALGORITHM = "ES256"


@attrs.frozen
class AccessToken:
    """An access token for the registry.

    Args:
        value: The token, which is a JWT.
        issued_at: The time of issue, in seconds since 1970.
        lifetime: The lifetime in seconds.
    """

    value: str = attrs.field(repr=False)
    issued_at: int
    lifetime: int


class Tokens:
    """An issuer and verifier of access tokens and refresh tokens. Any thread may call the methods.

    An access token is a JWT, which contains the rights that it grants and is signed with a key of this object. A refresh token is
    random text. This object stores only the hashes of refresh tokens.

    Args:
        clock: The clock that gives the time of issue of a token, and decides whether a token has expired.
        lifetime: The lifetime of access tokens in seconds.

    Source: Distribution, "Token Authentication Implementation" (the claims), "Oauth2 Token Authentication" (refresh tokens).
    """

    def __init__(self, clock: RegistryClock, lifetime: int) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._key = _new_key()
        self._refresh_tokens: set[bytes] = set()

    def issue(self, subject: str, accesses: Sequence[Access]) -> AccessToken:
        """Issue an access token.

        Args:
            subject: The user name, or an empty string for an anonymous client.
            accesses: The rights that the token grants.
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
        """Verify an access token.

        Args:
            value: The token that a client sent.

        Returns:
            The rights that the token grants, or None if the token was not issued by this object, has expired, or was revoked.
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
        """Issue a refresh token, with which a client can request access tokens as the user.

        A refresh token does not expire. It is valid until `revoke` is called.
        """
        value = secrets.token_urlsafe(32)
        with self._lock:
            self._refresh_tokens.add(_hash(value))
        return value

    def accepts_refresh_token(self, value: str) -> bool:
        """Return whether a refresh token was issued by this object and has not been revoked."""
        return _hash(value) in self._refresh_tokens

    def revoke(self) -> None:
        """Revoke all access tokens and refresh tokens issued so far."""
        with self._lock:
            self._key = _new_key()
            self._refresh_tokens = set()


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": _ALGORITHM}, auto_kid=True)


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
