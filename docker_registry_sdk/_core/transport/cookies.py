"""Cookies of the responses of registries: an httpx client of this package stores none of them."""

from __future__ import annotations

from typing import Any

import httpx


class IgnoredCookies(httpx.Cookies):
    """A store of cookies that stays empty. httpx would keep each cookie that a server sends as long as the client exists."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Do nothing.

        Args:
            response: A response.
        """


def ignore_cookies(client: Any) -> None:
    """Let an httpx client store no cookies.

    API v2 uses no cookies, and the policy of API v1 stores and sends its own.

    Args:
        client: An `httpx.Client` or `httpx.AsyncClient` of this package, not one of the caller.
    """
    # httpx has no option for it, and its setter copies the cookies.
    client._cookies = IgnoredCookies()
