"""The AuthPolicy of API v1: it chooses the host of each call, and the credentials: a password, a token or a session cookie."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from functools import partial
from typing import Any, Final, TypeAlias

from .._core.auth.challenge import parse_challenges
from .._core.auth.destinations import Addresses, remove_secret_headers
from .._core.auth.effects import Effect, FindCredential, Flow, Lock, Read, Send
from .._core.auth.realm import is_trusted
from .._core.auth.refusals import is_repeatable
from .._core.names.origin import Origin
from .._core.transport.registry_origin import RegistryOrigin
from .._core.transport.request_policy import follow_redirects
from .._core.wire import HTTPRequest, HTTPResponse, Request, call_of, set_call
from ..errors import AuthError
from ..v1.operations import OPERATIONS
from .index import V1IndexAuth, find_endpoint_addresses, read_endpoints
from .lock_holder import LockHolder
from .session import (
    V1Session,
    access_of,
    is_from,
    password_authorization,
    set_auth_headers,
    store_cookies,
    to_endpoint,
    token_authorization,
)

# The kind of host that each operation is sent to: `index` or `registry`.
_HOST_KINDS: Final = {operation.id: operation.tag for operation in OPERATIONS}
# The operation that opens a session for each access.
_SESSION_OPENERS: Final = {"read": "list_repo_imgs", "write": "put_repo", "delete": "delete_repo"}

_Sent: TypeAlias = Generator[Effect, Any, tuple[V1Session, Origin, HTTPResponse]]


class V1AuthPolicy(V1IndexAuth):
    """The AuthPolicy (the part of a client that authenticates requests) for one index and the registries that the index names.

    A client and the clients that its `with_repo` returns share one AuthPolicy.

    Args:
        index: The origin of the index.
        build: A function that converts the request of an operation to an HTTP request.
        lock: A thread lock in sync clients, a task lock in async clients. The lock is held while a session is opened, so that
            concurrent callers share that session.
        trusted: The hosts, with or without a port, that the caller trusts as registries.
    """

    def __init__(
        self, index: RegistryOrigin, build: Callable[[Request], HTTPRequest], lock: Lock, trusted: Collection[str]
    ) -> None:
        super().__init__(index, build, lock, trusted)
        # Whether a token is valid for more than one call; None while that is unknown.
        self._reusable: bool | None = None
        # The registries that rejected their own cookie without a token: send the token as well.
        self._token_required: set[Origin] = set()
        # Whether a proxy before a standalone registry requires Basic authentication on every call.
        self._always_basic = False

    def flow(self, request: HTTPRequest, /) -> Flow:
        """Send a request with credentials to the index or to a registry, and return the last response.

        Args:
            request: The request. The context of the request contains `repo`, the repository whose session (token and cookies) is
                used, and `endpoint`, the registry to send to, or None. With None, the operation decides: the request goes to
                the index, or to the first registry of the session.
        """
        call = call_of(request)
        at_registry = _HOST_KINDS.get(call.operation_id) == "registry" or call.endpoint is not None
        response: HTTPResponse = yield from (self._send_to_registry(request) if at_registry else self._send_to_index(request))
        self._record(outcome=f"{response.request.url.raw_host.decode()} answered {response.status_code}")
        return response

    def _send_to_registry(self, request: HTTPRequest) -> Flow:
        repo = call_of(request).repo or ""
        access = access_of(request.method)
        response: HTTPResponse
        renewed = False
        while True:
            found: V1Session | HTTPResponse = yield from self._find_session(repo, access, request)
            if not isinstance(found, V1Session):
                return found
            has_other_access = found.access != access
            if has_other_access:  # use only the endpoints of the session
                found = V1Session(access=access, endpoints=found.endpoints)
            session, endpoint, response = yield from self._send_in_session(repo, found, request)
            if response.status_code != 401 or not is_from(response, endpoint):
                return response
            response = yield Read(response)
            if _requires_basic(response):
                if is_repeatable(request) and (yield from self._switch_to_basic(repo, endpoint)):
                    continue
                return response
            if has_other_access:
                raise AuthError(
                    f"the registry requires a token for {access}",
                    source=f"the registry {endpoint}",
                    hint=f"Call {_SESSION_OPENERS[access]} first, which gets the token.",
                )
            if renewed or not is_repeatable(request):
                return response
            if not (yield from self._renew_after_401(repo, session, endpoint, request, response)):
                return response
            renewed = True

    def _send_in_session(self, repo: str, session: V1Session, request: HTTPRequest) -> _Sent:
        """Send a request with a session, or with a newer session that has replaced the session.

        Some registries accept a token only once. Until this method knows whether the registry does, the lock lets only one call
        send a request at a time, since concurrent calls would use up each other's token. If the registry accepts a token only
        once, this method opens a new session for each call.

        Returns:
            The session that was used, the registry that the request was sent to, and the response.
        """
        endpoint = self._endpoint(session, request)
        if not self._allows_concurrency(session, endpoint):
            yield FindCredential(repo)  # before the lock is acquired, since the provider may use this client
            holder = LockHolder(self._lock)
            try:
                yield from holder.acquire()
                session = self._sessions.get((repo, session.access), session)
                endpoint = self._endpoint(session, request)
                if self._is_used_up(session, endpoint, request):
                    session = (yield from self._reopen(repo, session, request, holder)) or session
                    endpoint = self._endpoint(session, request)
                if not self._allows_concurrency(session, endpoint):
                    if self._reusable is None:
                        return session, endpoint, (yield from self._send_to_endpoint(session, endpoint, request))
                    session.sent += 1  # mark the token as used before another caller gets the lock
            finally:
                holder.release()
        return session, endpoint, (yield from self._send_to_endpoint(session, endpoint, request))

    def _send_to_endpoint(self, session: V1Session, endpoint: Origin, request: HTTPRequest) -> Flow:
        """Send a request with a session to a registry, and follow its redirects.

        A registry that the index named leads requests into the caller's network only if the index itself is there.
        """
        index = self._index.origin
        is_trusted_endpoint = is_trusted(endpoint, self._trusted)
        addresses = None if is_trusted_endpoint else (yield from find_endpoint_addresses(endpoint, index))
        authorize = partial(self._authorize_at_registry, session, endpoint, addresses)
        response: HTTPResponse = yield from follow_redirects(
            to_endpoint(request, endpoint), lambda: endpoint, authorize, named_by=None if is_trusted_endpoint else index
        )
        return response

    def _authorize_at_registry(self, session: V1Session, endpoint: Origin, addresses: Addresses, request: HTTPRequest) -> Flow:
        """Send a request with the registry's cookies, and with the session's token unless the registry accepts a cookie instead.

        The request is sent to one of `addresses`. If the registry requires Basic authentication, the password replaces the token.
        """
        cookies = {**(session.index_cookies if endpoint == self._index.origin else {}), **session.cookies.get(endpoint, {})}
        cookie_suffices = endpoint in session.cookie_origins and endpoint not in self._token_required
        authorization = None if cookie_suffices else token_authorization(session)
        with_token = authorization is not None
        if self._always_basic and endpoint == self._index.origin:
            authorization = password_authorization((yield from self._find_credential(call_of(request).repo)))
            with_token = False
        if endpoint != self._index.origin:
            remove_secret_headers(request)
        set_auth_headers(request, authorization, cookies)
        set_call(request, call_of(request)._replace(addresses=addresses))
        session.sent += with_token
        response: HTTPResponse = yield Send(request)
        if response.status_code != 401:
            if store_cookies(session.cookies.setdefault(endpoint, {}), response) and with_token:
                session.cookie_origins.add(endpoint)
            session.accepted += with_token
            if session.accepted > 1:
                self._reusable = True
        return response

    def _endpoint(self, session: V1Session, request: HTTPRequest) -> Origin:
        endpoints = read_endpoints(session.endpoints, self._index.origin, trusted=self._trusted)
        endpoint = call_of(request).endpoint
        return endpoints[0] if endpoint is None else endpoint

    def _allows_concurrency(self, session: V1Session, endpoint: Origin) -> bool:
        """Return whether several calls can use a session at the same time: they send no token, or a reusable token."""
        return bool(session.token is None or self._reusable or session.cookies.get(endpoint) or self._always_basic)

    def _is_used_up(self, session: V1Session, endpoint: Origin, request: HTTPRequest) -> bool:
        """Return whether the token of a session is used up, so that a request needs a new session.

        If the request cannot be repeated after a 401, a token that was sent before counts as used up, in case the registry
        accepts a token only once.
        """
        if not session.sent or self._allows_concurrency(session, endpoint):
            return False
        # An index that sets cookies identifies a push by its cookies, and would take a new session for another push.
        return self._reusable is False or (not is_repeatable(request) and not session.index_cookies)

    def _switch_to_basic(self, repo: str, endpoint: Origin) -> Generator[Effect, Any, bool]:
        """Switch to Basic authentication for all later calls, and return whether this call made the switch.

        The result is False, and nothing changes, if the registry does not have the origin of the index, if Basic authentication
        is used already, or if there is no password."""
        self._record(challenge="basic")
        if endpoint != self._index.origin or self._always_basic:
            return False
        self._always_basic = password_authorization((yield from self._find_credential(repo))) is not None
        return self._always_basic

    def _renew_after_401(
        self, repo: str, session: V1Session, endpoint: Origin, request: HTTPRequest, response: HTTPResponse
    ) -> Generator[Effect, Any, bool]:
        """After a 401, remember whether the registry rejected a cookie or a used token, and open a new session.

        Return whether a new session is open."""
        self._record(challenge="token")
        if "Authorization" not in response.request.headers and session.cookies.get(endpoint):
            self._token_required.add(endpoint)
        elif session.accepted == 1 and self._reusable is None:
            self._reusable = False
        yield FindCredential(repo)
        holder = LockHolder(self._lock)
        try:
            yield from holder.acquire()
            return (yield from self._reopen(repo, session, request, holder)) is not None
        finally:
            holder.release()


def _requires_basic(response: HTTPResponse) -> bool:
    schemes = {challenge.scheme for challenge in parse_challenges(response.headers.get_list("WWW-Authenticate"))}
    return "basic" in schemes and "token" not in schemes
