"""Providers of credentials: the protocols that a client calls, and a provider of one fixed credential."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from .credential import Credential
from .registry_keys import registry_key


class CredentialProvider(Protocol):
    """An object that returns credentials, such as those of a cloud account.

    A client calls it when a registry requires credentials for the first time, and again when the credentials are rejected or
    about to expire. So a provider should cache credentials that are costly to get. Several threads may call it at the same time.
    """

    def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
        """Return the credential for a registry, or None to send requests without credentials.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name there (`Repo.remote_name`), such as `library/alpine`; None for the registry as a whole.

        Raises:
            AuthError: The credential is not available, for example because a login has expired.
        """
        ...


class AsyncCredentialProvider(Protocol):
    """A `CredentialProvider` whose method is awaited."""

    async def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
        """Return the credential for a registry, or None to send requests without credentials; see `CredentialProvider`.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name there (`Repo.remote_name`), such as `library/alpine`; None for the registry as a whole.

        Raises:
            AuthError: The credential is not available, for example because a login has expired.
        """
        ...


@frozen
class ExplicitCredentials:
    """A provider of one fixed credential, for sync and async clients.

    Attributes:
        credential: The credential.
        registry: The name of the registry that the credential is for (`Index.name`); None for every registry.
    """

    credential: Credential
    registry: str | None = None

    def get_credential(self, registry: str, repo: str | None = None, /) -> Credential | None:
        """Return the credential; None when it is for another registry.

        Args:
            registry: The name of the registry (`Index.name`).
            repo: Ignored.
        """
        other = self.registry is not None and registry_key(self.registry) != registry_key(registry)
        return None if other else self.credential
