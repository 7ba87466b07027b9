"""The interfaces of credential providers, and a provider of one fixed credential."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from .credential import Credential
from .registry_keys import registry_key


@frozen(kw_only=True)
class CredentialSearch:
    """The result of a search for a credential in configuration files.

    Attributes:
        credential: The credential; None if no credential was found.
        passed_over: The files, entries and helpers that could not be used, and why, each as a line without secrets.
        by_repo: Whether repositories of the registry may have different credentials.
    """

    credential: Credential | None
    passed_over: tuple[str, ...] = ()
    by_repo: bool = False


class CredentialProvider(Protocol):
    """An object that returns the credentials for registries, for example the credentials of a cloud account.

    A client calls the provider when a registry requires credentials for the first time, and again for the next request after the
    registry or its token service has refused the credential. Concurrent calls of the client share one call of the provider, and
    its exception; but no call waits for the provider longer than 10 seconds: then it calls the provider itself. So several
    threads may call a provider at the same time.
    """

    def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
        """Return the credential for a registry, or None to send requests without credentials.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name in the registry (`Repo.remote_name`), such as `library/alpine`; None if the call
                concerns no repository.

        Raises:
            AuthError: The credential is not available, for example because a login has expired.
        """
        ...


class AsyncCredentialProvider(Protocol):
    """A provider like `CredentialProvider`, whose method is an async function."""

    async def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
        """Return the credential for a registry, or None to send requests without credentials.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name in the registry (`Repo.remote_name`), such as `library/alpine`; None if the call
                concerns no repository.

        Raises:
            AuthError: The credential is not available, for example because a login has expired.
        """
        ...


@frozen
class ExplicitCredentials:
    """A provider of one fixed credential, for sync and async clients.

    Attributes:
        credential: The credential.
        registry: The name of the only registry that the credential is for (`Index.name`); None for all registries.
    """

    credential: Credential
    registry: str | None = None

    def get_credential(self, registry: str, repo: str | None = None, /) -> Credential | None:
        """Return the credential; None if the credential is for another registry.

        Args:
            registry: The name of the registry (`Index.name`).
            repo: A repository's name, or None, the default; ignored, since the credential is the same for all repositories.
        """
        other = self.registry is not None and registry_key(self.registry) != registry_key(registry)
        return None if other else self.credential
