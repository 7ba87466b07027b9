"""The sender of all requests to a registry. It authorizes requests, follows redirects and repeats requests that failed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import httpx

from ....credentials import AsyncCredentialProvider, CredentialProvider
from ....errors import ClosedError, EventLoopError, ForkedProcessError
from ...auth.destinations import SECRET_HEADERS
from ...auth.effects import Acquire, Effect, FindCredential, Flow, Read, Resolve, Send
from ...concurrency.forks import BoundToProcess, keep_forever, reset_after_fork
from ...concurrency.loops import AsyncLoopAware, can_run_again, is_running
from ...concurrency.waiting import AsyncSingleFlightLock, async_sleep
from ...http1._async.pool import async_end_head
from ...http1.abandon import abandon_client
from ...names.origin import Origin
from ...text.redaction import redact_url
from ...wire import (
    CALLERS_HEADERS,
    PROXY_LOGINS,
    SENDING,
    CallContext,
    Deadline,
    LimitedSender,
    RetryPolicy,
    async_read,
    bound_timeouts,
    call_of,
    is_untrusted,
    proxy_logins,
    set_call,
    to_deadline,
    verbatim_url,
)
from ..recent_pushes import RecentPushes
from ..registry_origin import RegistryOrigin
from ..request_policy import AuthPolicy
from ..resolving import ResolvedHosts, async_resolve, uses_proxy
from ..retries import seconds_to_retry
from .credential_cache import AsyncCredentialCache

_log = logging.getLogger("docker_registry_sdk._core.transport")
_METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})
_NO_AUTH = httpx.Auth()  # without `auth`, httpx looks for a user name in the URL
_HARMLESS_HEADERS = frozenset({"accept", "accept-encoding", "connection"})  # each httpx client has them; all hosts may get them


class AsyncSettings(NamedTuple):
    """The settings of a pipeline: a function that creates the httpx client, the User-Agent and the source of credentials.

    Attributes:
        create_http: A function that returns the httpx client that sends the requests. It is called before the first request, and
            again in a child process after `os.fork` and in another event loop.
        owned: Whether the pipeline closes the httpx client; False if `create_http` returns the caller's own httpx client.
        user_agent: The value of the User-Agent header.
        credentials: The source of credentials.
    """

    create_http: Callable[[], httpx.AsyncClient]
    owned: bool
    user_agent: str
    credentials: CredentialProvider | AsyncCredentialProvider


class AsyncPipeline(LimitedSender, AsyncLoopAware, BoundToProcess):
    """The sender of all requests to one registry. Several tasks may share one pipeline.

    The pipeline creates its httpx client before the first request. In a child process after `os.fork`, and in another event loop
    after the first one has ended, the pipeline creates a new httpx client and never uses the connections of the old one.

    Args:
        registry: The origin of the registry.
        settings: A function that creates the httpx client, the source of credentials, and the User-Agent.
        retry: The policy for repeating requests.
        deadline_seconds: The maximum duration of a call, in seconds; None for no limit.

    Attributes:
        registry: The origin of the registry.
        auth_policy: The policy that adds credentials to each request and follows redirects. None until the creator of the
            pipeline sets the policy, which needs the pipeline for its own requests.
        pushes: The blobs and manifests that were pushed a short time ago.

    Raises:
        ValueError: `deadline_seconds` is not above 0.
    """

    def __init__(
        self, registry: RegistryOrigin, settings: AsyncSettings, retry: RetryPolicy, deadline_seconds: float | None = None
    ) -> None:
        to_deadline(deadline_seconds)
        self.registry = registry
        self.retry = retry
        self.deadline_seconds = deadline_seconds
        self.auth_policy: AuthPolicy | None = None
        self.pushes = RecentPushes()
        self._settings = settings
        self._credentials = AsyncCredentialCache(settings.credentials, registry.index.name)
        self._resolved = ResolvedHosts()
        self._http: httpx.AsyncClient | None = None
        self._loop: object = None  # the event loop that the connections of the httpx client belong to
        self._is_closed = self._is_forked = False
        self._opening = threading.Lock()
        reset_after_fork(self)

    def build_request(
        self, method: str, url: str, /, *, content: Any = None, headers: Any = None, timeout: Any = None, extensions: Any = None
    ) -> httpx.Request:
        """Return an httpx request with the User-Agent and the other default headers of the client.

        Args:
            method: The HTTP method.
            url: A path with its query, which is sent to the registry, or an absolute URL.
            content: The body in a form that httpx accepts; None for no body.
            headers: Further headers; None for no further headers.
            timeout: The timeouts as httpx accepts them, such as a tuple of `timeout_steps`; None uses the client's timeout.
            extensions: The httpx extensions of the request, which contain the `CallContext`; None for no extensions.
        """
        if url.startswith("/"):
            url = f"{self.registry.base_url}{url}"
        http, target = self._http or self._open(), httpx.URL(url)
        own = {**(headers or {}), "User-Agent": self._settings.user_agent}
        # The cookies and query parameters of a caller's httpx client are left out: API v2 does not use them, and the policy of
        # API v1 sends its own.
        left_out = SECRET_HEADERS.union(map(str.lower, own))
        defaults = [(name, value) for name, value in http.headers.raw if name.decode("ascii").lower() not in left_out]
        fields: Any = [("Host", target.netloc.decode()), *defaults, *own.items()]
        limit = http.timeout if timeout is None else httpx.Timeout(timeout)
        extensions = {**(extensions or {}), "timeout": limit.as_dict()}
        if http._mounts or not self._settings.owned:
            extensions[PROXY_LOGINS] = partial(proxy_logins, http)
        if not self._settings.owned:
            names = {name.decode("ascii").lower() for name, _ in defaults}
            extensions[CALLERS_HEADERS] = names - _HARMLESS_HEADERS
        if content is not None or method not in _METHODS_WITHOUT_BODY:
            request = httpx.Request(method, target, content=content, headers=fields, extensions=extensions)
        else:
            # httpx would derive headers even from an empty body, which takes as long as everything else here.
            request = httpx.Request(method, target, stream=httpx.ByteStream(b""), headers=fields, extensions=extensions)
            request.read()  # for the event hooks of a caller's httpx client
        if "xn--" in url:
            request.url = verbatim_url(str(request.url))  # httpx compares the decoded host with NO_PROXY
        return request

    async def send(self, request: httpx.Request, /, *, stream: bool = True) -> httpx.Response:
        """Send a request with the authorization that the registry requires, and return the response.

        If the request fails and a repetition is safe, the request is repeated.

        Args:
            request: A request that `build_request` returned.
            stream: True to return the response before its body is read; False to read the body first.

        Raises:
            httpx.TransportError: No response was received.
            TransportError: There were too many redirects, or the URL or a redirect leads to a forbidden address.
            AuthError: No token is available for the request.
            DeadlineExceededError: The deadline of the call passed.
            ClosedError: The client is closed.
            EventLoopError: The client is in use in another event loop.
            ForkedProcessError: The caller's own httpx client was made before the process was forked.
        """
        assert self.auth_policy is not None
        if self.current_loop is not self._loop:
            self._change_loop()
        response = await self._run(self.auth_policy.flow(request), call_of(request), request.extensions.get("timeout", {}))
        return response if stream else await async_read(response)

    async def aclose(self) -> None:
        """Close the httpx client and its connections, unless the httpx client is the caller's own.

        Later requests raise `ClosedError`.

        Raises:
            EventLoopError: The client is in use in another event loop.
        """
        if self._http is not None and self._settings.owned and self._loop is not None and self.current_loop is not self._loop:
            self._change_loop()
        with self._opening:
            self._is_closed = True
            http, self._http = self._http, None
        if http is not None and self._settings.owned:
            await http.aclose()

    def after_fork(self) -> None:
        """Drop the connections in a child process, which must not use them. The parent's connections stay open."""
        self._opening = threading.Lock()
        self._is_forked = True
        self._loop = None
        http, self._http = self._http, None
        if http is not None:
            keep_forever(http)
            if self._settings.owned:
                abandon_client(http)

    def _open(self) -> httpx.AsyncClient:
        """Return the httpx client; create it on the first call."""
        with self._opening:
            if self._is_closed:
                raise ClosedError("the client is closed")
            if self._is_forked and not self._settings.owned:
                raise ForkedProcessError(
                    "the transport was made before the process was forked, and its connections belong to the parent process",
                    hint="Create the transport, and the registry client, in the child process.",
                )
            if self._http is None:
                self._http = self._settings.create_http()
            return self._http

    def _change_loop(self) -> None:
        """Use the running event loop from now on, if the event loop of the last request has ended."""
        loop = self.current_loop
        with self._opening:
            if is_running(self._loop) or (self._loop is not None and not self._settings.owned):
                raise EventLoopError(
                    "the connections of the client belong to another event loop, in which the client was used before"
                )
            if self._loop is not None and self._http is not None:
                # A loop that can run again still watches the file descriptors, and fails if another file has their numbers.
                if not can_run_again(self._loop):
                    abandon_client(self._http)
                self._http = None
            self._loop = loop

    async def _run(self, flow: Flow, call: CallContext, timeouts: dict[str, float | None]) -> httpx.Response:
        searches = self._credentials.searches
        try:
            effect = next(flow)
            while True:
                try:
                    result = await self._perform(effect, call, timeouts, searches)
                except Exception as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as end:
            response: httpx.Response = end.value
            return response
        finally:
            flow.close()

    async def _perform(self, effect: Effect, call: CallContext, timeouts: dict[str, float | None], searches: int) -> Any:
        match effect:
            case Send():
                effect.request.extensions["timeout"] = timeouts  # also of a token request, which the flow has built
                return await self._send_repeatedly(effect, call)
            case FindCredential(repo=repo):
                return await self._credentials.find(repo, searches, call.deadline)
            case Read(response=response):
                return await async_read(response)
            case Acquire(lock=lock, done=done):
                assert isinstance(lock, AsyncSingleFlightLock)
                return await lock.acquire_unless(done, None if call.deadline is None else call.deadline.bound(None))
            case Resolve(origin=origin, connected=connected):
                return await self._resolve(origin, connected=connected)

    async def _send_repeatedly(self, send: Send, call: CallContext) -> httpx.Response:
        deadline, retry = call.deadline, call.retry or self.retry
        if deadline is not None:  # the deadline of the call also bounds its token requests
            set_call(send.request, call_of(send.request)._replace(deadline=deadline))
        failures = 0
        while True:
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = await self._send(send.request, deadline)
                if outcome.is_success:
                    # Read the body here, so that the request is repeated if the body is cut.
                    return await async_read(outcome) if call_of(send.request).buffered else outcome
            except httpx.TransportError as error:
                outcome = error
            failures += 1
            wait = seconds_to_retry(send, outcome, failures, retry, deadline)
            if isinstance(outcome, httpx.TransportError):
                if wait is None:
                    raise outcome
            elif wait is None:
                return outcome
            else:
                await async_read(outcome)
            await async_sleep(wait)

    async def _send(self, request: httpx.Request, deadline: Deadline | None) -> httpx.Response:
        if deadline is not None:
            deadline.check(request.method, str(request.url))
            bound_timeouts(request, deadline)
        started, before = time.perf_counter(), SENDING.get()
        try:
            http = self._http or self._open()
            SENDING.set(True)
            response = await http.send(request, stream=True, auth=_NO_AUTH, follow_redirects=False)
            async_end_head(response)
            if not self._settings.owned:
                self._note_connection(http, response)
        except httpx.TransportError as error:
            _log.debug("%s %s: %s", request.method, redact_url(str(request.url)), type(error).__name__)
            unconnected = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not is_untrusted(error)
            if not unconnected or not await self._downgrade_to_http(request.url):
                raise
            request.url = verbatim_url(f"{self.registry.base_url}{request.url.raw_path.decode()}")
            request.headers["Host"] = self.registry.origin.netloc
            SENDING.set(before)
            return await self._send(request, deadline)
        finally:
            SENDING.set(before)
        if self.registry.is_undecided:
            self.registry.confirm_scheme(request.url)
        if _log.isEnabledFor(logging.DEBUG):
            took = (time.perf_counter() - started) * 1000
            _log.debug("%s %s: %d in %.0f ms", request.method, redact_url(str(request.url)), response.status_code, took)
        return response

    async def _downgrade_to_http(self, url: httpx.URL) -> bool:
        """Return whether a request that failed to connect must be sent again with plain http (see `RegistryOrigin`)."""
        registry = self.registry
        if not registry.may_downgrade(url):
            return False
        # A proxy for https has failed itself; a proxy for http would read the credential.
        addresses = [await self._resolve(origin) for origin in (registry.initial_origin, registry.plain_origin)]
        return None not in addresses and registry.downgrade_to_http(url, addresses[0])

    async def _resolve(self, origin: Origin, *, connected: bool = False) -> tuple[str, ...] | None:
        http = self._http or self._open()
        if uses_proxy(http, verbatim_url(str(origin))):
            return None
        known = self.registry.address if connected and origin.host == self.registry.origin.host else None
        if known is not None and self._settings.owned:
            return (known,)
        if not (addresses := self._resolved.find(origin.host)):
            addresses = await async_resolve(origin.host)
            self._resolved.store(origin.host, addresses)
        return addresses if known is None else (*addresses, known)

    def _note_connection(self, http: httpx.AsyncClient, response: httpx.Response) -> None:
        """Store the address of a connection of the caller's httpx client, if it leads to the registry without a proxy."""
        url, stream = response.request.url, response.extensions.get("network_stream")
        if stream is None or uses_proxy(http, url):
            return
        with suppress(Exception):  # the connection is closed already, or its transport states no address
            address = stream.get_extra_info("server_addr")
            if isinstance(address, tuple):
                self.registry.note_connection(url.raw_host.decode("ascii"), str(address[0]).partition("%")[0])
