"""Paging: which part of a list an answer holds, and the link to the next part."""

import bisect
import re
from collections.abc import Sequence
from urllib.parse import urlencode

import attrs
from starlette.datastructures import URL, QueryParams

from docker_registry_sdk.testing.v2.errors import PAGINATION_NUMBER_INVALID, ApiError

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
