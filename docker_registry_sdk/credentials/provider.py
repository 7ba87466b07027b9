"""What a client asks for credentials: anything with the one method of these protocols."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from ._keys import registry_key
from .credential import Credential


class CredentialProvider(Protocol):
    """Something that knows credentials, such as the login of a cloud.

    A client asks when a registry first wants credentials, and again when those it has are refused or about to expire; a
    provider keeps what is costly to get. Threads may call it at the same time.
    """

    def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
        """Return the credential for a registry, or None to go without.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name there (`Repo.remote_name`), such as `library/alpine`; None when no repository is meant.

        Raises:
            AuthError: There should be a credential, but it cannot be had.
        """
        ...


class AsyncCredentialProvider(Protocol):
    """A `CredentialProvider` whose method is awaited."""

    async def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
        """Return the credential for a registry, or None to go without; see `CredentialProvider`.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name there (`Repo.remote_name`), such as `library/alpine`; None when no repository is meant.

        Raises:
            AuthError: There should be a credential, but it cannot be had.
        """
        ...


@frozen
class ExplicitCredentials:
    """A provider of one credential that the caller gave; it does no I/O, and serves sync and async clients.

    Attributes:
        credential: The credential.
        registry: The name of the only registry that it is for (`Index.name`); None when it is for each that the client asks
            about.
    """

    credential: Credential
    registry: str | None = None

    def get_credential(self, registry: str, repo: str | None = None, /) -> Credential | None:
        """Return the credential, or None when it is for another registry.

        Args:
            registry: The name of the registry (`Index.name`).
            repo: The repository's name there; it does not matter here.
        """
        other = self.registry is not None and registry_key(self.registry) != registry_key(registry)
        return None if other else self.credential
