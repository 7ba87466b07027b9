"""Listing the repositories of a registry."""

import asyncio
import bisect
import re
from collections.abc import Sequence
from urllib.parse import urlencode

import attrs
from starlette.datastructures import URL, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v2.errors import NAME_UNKNOWN, PAGINATION_NUMBER_INVALID, ApiError
from docker_registry_sdk.testing.v2.names import parse_name


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


_COUNT = re.compile("[0-9]{1,18}")


@attrs.frozen
class Page:
    """A part of a list.

    Args:
        items: The items in it.
        more: Whether items come after it.
    """

    items: Sequence[str]
    more: bool


def parse_count(query: QueryParams) -> int | None:
    """Read how many results a client asks for.

    Args:
        query: The request's query.

    Returns:
        The number, or None when it does not say.

    Raises:
        ApiError: PAGINATION_NUMBER_INVALID.
    """
    text = query.get("n")
    if text is None:
        return None
    if not _COUNT.fullmatch(text):
        raise ApiError(PAGINATION_NUMBER_INVALID, details=[{"n": text[:255]}])
    return int(text)


def take_page(items: Sequence[str], query: QueryParams, limit: int | None) -> Page:
    """Cut the part out of a list that a query asks for with `n` and `last`.

    Args:
        items: The whole list, in ASCII order.
        query: The request's query.
        limit: The most items in one page, or None.

    Returns:
        The items after `last`, which need not be in the list itself; no more than `n` and no more than the limit.

    Raises:
        ApiError: PAGINATION_NUMBER_INVALID.

    Source: OCI Distribution Specification, "Listing Tags".
    """
    count = parse_count(query)
    start = bisect.bisect_right(items, query["last"]) if "last" in query else 0
    sizes = [size for size in (count, limit) if size is not None]
    end = min(len(items), start + min(sizes)) if sizes else len(items)
    return Page(items[start:end], more=count != 0 and end < len(items))


def next_link(url: URL, query: QueryParams, last: str) -> str:
    """Write the `Link` to the page after an item; it keeps what else the query asked for.

    Args:
        url: The request's URL.
        query: The request's query.
        last: The last item of this page.

    Returns:
        The value of the header.

    Source: RFC 8288, section 3.
    """
    kept = [(key, value) for key, value in query.multi_items() if key != "last"]
    return f'<{url.path}?{urlencode([*kept, ("last", last)])}>; rel="next"'


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
