"""The handlers of requests for the tags and the properties of a repository, and of requests to delete a repository."""

import asyncio
import re
import time
from collections.abc import Mapping

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.storage.records import PushInfo, V1RepositoryRecord
from docker_registry_sdk.testing.v1.authorization import RegistryAuthorizer
from docker_registry_sdk.testing.v1.requests import is_object, parse_repository, parse_tag, read_json
from docker_registry_sdk.testing.v1.responses import V1Error, crash_error, json_response

UNKNOWN_PUSH_INFO: Mapping[str, str | int | None] = {
    "last_update": None,
    "docker_version": None,
    "docker_go_version": None,
    "arch": "amd64",
    "os": "linux",
    "kernel": None,
}
"""The push information in responses for a tag that does not exist."""

_PRODUCT = re.compile(r"(?<![^\s/])([^\s/]+)/([^\s/]+)")


@attrs.frozen
class TagHandlers:
    """The handlers of `/v1/repositories/<name>/json`, `/v1/repositories/<name>/tags`, and the paths below `tags`.

    Args:
        storage: The storage of the registry.
        authorizer: The authorizer of the requests.

    Source: docker-registry 0.9, tags.py.
    """

    storage: RegistryStorage
    authorizer: RegistryAuthorizer

    async def list(self, request: Request) -> Response:
        """Return the tags of a repository as a JSON object, with the image id of each tag.

        If the repository does not exist, a standalone registry answers 404, and a registry that checks tokens returns an empty
        object.
        """
        name = parse_repository(request.path_params["name"])
        token_repository = await self.authorizer.authorize(request, name)
        record = await asyncio.to_thread(self.storage.v1.load, name)
        if record is None and token_repository is None:
            raise V1Error("Repository not found", 404)
        return json_response({} if record is None else dict(record.tags))

    async def get(self, request: Request) -> Response:
        """Return the id of the image to which a tag refers."""
        record = await self._load(request)
        image_id = record.tags.get(request.path_params["tag"])
        if image_id is None:
            raise V1Error("Tag not found", 404)
        return json_response(image_id)

    async def put(self, request: Request) -> Response:
        """Create a tag, or make an existing tag refer to another image.

        The image must exist. But its push need not be complete, and it may belong to another repository.
        """
        name = parse_repository(request.path_params["name"])
        await self.authorizer.authorize(request, name)
        tag = parse_tag(request.path_params["tag"])
        _, image_id = await read_json(request, "Invalid data")
        if not image_id or not isinstance(image_id, str):
            raise V1Error("Invalid data")
        if await asyncio.to_thread(self.storage.v1.load_image, image_id) is None:
            raise V1Error("Image not found", 404)
        await asyncio.to_thread(self._set, name, tag, image_id, _parse_push_info(request.headers.get("user-agent", "")))
        return json_response()

    async def delete(self, request: Request) -> Response:
        """Delete a tag, but not the image to which the tag refers."""
        name = parse_repository(request.path_params["name"])
        await self.authorizer.authorize(request, name)
        await asyncio.to_thread(self._delete, name, request.path_params["tag"])
        return json_response()

    async def get_push_info(self, request: Request) -> Response:
        """Return the time of the push of a tag, and the versions and the platform of the Docker client that pushed the tag.

        If the tag does not exist, return UNKNOWN_PUSH_INFO.
        """
        record = await self._load(request)
        return json_response(dict(record.tag_push_info.get(request.path_params["tag"], UNKNOWN_PUSH_INFO)))

    async def get_latest_push_info(self, request: Request) -> Response:
        """Return the push information of the tag `latest`, as `get_push_info` does."""
        record = await self._load(request)
        return json_response(dict(UNKNOWN_PUSH_INFO if record.push_info is None else record.push_info))

    async def _load(self, request: Request) -> V1RepositoryRecord:
        name = parse_repository(request.path_params["name"])
        await self.authorizer.authorize(request, name)
        return await asyncio.to_thread(self.storage.v1.load, name) or V1RepositoryRecord()

    def _set(self, name: str, tag: str, image_id: str, push_info: PushInfo) -> None:
        with self.storage.lock:
            record = self.storage.v1.load(name) or V1RepositoryRecord()
            self.storage.v1.save(name, record.with_tag(tag, image_id, push_info=push_info))

    def _delete(self, name: str, tag: str) -> None:
        with self.storage.lock:
            record = self.storage.v1.load(name)
            if record is None or tag not in record.tags:
                raise V1Error(f"Tag not found: {tag}", 404)
            _save_or_remove(self.storage, name, record.without_tag(tag))


