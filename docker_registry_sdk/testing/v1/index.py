"""An index: it knows the images of repositories, gives tokens, and names the registries."""

import asyncio
import json
from collections.abc import Hashable
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.storage.records import V1Repository
from docker_registry_sdk.testing.v1.requests import is_list, is_object, parse_repository, read_document
from docker_registry_sdk.testing.v1.responses import V1Error, crash, raw_reply, reply
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.tokens import Token, TokenLedger, parse_token
from docker_registry_sdk.testing.v1.users import Users, unauthorized


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


def merge_lists(new: list[Any], stored: list[Any]) -> list[dict[str, Any]]:
    """Merge a list of images into the one that is stored.

    Args:
        new: What was put now.
        stored: What is there.

    Returns:
        Each image once, with its id and, where one of the lists has it, the newest checksum; nothing else is kept.

    Raises:
        ValueError: An entry has no id.

    Source: docker-registry 0.9, index.update_index_images.
    """
    images: dict[Hashable, dict[str, Any]] = {}
    for entry in [*new, *stored]:
        if not is_object(entry) or not isinstance(entry.get("id"), Hashable) or "id" not in entry:
            raise ValueError("an image has no id")
        if "checksum" not in images.get(entry["id"], {}):
            images[entry["id"]] = {key: entry[key] for key in ("id", "checksum") if key in entry}
    return list(images.values())


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

    async def search(self, request: Request) -> Response:
        """List the repositories whose names hold a text, all at once and whatever their privacy."""
        term = next((value for key, value in request.query_params.multi_items() if key == "q"), "")
        records = self.index.storage.v1
        found = ((name, records.load(name)) for name in records.names() if term.lower() in name.lower())
        names = [name for name, record in found if record is not None and record.images is not None]
        results = [{"name": name, "description": ""} for name in names]
        return reply({"query": term, "num_results": len(results), "results": results})

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
