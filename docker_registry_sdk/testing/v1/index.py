"""The index of API v1, which stores the image list of each repository, issues tokens, and tells clients the registry hosts.

The module contains the data of the index and the handlers of `/v1/repositories/` and `/v1/search`.
"""

import asyncio
import json
from collections.abc import Hashable
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.storage.records import V1RepositoryRecord
from docker_registry_sdk.testing.v1.requests import is_list, is_object, parse_repository, read_json
from docker_registry_sdk.testing.v1.responses import V1Error, crash_error, json_response, json_text_response
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.tokens import IssuedTokens, Token, parse_token
from docker_registry_sdk.testing.v1.users import Users, unauthorized


class Index:
    """The data of an index: the image lists, the users, the issued tokens, and the hosts of the registries.

    Any thread may call the methods, because the registries that use the index run in other threads.

    Args:
        storage: The storage of the index.
        settings: The settings of the index.
    """

    def __init__(self, storage: RegistryStorage, settings: V1Settings) -> None:
        self.storage = storage
        self.users = Users(settings.users)
        self.deleting: set[str] = set()
        """The names of the repositories whose deletion has begun but is not complete."""
        self._endpoints = settings.endpoints
        self._tokens = IssuedTokens(single_use=settings.single_use)
        self._registries: list[str] = []

    def add_registry(self, host: str) -> None:
        """Add a running registry, which `endpoints` then includes.

        Args:
            host: The host and port of the registry, such as `127.0.0.1:5000`.
        """
        self._registries.append(host)

    def remove_registry(self, host: str) -> None:
        """Remove a registry that `add_registry` added.

        Args:
            host: The host and port, as passed to `add_registry`.
        """
        self._registries.remove(host)

    def endpoints(self, own_host: str) -> str:
        """Return the value of the header `X-Docker-Endpoints`: the hosts of the registries, separated by commas.

        If the settings contain no hosts, the result contains the hosts of the running registries.

        Args:
            own_host: The Host header of the request: the result if the settings contain no hosts and no registry is running.
        """
        return ", ".join(self._endpoints or self._registries or [own_host])

    def issue(self, repository: str, access: str) -> Token:
        """Create a token, and store it so that `verify` accepts it.

        Args:
            repository: The name of the repository that the token is valid for.
            access: The access that the token allows: `read`, `write` or `delete`.
        """
        return self._tokens.issue(repository, access)

    def verify(self, token: Token) -> bool:
        """Return whether a token is valid and the repository of the token has an image list. The call may block.

        If tokens are valid for only one request, this call makes the token invalid.

        Args:
            token: The token that a client sent.
        """
        return self._tokens.verify(token) and self._image_list(token.repository) is not None

    def image_ids(self, repository: str) -> set[str]:
        """Return the image ids in the image list of a repository, or an empty set if the repository has no image list.

        The call may block.
        """
        document = json.loads(self._image_list(repository) or "[]")
        entries = [entry["id"] for entry in document if is_object(entry) and "id" in entry] if is_list(document) else []
        return {entry for entry in entries if isinstance(entry, str)}

    def _image_list(self, repository: str) -> str | None:
        record = self.storage.v1.load(repository)
        return None if record is None else record.images


