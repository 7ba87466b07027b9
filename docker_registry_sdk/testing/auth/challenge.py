"""The answer to a request that is not let in."""

from collections.abc import Mapping, Sequence

from docker_registry_sdk.testing.v2.access import Access
from docker_registry_sdk.testing.v2.errors import UNAUTHORIZED, ApiError

REALM = "embedded-registry"
"""The realm of Basic challenges."""


def basic_challenge() -> str:
    """Return the value of `WWW-Authenticate` that asks for Basic credentials."""
    return _challenge("Basic", {"realm": REALM})


def bearer_challenge(realm: str, service: str, scope: str, error: str | None) -> str:
    """Return the value of `WWW-Authenticate` that asks for a token.

    Args:
        realm: The URL of the token service.
        service: What the registry is called there.
        scope: What the token has to allow; empty when any token will do.
        error: What was wrong with the token that came, or None when there was none.

    Source: RFC 6750, section 3, and Distribution, "Token Authentication Specification".
    """
    return _challenge("Bearer", {"realm": realm, "service": service, "scope": scope, "error": error or ""})


def refusal(challenge: str, needed: Sequence[Access], message: str | None = None) -> ApiError:
    """Return the error that sends a challenge and lists what the request needed.

    Args:
        challenge: The value of `WWW-Authenticate`.
        needed: What the request does.
        message: What to say to a person.
    """
    detail = [{"Type": each.type, "Name": each.name, "Action": each.action} for each in needed]
    return ApiError(UNAUTHORIZED, message, details=[detail] if detail else (), headers={"www-authenticate": challenge})


def _challenge(scheme: str, parameters: Mapping[str, str]) -> str:
    """Write a challenge; none of the values holds a quote or a backslash."""
    return f"{scheme} " + ",".join(f'{name}="{value}"' for name, value in parameters.items() if value)
