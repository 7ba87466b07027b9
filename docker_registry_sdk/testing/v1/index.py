"""An index: it knows the images of repositories, gives tokens, and names the registries."""

import json

from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v1.documents import is_list, is_object
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.tokens import Token, TokenLedger
from docker_registry_sdk.testing.v1.users import Users


class Index:
    """What an index knows; the registries of several servers may ask it, each in its thread.

    Args:
        storage: Where its records are.
        settings: Its settings.
    """

    def __init__(self, storage: Storage, settings: V1Settings) -> None:
        self.storage = storage
        self.users = Users(settings.users)
        self.deleting: set[str] = set()
        """The repositories whose deletion has begun."""
        self._endpoints = settings.endpoints
        self._tokens = TokenLedger(single_use=settings.single_use)
        self._registries: list[str] = []

    def add_registry(self, host: str) -> None:
        """Have the index name a registry from now on.

        Args:
            host: Its host and port.
        """
        self._registries.append(host)

    def remove_registry(self, host: str) -> None:
        """Have the index forget a registry.

        Args:
            host: Its host and port.
        """
        self._registries.remove(host)

    def endpoints(self, own_host: str) -> str:
        """Return the registries that the index names, as they stand in `X-Docker-Endpoints`.

        Args:
            own_host: The Host of the request, which is named when no registry is known.
        """
        return ", ".join(self._endpoints or self._registries or [own_host])

    def issue(self, repository: str, access: str) -> Token:
        """Give a token for a repository, with read, write or delete access."""
        return self._tokens.issue(repository, access)

    def accepts(self, token: Token) -> bool:
        """Take a token that came back, and use it up if it is for one call only.

        Args:
            token: What a client sent.

        Returns:
            Whether it is good: given by this index, not used up, for a repository that is there.
        """
        return self._tokens.use(token) and self._list(token.repository) is not None

    def image_ids(self, repository: str) -> set[str]:
        """Return the ids of the images that a repository was allocated for."""
        document = json.loads(self._list(repository) or "[]")
        entries = [entry["id"] for entry in document if is_object(entry) and "id" in entry] if is_list(document) else []
        return {entry for entry in entries if isinstance(entry, str)}

    def _list(self, repository: str) -> str | None:
        record = self.storage.v1.load(repository)
        return None if record is None else record.images
