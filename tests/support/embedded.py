"""Log in to an embedded registry, and count its token requests."""

from __future__ import annotations

from typing import TypedDict

from docker_registry_sdk.testing import EmbeddedRegistry


class Login(TypedDict):
    """Client options of a user.

    Attributes:
        username: The user's name.
        password: The user's password.
    """

    username: str
    password: str


def login_of(registry: EmbeddedRegistry) -> Login:
    """Return the client options of the registry's user."""
    return {"username": registry.username, "password": registry.password}


def count_token_requests(registry: EmbeddedRegistry) -> int:
    """Return the number of requests to the token service so far."""
    return sum(record.path.startswith("/token") for record in registry.requests)
