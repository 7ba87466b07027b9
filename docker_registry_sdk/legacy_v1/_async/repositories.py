"""The client methods for repositories in API v1: images, tags and properties."""

from __future__ import annotations

from collections.abc import Sequence

from ..._core.wire import Deadline, Timeout
from ...v1.api import (
    delete_repo,
    delete_repo_tag,
    delete_repo_tags,
    get_img_id,
    get_repo_json,
    get_repo_properties,
    get_repo_tag_json,
    list_repo_imgs,
    list_repo_tags,
    put_repo,
    put_repo_auth,
    put_repo_imgs,
    put_repo_properties,
    put_repo_tag,
)
from ...v1.models import RepoImg, RepoJson, RepoProperties
from .base import AsyncV1Base, async_create_v1_sender


class AsyncV1Repos(AsyncV1Base):
    """The client methods for repositories and tags."""

    async def list_repo_imgs(
        self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> list[RepoImg]:
        """Return the images that the index has recorded for the repository. A registry may hold images that the index has not
        recorded.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The repository does not exist.
            UnauthorizedError: The credentials are wrong, or the repository is private and the client has no credentials.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Docker Hub API, List user repository images.
        """
        return (
            await list_repo_imgs.asyncio(self._repo_sender, self._name, x_docker_token=True, timeout=timeout, deadline=deadline)
        ).body

    async def put_repo(
        self, images: Sequence[RepoImg | str], *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Begin a push: send a list of the push's images to the index, and open a session (token and cookies) for writing.

        Args:
            images: All images that will be pushed, each as a `RepoImg` or as an image id.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            UnauthorizedError: The index requires credentials, or rejects the client's credentials.
            MethodNotAllowedError: The index accepts no pushes.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Docker Hub API, Create a user repository.
        """
        await put_repo.asyncio(
            self._repo_sender, self._name, _images(images), x_docker_token=True, timeout=timeout, deadline=deadline
        )

    async def put_repo_imgs(
        self, images: Sequence[RepoImg], *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Complete a push by sending the checksums of the pushed images to the index.

        Args:
            images: The pushed images, with their checksums.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            BadRequestError: No push is open on the index: `put_repo` was not called before.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Docker Hub API, Update user repository images.
        """
        await put_repo_imgs.asyncio(self._repo_sender, self._name, _images(images), timeout=timeout, deadline=deadline)

    async def put_repo_auth(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> None:
        """Ask the index whether the token of the client's session for the repository is valid.

        Registries send this request to check the tokens of clients; clients rarely need to send it.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            UnauthorizedError: The client has no session, or the token of the session has expired.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Docker Hub API, Repository Authorization.
        """
        await put_repo_auth.asyncio(self._repo_sender, self._name, timeout=timeout, deadline=deadline)

    async def delete_repo(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> None:
        """Delete the repository with its tags and its list of images, on the index and on every registry that the index names.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The repository does not exist.
            UnauthorizedError: The index requires credentials, or rejects the client's credentials.
            AuthError: The index names a registry that may be hostile, so no request was sent to any registry. The index has
                begun the deletion, but no registry has deleted anything.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: The Docker Hub and the Registry spec, Delete.
        """
        name, limits = self._name, self._limits(timeout, deadline)
        response = await delete_repo.asyncio(
            self._repo_sender, name, x_docker_token=True, timeout=limits.timeout, deadline=limits.deadline
        )
        if response.status == 202:  # with another success status, index and registry are one host, which has deleted everything
            endpoints = self._auth_policy.endpoints(name, "delete")
            for endpoint in endpoints:
                await delete_repo.asyncio(
                    async_create_v1_sender(self._pipeline, name, endpoint), name, timeout=limits.timeout, deadline=limits.deadline
                )
            used = ", ".join(endpoint.netloc for endpoint in endpoints)
            await delete_repo.asyncio(
                self._repo_sender, name, x_docker_endpoints=used, timeout=limits.timeout, deadline=limits.deadline
            )
        self._auth_policy.forget(name)

    async def list_repo_tags(
        self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> dict[str, str]:
        """Return the tags of the repository, each with the id of its image.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The repository does not exist.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, List repository tags.
        """
        body = (await list_repo_tags.asyncio(self._repo_sender, self._name, timeout=timeout, deadline=deadline)).body
        if isinstance(body, dict):
            return body
        # Docker Hub once sent a list of tags with abbreviated ids.
        return {tag.name: tag.layer for tag in body if tag.name is not None and tag.layer is not None}

    async def get_img_id(
        self, tag: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> str:
        """Return the id of the image that a tag names.

        Args:
            tag: The tag.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The tag or the repository does not exist.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, Get image id for a particular tag.
        """
        return (await get_img_id.asyncio(self._repo_sender, self._name, tag, timeout=timeout, deadline=deadline)).body

    async def put_repo_tag(
        self, tag: str, img_id: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Create a tag, or move it to another image.

        Args:
            tag: The tag.
            img_id: The image's id.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The image does not exist.
            AuthError: The registry requires a token for writing: call `put_repo` first.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, Set a tag for a specified image id.
        """
        await put_repo_tag.asyncio(self._repo_sender, self._name, tag, img_id, timeout=timeout, deadline=deadline)

    async def delete_repo_tag(
        self, tag: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Delete a tag, but not its image.

        Args:
            tag: The tag.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The tag does not exist. docker-registry sometimes answers 404 although it has deleted the tag.
            AuthError: The registry requires a token for deleting. An index issues such tokens only for the deletion of a whole
                repository (`delete_repo`).
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, Delete a repository tag.
        """
        await delete_repo_tag.asyncio(self._repo_sender, self._name, tag, timeout=timeout, deadline=deadline)

    async def delete_repo_tags(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> None:
        """Delete all tags of the repository. On docker-registry, this deletes the repository as well.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The repository does not exist.
            AuthError: The registry requires a token for deleting, which an index issues only to `delete_repo`.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: docker-registry, tags.py, delete_repository.
        """
        await delete_repo_tags.asyncio(self._repo_sender, self._name, timeout=timeout, deadline=deadline)

    async def get_repo_json(
        self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> RepoJson:
        """Return data on the last push to the repository: the time, and the Docker version and platform of the pushing client.

        A registry may return default values instead of 404 if the repository does not exist.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: docker-registry, tags.py, get_repository_json.
        """
        return (await get_repo_json.asyncio(self._repo_sender, self._name, timeout=timeout, deadline=deadline)).body

    async def get_repo_tag_json(
        self, tag: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> RepoJson:
        """Return data on the last push of a tag: the time, and the Docker version and platform of the pushing client.

        A registry may return default values instead of 404 if the tag does not exist.

        Args:
            tag: The tag.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: docker-registry, tags.py, get_repository_tag_json.
        """
        return (await get_repo_tag_json.asyncio(self._repo_sender, self._name, tag, timeout=timeout, deadline=deadline)).body

    async def get_repo_properties(
        self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> RepoProperties:
        """Return the properties of the repository, which say who may read it.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The registry does not offer this call.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: docker-registry, tags.py, get_properties.
        """
        return (await get_repo_properties.asyncio(self._repo_sender, self._name, timeout=timeout, deadline=deadline)).body

    async def put_repo_properties(
        self, properties: RepoProperties, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Change the properties of the repository.

        Args:
            properties: The new properties.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            AuthError: The registry requires a token for writing: call `put_repo` first.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: docker-registry, tags.py, set_properties.
        """
        await put_repo_properties.asyncio(self._repo_sender, self._name, properties, timeout=timeout, deadline=deadline)


def _images(images: Sequence[RepoImg | str]) -> list[RepoImg]:
    return [RepoImg(id=image) if isinstance(image, str) else image for image in images]
