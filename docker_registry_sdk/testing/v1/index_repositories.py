"""The repositories of an index: allocating and deleting them, their images, and the start of a session."""

import asyncio
import json
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.v1_records import V1Repository
from docker_registry_sdk.testing.v1.answers import V1Error, raw_reply, reply
from docker_registry_sdk.testing.v1.crashes import crash
from docker_registry_sdk.testing.v1.documents import is_list, read_document
from docker_registry_sdk.testing.v1.index import Index
from docker_registry_sdk.testing.v1.index_lists import merge_lists
from docker_registry_sdk.testing.v1.names import parse_repository
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.tokens import Token, parse_token
from docker_registry_sdk.testing.v1.users import unauthorized


@attrs.frozen
class IndexRepositories:
    """The handlers of an index below `/v1/repositories/`.

    Args:
        index: What the index knows.
        settings: Its settings.

    Source: docker-registry 0.9, index.py; where that knows no users, the Docker Hub and the Registry spec.
    """

    index: Index
    settings: V1Settings

    async def put(self, request: Request) -> Response:
        """Allocate a repository for the images of a push."""
        return await self._put(request, 200)

    async def put_images(self, request: Request) -> Response:
        """End a push with the checksums of its images."""
        return await self._put(request, 204)

    async def get_images(self, request: Request) -> Response:
        """List the images, and give a token for reading them; or, to a registry, say whether a token is good."""
        name = parse_repository(request.path_params["name"])
        record = self.index.storage.v1.load(name)
        if not self.settings.standalone:
            await self._check_reader(request, name, private=record is not None and record.private)
        if record is None or record.images is None:
            raise V1Error("images not found", 404)
        return raw_reply(record.images.encode(), headers=self._session(request, name, "read"))

    async def delete_images(self, request: Request) -> Response:
        """Give a token for deleting; nothing else happens, as the list goes with the repository."""
        name = parse_repository(request.path_params["name"])
        self._check_writer(request)
        return reply("", 204, self._session(request, name, "delete"))

    async def delete(self, request: Request) -> Response:
        """Begin the deletion of a repository; or end it, when the registries have done their part and the client names them."""
        name = parse_repository(request.path_params["name"])
        self._check_writer(request)
        if name in self.index.deleting and "x-docker-endpoints" in request.headers:
            self.index.deleting.discard(name)
            await asyncio.to_thread(self.index.storage.v1.remove, name)
            return reply("", 200)
        record = self.index.storage.v1.load(name)
        if record is None or record.images is None:
            raise V1Error("Repository not found", 404)
        self.index.deleting.add(name)
        return reply("", 202, self._session(request, name, "delete"))

    async def authorize(self, request: Request) -> Response:
        """Take a token from a registry, and say whether it is good."""
        name = parse_repository(request.path_params["name"])
        if not self.settings.standalone:
            await self._accept(parse_token(request.headers.get("authorization")), name)
        return reply("OK")

    async def _put(self, request: Request, status: int) -> Response:
        name = parse_repository(request.path_params["name"])
        self._check_writer(request)
        text, document = await read_document(request, "Error Decoding JSON")
        if not is_list(document):
            raise V1Error("Invalid data")
        await asyncio.to_thread(self._store, name, text, document)
        return reply("", status, self._session(request, name, "write"))

    def _store(self, name: str, text: str, document: list[Any]) -> None:
        """Keep the first list as it is, and merge later ones into it."""
        storage = self.index.storage
        with storage.lock:
            record = storage.v1.load(name) or V1Repository()
            if record.images is not None:
                try:
                    text = json.dumps(merge_lists(document, json.loads(record.images)))
                except ValueError as error:
                    raise crash(self.settings, str(error)) from error
            storage.v1.save(name, attrs.evolve(record, images=text))
            self.index.deleting.discard(name)

    def _check_writer(self, request: Request) -> None:
        if not self.settings.standalone:
            self.index.users.require(request.headers.get("authorization"))

    async def _check_reader(self, request: Request, name: str, *, private: bool) -> None:
        """Let users read everything, others what is public, and registries what they have a token for."""
        header = request.headers.get("authorization")
        token = parse_token(header)
        if token is not None:
            await self._accept(token, name)
        elif private:
            self.index.users.require(header)
        else:
            self.index.users.authenticate(header)

    async def _accept(self, token: Token | None, name: str) -> None:
        if token is None or token.repository != name or not await asyncio.to_thread(self.index.accepts, token):
            raise unauthorized()

    def _session(self, request: Request, name: str, access: str) -> dict[str, str]:
        """Return the headers that give a token and the registries: always, standalone; else to those who ask."""
        if not self.settings.standalone and request.headers.get("x-docker-token", "").lower() != "true":
            return {}
        token = str(self.index.issue(name, access))
        return {
            "x-docker-endpoints": self.index.endpoints(request.headers.get("host", "")),
            "www-authenticate": f"Token {token}",
            "x-docker-token": f"Token {token}" if self.settings.standalone else token,
        }
