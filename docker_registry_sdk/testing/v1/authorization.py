"""Who may do what at a registry: whoever has a token of its index, or a session that began with one."""

import asyncio

import attrs
from starlette.requests import Request

from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v1.index import Index
from docker_registry_sdk.testing.v1.responses import V1Error
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.tokens import Sessions, parse_token


@attrs.frozen
class Gate:
    """Checks the calls that reach a registry.

    Args:
        storage: Where the registry's records are.
        settings: The registry's settings.
        index: The index that gave the tokens.
        sessions: The sessions of the registry.

    Source: docker-registry 0.9, toolkit.requires_auth and toolkit.check_token.
    """

    storage: Storage
    settings: V1Settings
    index: Index
    sessions: Sessions

    async def check(self, request: Request, repository: str | None = None) -> str | None:
        """Let a call pass or refuse it.

        Args:
            request: The call.
            repository: The repository in its path, if there is one.

        Returns:
            The repository that the client has a token for, or None when a standalone registry lets everybody in.

        Raises:
            V1Error: 401.
        """
        if self.settings.standalone:
            return None
        session = self.sessions.find(request)
        if session is not None and session.allows(request.method, repository):
            return session.repository
        token = parse_token(request.headers.get("authorization"))
        if (
            token is None
            or not token.allows(request.method, repository)
            or not await asyncio.to_thread(self.index.accepts, token)
        ):
            raise V1Error("Requires authorization", 401, {"www-authenticate": "Token"})
        if self.settings.cookies:
            self.sessions.open(request, token)
        return token.repository

    def check_image(self, granted: str | None, image_id: str) -> None:
        """Hide an image from a client whose token is for a private repository that the image does not belong to; it may block.

        Args:
            granted: The repository that the client has a token for.
            image_id: The image.

        Raises:
            V1Error: 404.

        Source: docker-registry 0.9, images.get_image_json and toolkit.validate_parent_access.
        """
        if granted is not None and not self.belongs(granted, image_id):
            record = self.storage.v1.load(granted)
            if record is not None and record.private:
                raise V1Error("Image not found", 404)

    def belongs(self, granted: str | None, image_id: str) -> bool:
        """Say whether an image is one of those of the repository that the client has a token for.

        Args:
            granted: The repository; without one every image is.
            image_id: The image.
        """
        return granted is None or image_id in self.index.image_ids(granted)
