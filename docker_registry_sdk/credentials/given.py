"""Conversion of the argument `credentials` of clients: a provider, a credential, a pair, or a mapping of registries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import field, frozen

from ..errors import InvalidReferenceError
from ..reference import parse_index
from .credential import Credential
from .provider import AsyncCredentialProvider, CredentialProvider, ExplicitCredentials
from .registry_keys import registry_key

CredentialOrPair: TypeAlias = Credential | tuple[str, str]
"""A credential, or a pair of a user name and a password."""

GivenCredentials: TypeAlias = CredentialProvider | CredentialOrPair | Mapping[str, CredentialOrPair]
"""The types of the argument `credentials` of sync clients."""

AsyncGivenCredentials: TypeAlias = AsyncCredentialProvider | GivenCredentials
"""The types of the argument `credentials` of async clients."""

CheckedCredentials: TypeAlias = CredentialProvider | AsyncCredentialProvider | Credential
"""The result of `check_credentials`. A `Credential` is for one registry only."""

_WANTED = (
    "credentials must be a Credential, a pair (username, password), a mapping from registries to these, or a provider with a "
    "method get_credential"
)


@frozen
class MappedCredentials:
    """A provider of one credential for each of several registries. Other registries are accessed without credentials.

    Attributes:
        by_registry: The credentials. Each key is the name of a registry as `registry_key` returns it.
    """

    by_registry: Mapping[str, Credential] = field(repr=lambda found: ", ".join(found))

    def get_credential(self, registry: str, repo: str | None = None, /) -> Credential | None:
        """Return the credential for a registry; None if the mapping does not contain the registry.

        Args:
            registry: The name of the registry (`Index.name`).
            repo: Ignored, since the credential is the same for all repositories of the registry.
        """
        return self.by_registry.get(registry_key(registry))


def check_credentials(
    credentials: AsyncGivenCredentials | None, username: str | None = None, password: str | None = None
) -> CheckedCredentials | None:
    """Check the arguments of a client that give its credentials, and convert them to a provider or to one credential.

    Args:
        credentials: The argument `credentials`; None if it was not given.
        username: The argument `username`; None if it was not given.
        password: The argument `password`; None if it was not given.

    Returns:
        A provider, or a credential for the one registry of the client; None if nothing was given.

    Raises:
        TypeError: An argument has the wrong type, only one of `username` and `password` was given, or credentials were given
            twice. The message contains no secret.
        ValueError: A user name or password contains a character that is not allowed, or a key of the mapping is no registry.
    """
    if (username is None) != (password is None):
        raise TypeError("username and password must be given together")
    if username is not None:
        if credentials is not None:
            raise TypeError("pass either username and password, or credentials, but not both")
        return Credential(username, password)
    if credentials is None or isinstance(credentials, Credential):
        return credentials
    if isinstance(credentials, tuple):
        return _to_credential(credentials)
    if isinstance(credentials, Mapping):
        if "username" in credentials or "password" in credentials:
            raise TypeError("pass username and password as a pair: credentials=(username, password)")
        return MappedCredentials({_key(name): _to_credential(value, name) for name, value in credentials.items()})
    if isinstance(credentials, type) or not callable(getattr(credentials, "get_credential", None)):
        raise TypeError(f"{_WANTED}, not {_described(credentials)}")
    return credentials


def provider_for(credentials: CheckedCredentials | None, registry: str) -> CredentialProvider | AsyncCredentialProvider | None:
    """Return the provider for the requests to one registry.

    Args:
        credentials: The result of `check_credentials`.
        registry: The name of the registry (`Index.name`). If `credentials` is one credential, it is sent to this registry only.

    Returns:
        The provider; None if no credentials were given.
    """
    return ExplicitCredentials(credentials, registry) if isinstance(credentials, Credential) else credentials


def _to_credential(value: object, registry: object = None) -> Credential:
    if isinstance(value, Credential):
        return value
    if isinstance(value, tuple) and len(value) == 2:
        return Credential(*value)
    beside = "" if registry is None else f" for {registry}"
    raise TypeError(f"{_WANTED}; the value{beside} is {_described(value)}")


def _key(registry: object) -> str:
    if not isinstance(registry, str):
        raise TypeError(f"a key of the mapping credentials must be the name of a registry, not {_described(registry)}")
    try:
        return registry_key(parse_index(registry).name)
    except InvalidReferenceError as error:
        raise ValueError(f"a key of the mapping credentials is not the name of a registry: {error}") from None


def _described(value: object) -> str:
    """Return the type of a value for a message, since the value itself may contain a password."""
    return f"a tuple of {len(value)} items" if isinstance(value, tuple) else f"an object of the type {type(value).__name__}"
