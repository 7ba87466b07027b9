"""The gate of API v1: which host a call goes to, and with what: Basic, a token, or the cookie that took its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from functools import partial
from typing import Any, TypeAlias

from .._core.auth.authenticator import is_repeatable
from .._core.auth.challenge import parse_challenges
from .._core.auth.steps import Enter, Flow, Lock, Read, Send, Step
from .._core.names.origin import Origin
from .._core.transport.home import Home
from .._core.transport.redirects import follow_redirects
from .._core.wire import HTTPRequest, HTTPResponse, Request, call_of
from ..errors import AuthError
from ..v1.operations import OPERATIONS
from .endpoints import read_endpoints
from .index import V1Index
from .session import V1Session, access_of, dress, keep_cookies, moved, origin_of, password_authorization, token_authorization

_AUDIENCES = {operation.id: operation.tag for operation in OPERATIONS}
_GIVEN_BY = {"read": "list_repo_imgs", "write": "put_repo", "delete": "delete_repo"}

_Answered: TypeAlias = Generator[Step, Any, tuple[V1Session, Origin, HTTPResponse]]


class V1AuthPolicy(V1Index):
    """Lets requests into one index and the registries that it names; all clients of it share one.

    Args:
        home: Where the index is.
        build: Makes an HTTP request of an operation's request.
        lock: A lock of the driver's kind; whoever holds it opens a session for all.
        trusted: The hosts that the caller trusts as registries.
    """

    def __init__(self, home: Home, build: Callable[[Request], HTTPRequest], lock: Lock, trusted: Collection[str]) -> None:
        super().__init__(home, build, lock, trusted)
        # Whether a token is good for more than one call; None while that is not known.
        self._reusable: bool | None = None
        # The registries whose cookies, once refused without a token, are no sessions: the token goes with them.
        self._with_token: set[Origin] = set()
        # A standalone registry may stand behind a proxy that asks for Basic on every call.
        self._basic_for_all = False

    def flow(self, request: HTTPRequest, /) -> Flow:
        """Send a request to the index or to a registry, with what it asks for; the result is the last response.

        Args:
            request: The request. The `repo` of its context names the repository whose session it belongs to, and `endpoint`
                the registry where it is not the session's first one.
        """
        call = call_of(request)
        at_registry = _AUDIENCES.get(call.operation_id) == "registry" or call.endpoint is not None
        response: HTTPResponse = yield from (self._at_registry(request) if at_registry else self._at_index(request))
        self._note(outcome=f"{response.request.url.host} answered {response.status_code}")
        return response

    def _at_registry(self, request: HTTPRequest) -> Flow:
        repo = call_of(request).repo or ""
        access = access_of(request.method)
        response: HTTPResponse
        renewed = False
        while True:
            found: V1Session | HTTPResponse = yield from self._session(repo, access, request)
            if not isinstance(found, V1Session):
                return found
            borrowed = found.access != access
            if borrowed:  # only its endpoints are of use
                found = V1Session(access=access, endpoints=found.endpoints)
            session, endpoint, response = yield from self._sent(repo, found, request)
            if response.status_code != 401 or origin_of(response) != endpoint:
                return response
            response = yield Read(response)
            if _wants_basic(response):
                if is_repeatable(request) and (yield from self._may_give_basic(repo, endpoint)):
                    continue
                return response
            if borrowed:
                raise AuthError(
                    f"it wants a token for {access}, which {_GIVEN_BY[access]} gives: call that first",
                    source=f"the registry {endpoint}",
                )
            if renewed or not is_repeatable(request):
                return response
            if not (yield from self._is_renewed_after(repo, session, endpoint, response)):
                return response
            renewed = True

    def _sent(self, repo: str, session: V1Session, request: HTTPRequest) -> _Answered:
        """Send a request with a session, or with the one that has taken its place.

        While nobody knows whether a token is good for more than one call, calls go out one after the other: all of them at
        once would use it up for each other. Once it is known to be good for one, each call gets one of its own.
        """
        endpoint = self._endpoint(session, request)
        if not self._is_settled(session, endpoint):
            yield Enter(self._lock)
            try:
                session = self._sessions.get((repo, session.access), session)
                endpoint = self._endpoint(session, request)
                if self._is_used_up(session, endpoint, request):
                    session = (yield from self._reopened(repo, session)) or session
                    endpoint = self._endpoint(session, request)
                if not self._is_settled(session, endpoint):
                    if self._reusable is None:
                        return session, endpoint, (yield from self._send(session, endpoint, request))
                    session.sent += 1  # it is taken, before others may look
            finally:
                self._lock.release()
        return session, endpoint, (yield from self._send(session, endpoint, request))

    def _send(self, session: V1Session, endpoint: Origin, request: HTTPRequest) -> Flow:
        enter = partial(self._enter_registry, session, endpoint)
        response: HTTPResponse = yield from follow_redirects(moved(request, endpoint), lambda: endpoint, enter)
        return response

    def _enter_registry(self, session: V1Session, endpoint: Origin, request: HTTPRequest) -> Flow:
        cookies = {**(session.index_cookies if endpoint == self._home.origin else {}), **session.cookies.get(endpoint, {})}
        replaced = endpoint in session.replaced and endpoint not in self._with_token
        authorization = None if replaced else token_authorization(session)
        with_token = authorization is not None
        if self._basic_for_all and endpoint == self._home.origin:
            authorization = password_authorization((yield from self._credential(call_of(request).repo)))
            with_token = False
        dress(request, authorization, cookies)
        session.sent += with_token
        response: HTTPResponse = yield Send(request)
        if response.status_code != 401:
            if keep_cookies(session.cookies.setdefault(endpoint, {}), response) and with_token:
                session.replaced.add(endpoint)
            session.accepted += with_token
            if session.accepted > 1:
                self._reusable = True
        return response

    def _endpoint(self, session: V1Session, request: HTTPRequest) -> Origin:
        named = read_endpoints(session.endpoints, self._home.origin, trusted=self._trusted)
        endpoint = call_of(request).endpoint
        return named[0] if endpoint is None else endpoint

    def _is_settled(self, session: V1Session, endpoint: Origin) -> bool:
        """Return whether calls do not get in each other's way."""
        return bool(session.token is None or self._reusable or session.cookies.get(endpoint) or self._basic_for_all)

    def _is_used_up(self, session: V1Session, endpoint: Origin, request: HTTPRequest) -> bool:
        """Return whether the token is spent, or may be so where a body can be sent only once and must not meet a 401."""
        if not session.sent or self._is_settled(session, endpoint):
            return False
        # An index that gives cookies knows a push by them, and would take a renewed session for another push.
        return self._reusable is False or (not is_repeatable(request) and not session.index_cookies)

    def _may_give_basic(self, repo: str, endpoint: Origin) -> Generator[Step, Any, bool]:
        """Return whether a registry that asks for Basic gets it from now on: only that of the index's own origin does."""
        self._note(challenge="basic")
        if endpoint != self._home.origin or self._basic_for_all:
            return False
        self._basic_for_all = password_authorization((yield from self._credential(repo))) is not None
        return self._basic_for_all

    def _is_renewed_after(
        self, repo: str, session: V1Session, endpoint: Origin, response: HTTPResponse
    ) -> Generator[Step, Any, bool]:
        """Learn from a 401, and return whether there is a new session to try with."""
        self._note(challenge="token")
        if "Authorization" not in response.request.headers and session.cookies.get(endpoint):
            self._with_token.add(endpoint)
        elif session.accepted == 1 and self._reusable is None:
            self._reusable = False
        yield Enter(self._lock)
        try:
            return (yield from self._reopened(repo, session)) is not None
        finally:
            self._lock.release()


def _wants_basic(response: HTTPResponse) -> bool:
    schemes = {challenge.scheme for challenge in parse_challenges(response.headers.get_list("WWW-Authenticate"))}
    return "basic" in schemes and "token" not in schemes
