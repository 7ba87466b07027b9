"""Listing the repositories of a registry."""

import asyncio

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v2.pages import next_link, take_page


@attrs.frozen
class Catalog:
    """The handler of `/v2/_catalog`.

    Args:
        storage: Where the repositories are.
        settings: The registry's settings.

    Source: Docker Registry HTTP API V2, "Listing Repositories".
    """

    storage: Storage
    settings: Settings

    async def get(self, request: Request) -> Response:
        """Send the repositories in ASCII order, or the page of them that `n` and `last` ask for."""
        names = await asyncio.to_thread(self.storage.names)
        page = take_page(names, request.query_params, self.settings.page_limit)
        headers = {"link": next_link(request.url, request.query_params, page.items[-1])} if page.more else None
        return JSONResponse({"repositories": page.items}, headers=headers)