@attrs.frozen
class RepositoryHandlers:
    """The handlers of `/v1/repositories/<name>/properties`, and of requests to delete a repository.

    Args:
        storage: The storage of the registry.
        authorizer: The authorizer of the requests.

    Source: docker-registry 0.9, tags.py.
    """

    storage: RegistryStorage
    authorizer: RegistryAuthorizer

    async def get_properties(self, request: Request) -> Response:
        """Return whether a repository is private or public. For a repository that does not exist, return `public`."""
        name = parse_repository(request.path_params["name"])
        await self.authorizer.authorize(request, name)
        record = await asyncio.to_thread(self.storage.v1.load, name)
        return json_response({"access": "private" if record is not None and record.private else "public"})

    async def put_properties(self, request: Request) -> Response:
        """Make a repository private or public, according to the field `access` in the body of the request.

        If the value of `access` is neither `private` nor `public`, change nothing. The repository need not exist.
        """
        name = parse_repository(request.path_params["name"])
        await self.authorizer.authorize(request, name)
        _, document = await read_json(request, "Invalid data")
        if not document or not is_object(document):
            raise V1Error("Invalid data")
        if "access" not in document:
            raise crash_error(self.authorizer.settings, "The JSON document has no field access; send private or public")
        if document["access"] in ("private", "public"):
            await asyncio.to_thread(self._set_private, name, document["access"] == "private")
        return json_response()

    async def delete(self, request: Request) -> Response:
        """Delete the tags, the image list and the properties of a repository, but not the images.

        If the repository does not exist, a standalone registry answers 404. A registry that checks tokens answers 200.
        """
        name = parse_repository(request.path_params["name"])
        token_repository = await self.authorizer.authorize(request, name)
        if await asyncio.to_thread(self.storage.v1.load, name) is None and token_repository is None:
            raise V1Error("Repository not found", 404)
        await asyncio.to_thread(self.storage.v1.remove, name)
        return json_response()

    def _set_private(self, name: str, private: bool) -> None:
        with self.storage.lock:
            record = self.storage.v1.load(name) or V1RepositoryRecord()
            _save_or_remove(self.storage, name, attrs.evolve(record, private=private))


def _save_or_remove(storage: RegistryStorage, name: str, record: V1RepositoryRecord) -> None:
    """Save the record of a repository. If the new record is empty, remove the stored record instead."""
    if record == V1RepositoryRecord():
        storage.v1.remove(name)
    else:
        storage.v1.save(name, record)


def _parse_push_info(user_agent: str) -> PushInfo:
    """Return the push information of a push: the current time, and the versions and the platform in the `User-Agent`.

    Args:
        user_agent: The value of the header.

    Returns:
        The push information. The time `last_update`, in seconds since 1970, is wrong by the UTC offset of this machine, as in
        docker-registry 0.9.

    Source: docker-registry 0.9, tags.create_tag_json.
    """
    products = dict(_PRODUCT.findall(user_agent))
    push_info: dict[str, str | int] = {"last_update": int(time.mktime(time.gmtime()))}
    for key, product in (("docker_version", "docker"), ("docker_go_version", "go")):
        if product in products:
            push_info[key] = products[product]
    return {**push_info, **{key: products[key].lower() for key in ("arch", "kernel", "os") if key in products}}
