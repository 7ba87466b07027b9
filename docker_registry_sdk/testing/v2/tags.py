"""Listing the tags of a repository."""

import asyncio

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v2.errors import NAME_UNKNOWN, ApiError
from docker_registry_sdk.testing.v2.names import parse_name
from docker_registry_sdk.testing.v2.pages import next_link, take_page


@attrs.frozen
class Tags:
    """The handler of `/v2/<name>/tags/list`.

    Args:
        storage: Where the tags are.
        settings: The registry's settings.

    Source: OCI Distribution Specification, end-8.
    """

    storage: Storage
    settings: Settings

    async def get(self, request: Request) -> Response:
        """Send the tags in ASCII order, or the page of them that `n` and `last` ask for."""
        name = parse_name(request.path_params["name"])
        repository = await asyncio.to_thread(self.storage.load, name)
        if repository is None:
            raise ApiError(NAME_UNKNOWN, details=[{"name": name}])
        page = take_page(repository.tag_names, request.query_params, self.settings.page_limit)
        headers = {"link": next_link(request.url, request.query_params, page.items[-1])} if page.more else None
        return JSONResponse({"name": name, "tags": page.items}, headers=headers)
