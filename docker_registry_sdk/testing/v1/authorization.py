"""The authorization of requests to a registry: by a token of the index, or by the cookie of a session."""

import asyncio

import attrs
from starlette.requests import Request

from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.v1.index import Index
from docker_registry_sdk.testing.v1.responses import V1Error
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.tokens import Sessions, parse_token


@attrs.frozen
class RegistryAuthorizer:
    """The object that checks whether a client may send a request to a registry.

    Args:
        storage: The storage of the registry.
        settings: The settings of the registry.
        index: The index that issues the tokens.
        sessions: The sessions that the registry has opened; the cookie of a session replaces a token.

    Source: docker-registry 0.9, toolkit.requires_auth and toolkit.check_token.
    """

    storage: RegistryStorage
    settings: V1Settings
    index: Index
    sessions: Sessions

    async def authorize(self, request: Request, repository: str | None = None) -> str | None:
        """Check the session or the token of a request.

        If a token authorizes the request and the settings enable cookies, open a session.

        Args:
            request: The request.
            repository: The repository in the path of the request, or None if the path contains no repository.

        Returns:
            The repository for which the token or the session is valid, or None if the registry is standalone: a
            standalone registry requires no token.

        Raises:
            V1Error: 401: the request has neither a session nor a valid token that allows the method for the repository.
        """
        if self.settings.standalone:
            return None
        session = self.sessions.find(request)
        if session is not None and session.allows(request.method, repository):
            return session.repository
        token = parse_token(request.headers.get("authorization"))
        if token is None or not token.allows(request.method, repository) or not await asyncio.to_thread(self.index.verify, token):
            raise V1Error("Requires authorization", 401, {"www-authenticate": "Token"})
        if self.settings.cookies:
            self.sessions.open(request, token)
        return token.repository

    def check_image(self, token_repository: str | None, image_id: str) -> None:
        """Check that a client may read an image. The call may block.

        If the repository of the token is private, the image list of this repository must contain the image.

        Args:
            token_repository: The result of `authorize`: the repository of the token, or None for a standalone registry, where
                the check always succeeds.
            image_id: The id of the image.

        Raises:
            V1Error: 404: the repository is private, and the image list does not contain the image.

        Source: docker-registry 0.9, images.get_image_json and toolkit.validate_parent_access.
        """
        if token_repository is not None and not self.has_image(token_repository, image_id):
            record = self.storage.v1.load(token_repository)
            if record is not None and record.private:
                raise V1Error("Image not found", 404)

    def has_image(self, token_repository: str | None, image_id: str) -> bool:
        """Return whether the image list of the token's repository contains an image. The call may block.

        Args:
            token_repository: The result of `authorize`: the repository of the token, or None for a standalone registry, where the
                result is always True.
            image_id: The id of the image.
        """
        return token_repository is None or image_id in self.index.image_ids(token_repository)
