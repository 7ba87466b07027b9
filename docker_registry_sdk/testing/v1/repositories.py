"""A registry's repositories as a whole: their properties and their deletion."""

import asyncio

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.storage.v1_records import V1Repository
from docker_registry_sdk.testing.v1.answers import V1Error, reply
from docker_registry_sdk.testing.v1.crashes import crash
from docker_registry_sdk.testing.v1.documents import is_object, read_document
from docker_registry_sdk.testing.v1.gate import Gate
from docker_registry_sdk.testing.v1.names import parse_repository


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
