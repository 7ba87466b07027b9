"""The client of API v1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from ..._core.auth.report import AuthReport
from ..._core.wire import Deadline, HTTPResponse, Timeout, async_send
from ...client.probing import check_conclusive, speaks_api, without_credentials
from ...v1.api import check_login, create_user, ping, search, update_user
from ...v1.models import NewUser, SearchResult, UserChange
from ..search_pages import SearchPages
from .images import AsyncV1Images
from .repositories import AsyncV1Repos


class AsyncRegistryClientV1(AsyncV1Repos, AsyncV1Images):
    """A client of one API v1 index and the registries that the index names, bound to one repository or to no repository.

    Args:
        name: The repository, as in `docker pull`: `alpine`, `quay.io/owner/name`, `http://localhost:5000/name`. None for a
            client that is bound to no repository; such a client can only ping, search and manage users.
        registry: The index to use if `name` contains no index; None for Docker Hub.
        index: The node.js client's word for `registry`; pass only one of them.
        options: See `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: The name or the index is malformed.
        TypeError: An option does not exist or has the wrong type, or two options exclude each other.
        RegistryError: A certificate file cannot be read.
    """

    version: Literal[1] = 1

    async def __aenter__(self) -> AsyncRegistryClientV1:
        return self

    async def ping(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> ping.PingOk:
        """Check that the index speaks API v1.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The index does not speak API v1.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, Status check for registry.
        """
        return await ping.asyncio(self._pipeline, timeout=timeout, deadline=deadline)

    async def supports_v1(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> bool:
        """Return whether the index speaks API v1, from the response to a ping without credentials.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            StatusError: The response is inconclusive: 408, 429 (`RateLimitedError`) or 5xx. Try again later.
            TransportError: No response was received.
            DeadlineExceededError: The deadline passed before the call was complete.
        """
        request = without_credentials(ping.request())
        return await async_send(self._pipeline, request, speaks_api, range(100, 600), None, self._limits(timeout, deadline))

    async def search(
        self,
        term: str,
        *,
        page: int | None = None,
        n: int | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> search.SearchOk:
        """Search the index for repositories, and return one page of results; `iter_search` yields the results of all pages.

        Args:
            term: The search term.
            page: The number of the page, from 1; None for the first page.
            n: The number of results per page; None leaves the number to the index.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The index does not offer a search.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Docker Hub API, Search.
        """
        return await search.asyncio(self._pipeline, q=term, page=page, n=n, timeout=timeout, deadline=deadline)

    async def iter_search(
        self,
        term: str,
        *,
        page_size: int | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> AsyncIterator[SearchResult]:
        """Yield all results of a search. Each page is requested when all results of the previous page have been yielded.

        Args:
            term: The search term.
            page_size: The number of results to request per page; None leaves the number to the index.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds from the first request until the last page is received, or a `Deadline`; None uses the
                client's deadline.

        Raises:
            NotFoundError: The index does not offer a search.
            RegistryError: The index returned a page twice, or more than 10,000 pages or 10,000,000 results.
            DeadlineExceededError: The deadline passed before the last page was received.

        Source: Docker Hub API, Search.
        """
        limits = self._limits(timeout, deadline)
        pages = SearchPages(str(self._pipeline.registry.origin))
        number: int | None = None
        while True:
            response = await search.asyncio(
                self._pipeline, q=term, page=number, n=page_size, timeout=limits.timeout, deadline=limits.deadline
            )
            number = pages.next_page(response.body)
            for result in response.body.results:
                yield result
            if number is None:
                return

    async def check_login(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> None:
        """Check the client's user name and password with the index.

        A standalone registry (a registry without an index) accepts every password; `checks_logins` tells whether this is so.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            UnauthorizedError: The credentials are wrong.
            ForbiddenError: The account is inactive.
            NotFoundError: The host is not an index, or the client has no credentials: Quay then answers 404 instead of 401.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Docker Hub API, User Login.
        """
        await check_login.asyncio(self._pipeline, timeout=timeout, deadline=deadline)

    async def checks_logins(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> bool:
        """Return whether the index rejects a login without credentials. False means that `check_login` accepts every password.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            StatusError: The response is inconclusive: 408, 429 (`RateLimitedError`) or 5xx. Try again later.
            DeadlineExceededError: The deadline passed before the call was complete.
        """
        request = without_credentials(check_login.request())
        limits = self._limits(timeout, deadline)
        return not await async_send(self._pipeline, request, _accepts, range(100, 600), None, limits)

    async def create_user(
        self,
        username: str,
        password: str,
        *,
        email: str | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> None:
        """Create a user. The request does not carry the client's own credentials.

        Args:
            username: The new user's name.
            password: The new user's password.
            email: The new user's email address, which the user has to confirm; None to send no address.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            BadRequestError: The name is taken, or the name or the password is malformed.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Docker Hub API, User Register.
        """
        user = NewUser(username=username, password=password, email=email)
        await create_user.asyncio(self._pipeline, user, timeout=timeout, deadline=deadline)

    async def update_user(
        self,
        username: str,
        *,
        password: str | None = None,
        email: str | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> None:
        """Change the password of a user, add an email address to the user, or both.

        Args:
            username: The user's name.
            password: The new password; None to keep the present password.
            email: The email address to add; None to add no address.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            UnauthorizedError: The index requires credentials, or rejects the client's credentials.
            ForbiddenError: The credentials belong to another user.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Docker Hub API, Update User.
        """
        change = UserChange(password=password, email=email)
        await update_user.asyncio(self._pipeline, username, change, timeout=timeout, deadline=deadline)

    def explain_auth(self) -> AuthReport:
        """Return a report, without secrets, on the credential, challenge and token that led to the last response."""
        return self._auth_policy.report


def _accepts(response: HTTPResponse) -> bool:
    check_conclusive(response)
    return response.is_success
