"""The client of API v1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from ..._core.auth.report import AuthReport
from ..._core.wire import HTTPResponse, Timeout, async_send
from ...client.probing import check_conclusive, speaks_api, without_credentials
from ...v1.api import check_login, create_user, ping, search, update_user
from ...v1.models import NewUser, SearchResult, UserChange
from ..search_pages import SearchPages
from .images import AsyncV1Images
from .repositories import AsyncV1Repos


class AsyncRegistryClientV1(AsyncV1Repos, AsyncV1Images):
    """A client of one index that speaks API v1 and of its registries, bound to one of its repositories or to none.

    Args:
        name: The repository, as in `docker pull`: `alpine`, `quay.io/owner/name`, `http://localhost:5000/name`. None makes a
            client that can ping, search and manage users.
        index: The index, when the name does not say; Docker Hub when neither does.
        options: See `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: The name or the index is malformed.
    """

    version: Literal[1] = 1

    async def ping(self, *, timeout: Timeout | None = None) -> ping.Success:
        """Ask whether the index speaks API v1.

        Args:
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: It does not.

        Source: Registry API, Status check for registry.
        """
        return await ping.asyncio(self._pipeline, timeout=timeout)

    async def supports_v1(self, *, timeout: Timeout | None = None) -> bool:
        """Return whether the index speaks API v1; no credentials are sent for that.

        Args:
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            RateLimitedError: It does not say now, but may later; likewise for 408 and 5xx.
            TransportError: No answer came.
        """
        return await async_send(self._pipeline, without_credentials(ping.request()), speaks_api, range(100, 600), None, timeout)

    async def search(
        self, term: str, *, page: int | None = None, n: int | None = None, timeout: Timeout | None = None
    ) -> search.Success:
        """Search the index for repositories, and get one page of them; `iter_search` gives all.

        Args:
            term: What to look for.
            page: The number of the page, from 1.
            n: How many results a page should have.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: The index has no search.

        Source: Docker Hub API, Search.
        """
        return await search.asyncio(self._pipeline, q=term, page=page, n=n, timeout=timeout)

    async def iter_search(
        self, term: str, *, page_size: int | None = None, timeout: Timeout | None = None
    ) -> AsyncIterator[SearchResult]:
        """Give all results of a search, one by one, page after page.

        Args:
            term: What to look for.
            page_size: How many to ask for at a time; None leaves it to the index.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            NotFoundError: The index has no search.
            RegistryError: The pages have no end.

        Source: Docker Hub API, Search.
        """
        pages = SearchPages(str(self._pipeline.home.origin))
        number: int | None = None
        while True:
            answer = await search.asyncio(self._pipeline, q=term, page=number, n=page_size, timeout=timeout)
            number = pages.next_page(answer.body)
            for result in answer.body.results:
                yield result
            if number is None:
                return

    async def check_login(self, *, timeout: Timeout | None = None) -> None:
        """Check the user name and password; a standalone registry lets everybody in, so that a success there proves nothing.

        Args:
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            UnauthorizedError: They are wrong.
            ForbiddenError: The account is not active.
            NotFoundError: The host is no index, or no credentials were there to send.

        Source: Docker Hub API, User Login.
        """
        await check_login.asyncio(self._pipeline, timeout=timeout)

    async def checks_logins(self, *, timeout: Timeout | None = None) -> bool:
        """Return whether `check_login` means anything: whether the index turns those away who show no credentials.

        Args:
            timeout: Seconds or an `httpx.Timeout` for this call.
        """
        request = without_credentials(check_login.request())
        return not await async_send(self._pipeline, request, _accepts, range(100, 600), None, timeout)

    async def create_user(
        self, username: str, password: str, *, email: str | None = None, timeout: Timeout | None = None
    ) -> None:
        """Create a user; the client's own credentials are not sent.

        Args:
            username: The user's name.
            password: The user's password.
            email: The mail address, which will have to be confirmed.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            BadRequestError: The name is taken, or the name or password is not of the right form.

        Source: Docker Hub API, User Register.
        """
        user = NewUser(username=username, password=password, email=email)
        await create_user.asyncio(self._pipeline, user, timeout=timeout)

    async def update_user(
        self, username: str, *, password: str | None = None, email: str | None = None, timeout: Timeout | None = None
    ) -> None:
        """Change the password of a user, or add a mail address.

        Args:
            username: The user's name.
            password: The new password.
            email: The mail address to add.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            UnauthorizedError: The index wants credentials, or others.
            ForbiddenError: They are another user's.

        Source: Docker Hub API, Update User.
        """
        change = UserChange(password=password, email=email)
        await update_user.asyncio(self._pipeline, username, change, timeout=timeout)

    def explain_auth(self) -> AuthReport:
        """Return what led to the last answer: which credential, what was asked for, and the session's token; no secrets."""
        return self._auth_policy.report


def _accepts(response: HTTPResponse) -> bool:
    check_conclusive(response)
    return response.is_success
