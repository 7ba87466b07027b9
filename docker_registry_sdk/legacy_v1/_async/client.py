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
        registry: The registry to use if `name` contains no registry: a host, such as `ghcr.io` or `localhost:5000`, or an
            `Index`. None, the default, is Docker Hub.
        index: The word of the node.js client for `registry`; pass only one of them. None, the default, uses `registry`.
        username: The name of the user; requires `password`. None, the default, uses `credentials`.
        password: The password, or an access token that the registry accepts as a password; requires `username`. None, the
            default, uses `credentials`.
        credentials: The logins, instead of `username` and `password`: a `Credential`; a pair (username, password); a mapping
            from registries to credentials or pairs, so that other registries are accessed without a login; or a provider, which
            has a method `get_credential`. None, the default, uses the logins that `docker login` and `podman login` have stored.
        insecure: True to accept any certificate of the registry, its token service and its storage without verification; False
            by default.
        ca_file: A PEM file with certificates to trust in addition to those of the system; None, the default, trusts no others.
        client_cert: The client certificate: a PEM file with certificate and key, or a pair of PEM files (certificate, key).
            None, the default, sends no certificate but those in the certs.d folders of Docker and Podman.
        ssl_context: An `ssl.SSLContext` with all TLS settings, instead of `insecure`, `ca_file`, `client_cert` and the certs.d
            folders; None, the default, uses these.
        proxy: The URL of a proxy; None, the default, uses the proxy in the environment variables `HTTP_PROXY`, `HTTPS_PROXY` and
            `ALL_PROXY`, except for the hosts and networks in `NO_PROXY`.
        timeout: The longest time of each step of a request, such as one read: seconds, or a `Timeout` with different seconds for
            each kind of step. None, the default, means 15 seconds to connect, and 60 seconds for each read and write.
        deadline: The maximum duration of a call in seconds, including all its requests, waits and bodies. A call that takes
            longer raises `DeadlineExceededError`. None, the default, sets no limit. The argument `deadline` of a call replaces
            the option. With a proxy or a `transport`, a sync call may end later than the deadline: each read of a body may take
            as long as the time that was left when the request was sent, and the deadline is checked between two reads only.
        max_retries: The maximum number of times that the same request is repeated, also to resume a download or upload; 3 by
            default, 0 for no repetition.
        max_retry_wait: The longest wait before a repetition in seconds; 60 by default. If a registry requests a longer wait, the
            request is not repeated, and the error of the response is raised.
        user_agent: The value of the User-Agent header; None, the default, sends the names and versions of this package and of
            Python.
        trusted_realms: Hosts, with or without a port, that are trusted as token services, or as registries of a v1 index, even
            if they belong to another site than the registry, or are in a private network; none by default. Hosts in
            the environment variable `DOCKER_REGISTRY_SDK_TRUSTED_REALMS`, separated by commas or spaces, are trusted as well.
        max_connections: The maximum number of connections for blobs, and the same number again for other requests; 100 by
            default. Further requests wait for a free connection, without a limit unless `timeout` has one.
        transport: The caller's own transport, which sends the requests, and which only the caller closes: an object with a
            method `send`, such as an `AsyncHttpxTransport`. It decides about TLS, proxy and connections. None, the default, uses
            the connections of this package.

    Raises:
        InvalidReferenceError: The name, the registry or an item of `trusted_realms` is malformed, or `name` is the name of a
            registry, such as `ghcr.io`.
        TypeError: An option does not exist or has the wrong type, or two options exclude each other.
        ValueError: A number is out of range, or a user name or password contains a character that is not allowed.
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

        A standalone registry (a registry without an index) accepts every password; `checks_logins` returns False for it.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            LoginError: The credentials are wrong.
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
