"""What every request to a registry passes: the client that the generated functions are given."""

from __future__ import annotations

import inspect
import logging
import math
import time
from typing import Any

import httpx
from attrs import evolve, frozen

from ....credentials import AsyncCredentialProvider, Credential, CredentialProvider
from ....errors import AuthError
from ...auth.steps import Enter, FindCredential, Flow, Read, Resolve, Send, Step
from ...concurrency.waiting import AsyncSingleFlightLock, async_sleep
from ...text.redaction import one_line, redact_url
from ...wire import (
    Deadline,
    LimitedSender,
    RetryPolicy,
    async_read,
    bound_timeouts,
    call_of,
    is_untrusted,
    set_call,
    to_deadline,
    verbatim_url,
)
from ..gate import Gate
from ..home import Home
from ..redirects import SECRET_HEADERS
from ..resolving import async_resolve
from ..retries import seconds_to_retry

_log = logging.getLogger("docker_registry_sdk._core.transport")
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})
# Without it, httpx would look for a user name in the URL.
_NO_AUTH = httpx.Auth()
# Every blob of some registries is a redirect; seconds.
_LOOKUP_LASTS = 60.0
_MOST_LOOKUPS = 100


@frozen(kw_only=True)
class AsyncSettings:
    """What a pipeline is made of.

    Attributes:
        http: The httpx client that sends.
        owned: Whether the pipeline closes it.
        user_agent: The User-Agent header.
        credentials: Where credentials come from.
        proxied: Whether a proxy looks hosts up.
    """

    http: httpx.AsyncClient
    owned: bool
    user_agent: str
    credentials: CredentialProvider | AsyncCredentialProvider
    proxied: bool