@attrs.frozen
class IndexHandlers:
    """The handlers of `/v1/repositories/` at an index, and of `/v1/search`.

    Args:
        index: The data of the index.
        settings: The settings of the index.

    Source: docker-registry 0.9, index.py and search.py. For the check of users: "The Docker Hub and the Registry spec".
    """

    index: Index
    settings: V1Settings

    async def put_repository(self, request: Request) -> Response:
        """Store the list of the images that a client is going to push, and issue a `write` token for the push."""
        return await self._put(request, 200)

    async def put_images(self, request: Request) -> Response:
        """Store the image list with the checksums of the pushed images, which a client sends at the end of a push."""
        return await self._put(request, 204)

    async def get_images(self, request: Request) -> Response:
        """Return the image list of a repository, and issue a `read` token for a pull.

        Not only clients send this request: a registry sends it to verify the token that the registry received from a client. Then
        the `Authorization` header contains this token.
        """
        name = parse_repository(request.path_params["name"])
        record = await asyncio.to_thread(self.index.storage.v1.load, name)
        if not self.settings.standalone:
            await self._check_reader(request, name, private=record is not None and record.private)
        if record is None or record.images is None:
            raise V1Error("images not found", 404)
        return json_text_response(record.images.encode(), headers=self._token_headers(request, name, "read"))

    async def delete_images(self, request: Request) -> Response:
        """Issue a `delete` token for a repository. Do not delete the image list: it is deleted together with the repository."""
        name = parse_repository(request.path_params["name"])
        self._check_writer(request)
        return json_response("", 204, self._token_headers(request, name, "delete"))

    async def delete_repository(self, request: Request) -> Response:
        """Begin or complete the deletion of a repository.

        For the first request, issue a `delete` token, with which the client deletes the repository at the registry. For the
        second request, which has the header `X-Docker-Endpoints`, delete the repository at the index.
        """
        name = parse_repository(request.path_params["name"])
        self._check_writer(request)
        if name in self.index.deleting and "x-docker-endpoints" in request.headers:
            self.index.deleting.discard(name)
            await asyncio.to_thread(self.index.storage.v1.remove, name)
            return json_response("", 200)
        record = await asyncio.to_thread(self.index.storage.v1.load, name)
        if record is None or record.images is None:
            raise V1Error("Repository not found", 404)
        self.index.deleting.add(name)
        return json_response("", 202, self._token_headers(request, name, "delete"))

    async def verify_token(self, request: Request) -> Response:
        """Check that the token in the request is valid for the repository. A standalone index accepts every request.

        A registry sends this request with the token that the registry received from a client.
        """
        name = parse_repository(request.path_params["name"])
        if not self.settings.standalone:
            await self._check_token(parse_token(request.headers.get("authorization")), name)
        return json_response("OK")

    async def search(self, request: Request) -> Response:
        """Return all repositories, public and private, whose names contain the search term. Ignore case.

        The response contains all results, since the parameters for pages are ignored.
        """
        term = next((value for key, value in request.query_params.multi_items() if key == "q"), "")
        names = await asyncio.to_thread(self._find, term.lower())
        results = [{"name": name, "description": ""} for name in names]
        return json_response({"query": term, "num_results": len(results), "results": results})

    def _find(self, term: str) -> list[str]:
        """Return the names of the repositories that have an image list, and whose names in lower case contain a term."""
        records = self.index.storage.v1
        found = ((name, records.load(name)) for name in records.names() if term in name.lower())
        return [name for name, record in found if record is not None and record.images is not None]

    async def _put(self, request: Request, status: int) -> Response:
        name = parse_repository(request.path_params["name"])
        self._check_writer(request)
        text, document = await read_json(request, "Error Decoding JSON")
        if not is_list(document):
            raise V1Error("Invalid data")
        await asyncio.to_thread(self._store, name, text, document)
        return json_response("", status, self._token_headers(request, name, "write"))

    def _store(self, name: str, text: str, document: list[Any]) -> None:
        """Store an image list. If the repository has an image list already, merge the new list with the stored list.

        Args:
            name: The name of the repository.
            text: The new list as the client sent it, which is stored unchanged if there is no stored list.
            document: The same list, parsed as JSON.

        Raises:
            V1Error: 500 or, if `crashes` in the settings is False, 400: the lists cannot be merged, since an entry has no id.
        """
        storage = self.index.storage
        with storage.lock:
            record = storage.v1.load(name) or V1RepositoryRecord()
            if record.images is not None:
                try:
                    text = json.dumps(_merge_image_lists(document, json.loads(record.images)))
                except ValueError as error:
                    raise crash_error(self.settings, str(error)) from error
            storage.v1.save(name, attrs.evolve(record, images=text))
            self.index.deleting.discard(name)

    def _check_writer(self, request: Request) -> None:
        if not self.settings.standalone:
            self.index.users.require(request.headers.get("authorization"))

    async def _check_reader(self, request: Request, name: str, *, private: bool) -> None:
        """Check the token, or the user name and password, in a request to read an image list.

        Args:
            request: The request.
            name: The name of the repository.
            private: Whether the repository is private. A request for a public repository may have no token and no credentials.

        Raises:
            V1Error: 401: the token or the credentials are wrong, or are missing although the repository is private.
        """
        header = request.headers.get("authorization")
        token = parse_token(header)
        if token is not None:
            await self._check_token(token, name)
        elif private:
            self.index.users.require(header)
        else:
            self.index.users.authenticate(header)

    async def _check_token(self, token: Token | None, name: str) -> None:
        if token is None or token.repository != name or not await asyncio.to_thread(self.index.verify, token):
            raise unauthorized()

    def _token_headers(self, request: Request, name: str, access: str) -> dict[str, str]:
        """Return response headers that contain a new token and the hosts of the registries.

        The result is empty if the request has no header `X-Docker-Token: true`, with which a client requests a token. A
        standalone registry ignores this header, and always sends a token.
        """
        if not self.settings.standalone and request.headers.get("x-docker-token", "").lower() != "true":
            return {}
        token = str(self.index.issue(name, access))
        return {
            "x-docker-endpoints": self.index.endpoints(request.headers.get("host", "")),
            "www-authenticate": f"Token {token}",
            "x-docker-token": f"Token {token}" if self.settings.standalone else token,
        }


def _merge_image_lists(new: list[Any], stored: list[Any]) -> list[dict[str, Any]]:
    """Merge the image list in a request with the stored image list of the repository.

    Args:
        new: The list in the request.
        stored: The list in the storage.

    Returns:
        A list with one entry for each image. The entry has the id of the image, and a checksum if one of the lists has a checksum
        for the image. If both lists have a checksum, the entry has the checksum in `new`.

    Raises:
        ValueError: An entry in one of the lists is not a JSON object with an `id`.

    Source: docker-registry 0.9, index.update_index_images.
    """
    images: dict[Hashable, dict[str, Any]] = {}
    for entry in [*new, *stored]:
        if not is_object(entry) or not isinstance(entry.get("id"), Hashable) or "id" not in entry:
            raise ValueError("an entry of the image list is not a JSON object with an id")
        if "checksum" not in images.get(entry["id"], {}):
            images[entry["id"]] = {key: entry[key] for key in ("id", "checksum") if key in entry}
    return list(images.values())
