"""A registry's repositories as a whole: their properties and their deletion."""

import asyncio
import re
import time

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.storage.records import PushInfo, V1Repository
from docker_registry_sdk.testing.v1.authorization import Gate
from docker_registry_sdk.testing.v1.requests import is_object, parse_repository, parse_tag, read_document
from docker_registry_sdk.testing.v1.responses import V1Error, crash, reply


@attrs.frozen
class Repositories:
    """The handlers of `/v1/repositories/<name>/properties`, and of the deletion of a repository.

    Args:
        storage: Where the registry's records are.
        gate: Who may call.

    Source: docker-registry 0.9, tags.py.
    """

    storage: Storage
    gate: Gate

    async def get_properties(self, request: Request) -> Response:
        """Tell whether a repository is private; one that is not there is public."""
        name = parse_repository(request.path_params["name"])
        await self.gate.check(request, name)
        record = self.storage.v1.load(name)
        return reply({"access": "private" if record is not None and record.private else "public"})

    async def put_properties(self, request: Request) -> Response:
        """Make a repository, which need not be there, private or public; any other value changes nothing."""
        name = parse_repository(request.path_params["name"])
        await self.gate.check(request, name)
        _, document = await read_document(request, "Invalid data")
        if not document or not is_object(document):
            raise V1Error("Invalid data")
        if "access" not in document:
            raise crash(self.gate.settings, "Missing access")
        if document["access"] in ("private", "public"):
            await asyncio.to_thread(self._set_private, name, document["access"] == "private")
        return reply()

    async def delete(self, request: Request) -> Response:
        """Delete a repository: its tags, its list of images and its privacy. The images stay."""
        name = parse_repository(request.path_params["name"])
        granted = await self.gate.check(request, name)
        if self.storage.v1.load(name) is None and granted is None:
            raise V1Error("Repository not found", 404)
        await asyncio.to_thread(self.storage.v1.remove, name)
        return reply()

    def _set_private(self, name: str, private: bool) -> None:
        with self.storage.lock:
            record = attrs.evolve(self.storage.v1.load(name) or V1Repository(), private=private)
            if record == V1Repository():
                self.storage.v1.remove(name)
            else:
                self.storage.v1.save(name, record)


UNKNOWN = {"last_update": None, "docker_version": None, "docker_go_version": None, "arch": "amd64", "os": "linux", "kernel": None}
"""What is said about a push that nothing is known about."""

_PRODUCT = re.compile(r"(?<![^\s/])([^\s/]+)/([^\s/]+)")


@attrs.frozen
class Tags:
    """The handlers of `/v1/repositories/<name>/tags`, of what is below, and of `/v1/repositories/<name>/json`.

    Args:
        storage: Where the registry's records are.
        gate: Who may call.

    Source: docker-registry 0.9, tags.py.
    """

    storage: Storage
    gate: Gate

    async def list(self, request: Request) -> Response:
        """List the tags; a repository that has none as yet has an empty map."""
        name = parse_repository(request.path_params["name"])
        granted = await self.gate.check(request, name)
        record = self.storage.v1.load(name)
        if record is None and granted is None:
            raise V1Error("Repository not found", 404)
        return reply({} if record is None else dict(record.tags))

    async def get(self, request: Request) -> Response:
        """Tell the image id of a tag."""
        record = await self._load(request)
        image_id = record.tags.get(request.path_params["tag"])
        if image_id is None:
            raise V1Error("Tag not found", 404)
        return reply(image_id)

    async def put(self, request: Request) -> Response:
        """Set a tag; the image need not belong to the repository, nor be complete."""
        name = parse_repository(request.path_params["name"])
        await self.gate.check(request, name)
        tag = parse_tag(request.path_params["tag"])
        _, image_id = await read_document(request, "Invalid data")
        if not image_id or not isinstance(image_id, str):
            raise V1Error("Invalid data")
        if self.storage.v1.load_image(image_id) is None:
            raise V1Error("Image not found", 404)
        await asyncio.to_thread(self._set, name, tag, image_id, push_facts(request.headers.get("user-agent", "")))
        return reply()

    async def delete(self, request: Request) -> Response:
        """Delete a tag; the image stays."""
        name = parse_repository(request.path_params["name"])
        await self.gate.check(request, name)
        await asyncio.to_thread(self._delete, name, request.path_params["tag"])
        return reply()

    async def facts(self, request: Request) -> Response:
        """Tell what is known about the push of a tag, be it there or not."""
        record = await self._load(request)
        return reply(dict(record.tag_push_info.get(request.path_params["tag"], UNKNOWN)))

    async def repository_facts(self, request: Request) -> Response:
        """Tell what is known about the push of the tag `latest`, be it there or not."""
        record = await self._load(request)
        return reply(UNKNOWN if record.push_info is None else dict(record.push_info))

    async def _load(self, request: Request) -> V1Repository:
        name = parse_repository(request.path_params["name"])
        await self.gate.check(request, name)
        return self.storage.v1.load(name) or V1Repository()

    def _set(self, name: str, tag: str, image_id: str, facts: PushInfo) -> None:
        with self.storage.lock:
            record = self.storage.v1.load(name) or V1Repository()
            self.storage.v1.save(name, record.with_tag(tag, image_id, facts))

    def _delete(self, name: str, tag: str) -> None:
        with self.storage.lock:
            record = self.storage.v1.load(name)
            if record is None or tag not in record.tags:
                raise V1Error(f"Tag not found: {tag}", 404)
            remaining = record.without_tag(tag)
            if remaining == V1Repository():
                self.storage.v1.remove(name)
            else:
                self.storage.v1.save(name, remaining)


def push_facts(user_agent: str) -> PushInfo:
    """Tell from a `User-Agent` what pushed, and from the clock when.

    Args:
        user_agent: The header.

    Returns:
        The facts. The time is in seconds since 1970, and wrong by the time zone where that is not UTC.

    Source: docker-registry 0.9, tags.create_tag_json.
    """
    products = dict(_PRODUCT.findall(user_agent))
    facts: dict[str, str | int] = {"last_update": int(time.mktime(time.gmtime()))}
    for key, product in (("docker_version", "docker"), ("docker_go_version", "go")):
        if product in products:
            facts[key] = products[product]
    return {**facts, **{key: products[key].lower() for key in ("arch", "kernel", "os") if key in products}}