class AsyncPipeline(LimitedSender):
    """The sender of all requests to one registry, by the rules of the package; safe to share.

    Args:
        home: Where the registry is.
        settings: What it is made of.
        retry: How often requests are repeated.
        deadline_seconds: The time that a call may take, in seconds; None for any time.

    Raises:
        ValueError: `deadline_seconds` is not above 0.
    """

    def __init__(self, home: Home, settings: AsyncSettings, retry: RetryPolicy, deadline_seconds: float | None = None) -> None:
        to_deadline(deadline_seconds)
        self.home = home
        self.retry = retry
        self.deadline_seconds = deadline_seconds
        self.gate: Gate | None = None
        self._settings = settings
        self._found: dict[str | None, Credential | None] = {}
        self._looked_up: dict[str, tuple[tuple[str, ...] | None, float]] = {}

    def build_request(
        self, method: str, url: str, /, *, content: Any = None, headers: Any = None, timeout: Any = None, extensions: Any = None
    ) -> httpx.Request:
        """Return an httpx request; a path is one of the registry's.

        Args:
            method: The HTTP method.
            url: A path with its query, or an absolute URL.
            content: The body as httpx takes it.
            headers: The headers.
            timeout: Seconds or an `httpx.Timeout`; None for the client's own.
            extensions: The extensions of the request, with the context of the call.
        """
        if url.startswith("/"):
            url = f"{self.home.origin}{url}"
        http, where = self._settings.http, httpx.URL(url)
        given = {**(headers or {}), "User-Agent": self._settings.user_agent}
        # What a caller's http_client sends with every request goes to token services and storage, too: all but secrets may.
        # Its cookies and query parameters stay behind: API v2 has no place for them, and those of v1 are the gate's to send.
        hidden = SECRET_HEADERS.union(map(str.lower, given))
        kept = [(name, value) for name, value in http.headers.multi_items() if name not in hidden]
        fields = [("Host", where.netloc.decode()), *kept, *given.items()]
        limit = http.timeout if timeout is None else httpx.Timeout(timeout)
        known = {**(extensions or {}), "timeout": limit.as_dict()}
        if content is not None or method not in _WITHOUT_BODY:
            return httpx.Request(method, where, content=content, headers=fields, extensions=known)
        # Of content, even of none, httpx would make headers, which takes as long as all the rest.
        request = httpx.Request(method, where, stream=httpx.ByteStream(b""), headers=fields, extensions=known)
        request.read()  # for the hooks of a caller's http_client
        return request

    async def send(self, request: httpx.Request, /, *, stream: bool = True) -> httpx.Response:
        """Send a request through the gate, and again where that is safe and may help.

        Args:
            request: A request of `build_request`.
            stream: Whether to leave the body unread, as the generated functions always ask.

        Raises:
            httpx.TransportError: No answer came.
            AuthError: A token cannot be had.
        """
        assert self.gate is not None  # it is set as soon as both are made, for each needs the other
        response = await self._drive(self.gate.flow(request), call_of(request).deadline)
        return response if stream else await async_read(response)

    async def aclose(self) -> None:
        """Close the connections, unless they are the caller's."""
        if self._settings.owned:
            await self._settings.http.aclose()

    async def _drive(self, flow: Flow, deadline: Deadline | None) -> httpx.Response:
        try:
            step = next(flow)
            while True:
                try:
                    result = await self._perform(step, deadline)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            response: httpx.Response = end.value
            return response
        finally:
            flow.close()

    async def _perform(self, step: Step, deadline: Deadline | None) -> Any:
        match step:
            case Send():
                return await self._send_until_final(step, deadline)
            case FindCredential(repo=repo, again=again):
                return await self._find(repo, again=again)
            case Read(response=response):
                return await async_read(response)
            case Enter(lock=lock, done=done):
                assert isinstance(lock, AsyncSingleFlightLock)
                return await lock.acquire_unless(done, None if deadline is None else deadline.bound(None))
            case Resolve(host=host):
                return None if self._settings.proxied else await self._look_up(host)

    async def _send_until_final(self, send: Send, deadline: Deadline | None) -> httpx.Response:
        if deadline is not None:  # that of the call: a token request must be complete by it, too
            set_call(send.request, evolve(call_of(send.request), deadline=deadline))
        failures = 0
        while True:
            try:
                response = await self._send(send.request, deadline)
                if response.is_success and call_of(send.request).buffered:
                    response = await async_read(response)  # here, since a body that is cut is a failure like others
            except httpx.TransportError as error:
                failures += 1
                wait = seconds_to_retry(send, error, failures, self.retry, deadline)
                if wait is None:
                    raise
            else:
                failures += 1
                wait = seconds_to_retry(send, response, failures, self.retry, deadline)
                if wait is None:
                    return response
                await async_read(response)
            await async_sleep(wait)

    async def _send(self, request: httpx.Request, deadline: Deadline | None) -> httpx.Response:
        if deadline is not None:
            deadline.check(request.method, str(request.url))
            bound_timeouts(request, deadline)
        started = time.perf_counter()
        try:
            response = await self._settings.http.send(request, stream=True, auth=_NO_AUTH, follow_redirects=False)
        except httpx.TransportError as error:
            _log.debug("%s %s: %s", request.method, redact_url(str(request.url)), type(error).__name__)
            unconnected = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not is_untrusted(error)
            if not unconnected or not self.home.fall_back(request.url):
                raise
            request.url = verbatim_url(f"{self.home.origin}{request.url.raw_path.decode()}")
            request.headers["Host"] = self.home.origin.netloc
            return await self._send(request, deadline)
        self.home.settle(request.url)
        if _log.isEnabledFor(logging.DEBUG):
            took = (time.perf_counter() - started) * 1000
            _log.debug("%s %s: %d in %.0f ms", request.method, redact_url(str(request.url)), response.status_code, took)
        return response

    async def _look_up(self, host: str) -> tuple[str, ...] | None:
        found, at = self._looked_up.get(host, (None, -math.inf))
        if time.monotonic() - at > _LOOKUP_LASTS:
            found = await async_resolve(host)
            if len(self._looked_up) >= _MOST_LOOKUPS:  # a hostile registry may name any number
                self._looked_up.clear()
            if found:
                self._looked_up[host] = found, time.monotonic()
        return found

    async def _find(self, repo: str | None, *, again: bool) -> Credential | None:
        if again or repo not in self._found:
            found = self._settings.credentials.get_credential(self.home.index.name, repo)
            if inspect.isawaitable(found):
                found = await found
            if found is not None and not isinstance(found, Credential):
                raise AuthError(
                    "it gives no Credential and not None", source=f"the provider {type(self._settings.credentials).__name__}"
                )
            source = "none" if found is None else one_line(found.source)
            _log.debug(
                "credential for %s: %s", self.home.index.name if repo is None else f"{self.home.index.name}/{repo}", source
            )
            self._found[repo] = found
        return self._found[repo]
