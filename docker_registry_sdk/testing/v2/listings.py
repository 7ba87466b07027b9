"""The handlers that list tags, repositories and referrers, and the division of these lists into pages."""

import asyncio
import bisect
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import attrs
from starlette.datastructures import URL, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from docker_registry_sdk.testing.settings import RegistrySettings
from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.storage.records import RepositoryRecord
from docker_registry_sdk.testing.v2.errors import NAME_UNKNOWN, PAGINATION_NUMBER_INVALID, ApiError
from docker_registry_sdk.testing.v2.manifest_formats import IMAGES, OCI_INDEX, load_json_object
from docker_registry_sdk.testing.v2.manifests import read_manifest
from docker_registry_sdk.testing.v2.names import parse_digest, parse_name

_COUNT = re.compile("[0-9]{1,18}")
_EMPTY_INDEX_BYTES = len(json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}))


@attrs.frozen
class Page:
    """A page of a list.

    Args:
        items: The items on the page.
        more: Whether the response must link to a next page. False if the client requested a page of 0 items.
    """

    items: Sequence[str]
    more: bool


def parse_count(query: QueryParams) -> int | None:
    """Parse the query parameter `n`, the page size that the client requests.

    Args:
        query: The query of the request.

    Returns:
        The page size, or None if the query has no parameter `n`.

    Raises:
        ApiError: `n` is not a non-negative integer (PAGINATION_NUMBER_INVALID).
    """
    text = query.get("n")
    if text is None:
        return None
    if not _COUNT.fullmatch(text):
        raise ApiError(PAGINATION_NUMBER_INVALID, details=[{"n": text[:255]}])
    return int(text)


def take_page(items: Sequence[str], query: QueryParams, limit: int | None) -> Page:
    """Return the page of a list that a query requests with `n` and `last`.

    Args:
        items: The whole list, in ASCII order.
        query: The query of the request.
        limit: The maximum page size, or None for no limit.

    Returns:
        The page. It begins with the first item that sorts after `last`, or without `last` with the first item of the list; `last`
        need not be an item of the list. The page has at most `n` and at most `limit` items. Without `n` and `limit`, it contains
        all remaining items.

    Raises:
        ApiError: `n` is not a non-negative integer (PAGINATION_NUMBER_INVALID).

    Source: OCI Distribution Specification, "Listing Tags".
    """
    count = parse_count(query)
    start = bisect.bisect_right(items, query["last"]) if "last" in query else 0
    sizes = [size for size in (count, limit) if size is not None]
    end = min(len(items), start + min(sizes)) if sizes else len(items)
    return Page(items[start:end], more=count != 0 and end < len(items))


def next_link(url: URL, query: QueryParams, last: str) -> str:
    """Return the value of the header `Link`: the URL of the next page, which is the URL of the request with a new `last`.

    Args:
        url: The URL of the request.
        query: The query of the request.
        last: The last item on the current page, after which the next page begins.

    Returns:
        The value of the header, such as `</v2/_catalog?n=2&last=b>; rel="next"`.

    Source: RFC 8288, section 3.
    """
    kept = [(key, value) for key, value in query.multi_items() if key != "last"]
    return f'<{url.path}?{urlencode([*kept, ("last", last)])}>; rel="next"'


@attrs.frozen
class Catalog:
    """The handler of `/v2/_catalog`.

    Args:
        storage: The storage with the repositories.
        settings: The settings of the registry.

    Source: Docker Registry HTTP API V2, "Listing Repositories".
    """

    storage: RegistryStorage
    settings: RegistrySettings

    async def get(self, request: Request) -> Response:
        """Send the names of the repositories in ASCII order. If the request or the settings limit the number, send one page."""
        names = await asyncio.to_thread(self.storage.names)
        page = take_page(names, request.query_params, self.settings.page_limit)
        headers = {"link": next_link(request.url, request.query_params, page.items[-1])} if page.more else None
        return JSONResponse({"repositories": page.items}, headers=headers)


@attrs.frozen
class Tags:
    """The handler of `/v2/<name>/tags/list`.

    Args:
        storage: The storage with the tags.
        settings: The settings of the registry.

    Source: OCI Distribution Specification, end-8.
    """

    storage: RegistryStorage
    settings: RegistrySettings

    async def get(self, request: Request) -> Response:
        """Send the tags of a repository in ASCII order. If the request or the settings limit the number, send one page."""
        name = parse_name(request.path_params["name"])
        repository = await asyncio.to_thread(self.storage.load, name)
        if repository is None:
            raise ApiError(NAME_UNKNOWN, details=[{"name": name}])
        page = take_page(repository.tag_names, request.query_params, self.settings.page_limit)
        headers = {"link": next_link(request.url, request.query_params, page.items[-1])} if page.more else None
        return JSONResponse({"name": name, "tags": page.items}, headers=headers)


@attrs.frozen
class Referrers:
    """The handler of `/v2/<name>/referrers/<digest>`.

    Args:
        storage: The storage with the manifests.
        settings: The settings of the registry.

    Source: OCI Distribution Specification, end-12.
    """

    storage: RegistryStorage
    settings: RegistrySettings

    async def get(self, request: Request) -> Response:
        """Send an image index with the descriptors of the referrers, sorted by digest.

        If the repository does not exist, the index is empty.
        """
        name, subject = parse_name(request.path_params["name"]), parse_digest(request.path_params["digest"])
        query = request.query_params
        types = query.getlist("artifactType")
        found, more = await asyncio.to_thread(self._page, name, subject, types, query.get("last", ""))
        headers = {"content-type": OCI_INDEX}
        if types:
            headers["oci-filters-applied"] = "artifactType"
        if more:
            headers["link"] = next_link(request.url, query, found[-1]["digest"])
        return Response(json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found}), headers=headers)

    def _page(self, name: str, subject: str, types: list[str], last: str) -> tuple[list[dict[str, Any]], bool]:
        """Return one page of the descriptors of the referrers.

        Args:
            name: The name of the repository.
            subject: The digest that the referrers name as their subject.
            types: The artifact types to include. If the list is empty, all types are included.
            last: The digest after which the page begins, or an empty string for the first page.

        Returns:
            The descriptors on the page, and whether more descriptors follow on a next page.
        """
        repository = self.storage.load(name) or RepositoryRecord()
        digests = repository.referrers(subject)
        found: list[dict[str, Any]] = []
        size = _EMPTY_INDEX_BYTES
        for digest in digests[bisect.bisect_right(digests, last) :]:
            descriptor = self._describe(repository, digest)
            if descriptor is None or (types and descriptor.get("artifactType", "") not in types):
                continue
            size += len(json.dumps(descriptor)) + 2
            if found and (size > self.settings.manifest_limit or len(found) == self.settings.page_limit):
                return found, True
            found.append(descriptor)
        return found, False

    def _describe(self, repository: RepositoryRecord, digest: str) -> dict[str, Any] | None:
        """Return the descriptor of a referrer, or None if the referrer was deleted after `repository` was loaded."""
        record = repository.manifests[digest]
        try:
            document = load_json_object(read_manifest(self.storage, record)) or {}
        except ApiError:
            return None
        descriptor: dict[str, Any] = {"mediaType": record.media_type, "digest": digest, "size": record.size}
        artifact_type = document.get("artifactType")
        if not artifact_type and record.media_type in IMAGES:
            artifact_type = document["config"]["mediaType"]
        if artifact_type:
            descriptor["artifactType"] = artifact_type
        if document.get("annotations"):
            descriptor["annotations"] = document["annotations"]
        return descriptor
