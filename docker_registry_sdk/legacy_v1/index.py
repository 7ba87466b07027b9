"""The index's half of the gate of API v1: Basic, and the sessions that an index opens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator
from typing import Any

from attrs import evolve

from .._core.auth.authenticator import is_repeatable
from .._core.auth.report import AuthReport
from .._core.auth.steps import Enter, FindCredential, Flow, Lock, Read, Send, Step
from .._core.names.origin import Origin
from .._core.transport.home import Home
from .._core.transport.redirects import follow_redirects
from .._core.wire import HTTPRequest, HTTPResponse, Request, call_of
from ..credentials import Credential
from ..errors import AuthError
from ..v1.api import delete_repo, list_repo_imgs, put_repo
from .endpoints import read_endpoints
from .session import (
    Access,
    SessionHeaders,
    V1Session,
    access_of,
    dress,
    keep_cookies,
    origin_of,
    password_authorization,
    token_authorization,
    token_of,
    undressed,
)

_log = logging.getLogger(__name__)

# The calls whose answer opens a session, and the statuses that do. Only its headers are read here, and those are the same
# for all: so the list of images, whose body is still to come, is read as the answer to an allocation.
_OPENERS: dict[str, tuple[Callable[[HTTPResponse], SessionHeaders], frozenset[int]]] = {
    "list_repo_imgs": (put_repo.parse, frozenset({200})),
    "put_repo": (put_repo.parse, frozenset({200, 201})),
    "delete_repo": (delete_repo.parse, frozenset({200, 202})),
}
# A password has no business where a user is made.
_BARE = frozenset({"create_user"})
_ACCESSES: tuple[Access, ...] = ("delete", "write", "read")


class V1Index:
    """Lets requests into an index, and keeps the sessions that it opens.

    Args:
        home: Where the index is.
        build: Makes an HTTP request of an operation's request.
        lock: A lock of the driver's kind; whoever holds it opens a session for all.
        trusted: The hosts that the caller trusts as registries.
    """

    def __init__(self, home: Home, build: Callable[[Request], HTTPRequest], lock: Lock, trusted: Collection[str]) -> None:
        self._home = home
        self._build = build
        self._lock = lock
        self._trusted = trusted
        self._sessions: dict[tuple[str, Access], V1Session] = {}
        self._report = AuthReport(registry=str(home.origin))

    @property
    def report(self) -> AuthReport:
        """What led to the last answer."""
        return self._report

    def endpoints(self, repo: str, access: Access) -> tuple[Origin, ...]:
        """Return the registries of an open session; the index itself when there is none.

        Args:
            repo: The repository's name.
            access: What the session is for.

        Raises:
            AuthError: The index names one that may not be asked.
        """
        session = self._sessions.get((repo, access))
        return read_endpoints(session.endpoints if session else None, self._home.origin, trusted=self._trusted)

    def forget(self, repo: str) -> None:
        """End the sessions of a repository.

        Args:
            repo: The repository's name.
        """
        for access in _ACCESSES:
            self._sessions.pop((repo, access), None)

    def _at_index(self, request: HTTPRequest) -> Flow:
        response: HTTPResponse = yield from follow_redirects(request, lambda: self._home.origin, self._enter_index)
        parse, opened = _OPENERS.get(call_of(request).operation_id, (None, ()))
        # What another host says after a redirect is no word of the index.
        if parse is not None and response.status_code in opened and origin_of(response) == self._home.origin:
            self._keep(request, parse(response), response)
        return response

    def _enter_index(self, request: HTTPRequest) -> Flow:
        call = call_of(request)
        operation, repo = call.operation_id, call.repo
        session = self._sessions.get((repo or "", access_of(request.method)))
        cookies = session.index_cookies if session is not None else {}
        if operation == "put_repo_auth":  # a token is what this call is about
            held = (self._sessions.get((repo or "", access)) for access in _ACCESSES)
            dress(request, token_authorization(next((one for one in held if one is not None), None)), cookies)
            asked: HTTPResponse = yield Send(request)
            return asked
        bare = operation in _BARE or call.without_credentials
        credential = None if bare else (yield from self._credential(repo))
        dress(request, password_authorization(credential), cookies)
        response: HTTPResponse = yield Send(request)
        if response.status_code == 401:
            self._note(challenge="basic")
            if credential is not None and is_repeatable(request):
                response = yield Read(response)
                other = yield from self._credential(repo, again=True)
                if other is not None and other != credential:
                    dress(request, password_authorization(other), cookies)
                    response = yield Send(request)
        return response

    def _keep(self, request: HTTPRequest, answer: SessionHeaders, response: HTTPResponse) -> None:
        repo = call_of(request).repo or ""
        access = access_of(request.method)
        before = self._sessions.get((repo, access))
        token = token_of(answer)
        if before is not None and token is None:
            keep_cookies(before.index_cookies, response)  # it goes on, as at the end of a deletion
            return
        session = V1Session(access=access, opener=undressed(request), token=token, endpoints=answer.x_docker_endpoints)
        keep_cookies(session.index_cookies, response)
        self._note(grant=f"a token for {access} of the index" if token else None)
        _log.debug("session of %s for %s: %s", repo, access, "with a token" if token else "without a token")
        self._sessions[(repo, access)] = session

    def _session(self, repo: str, access: Access, request: HTTPRequest) -> Generator[Step, Any, V1Session | HTTPResponse]:
        """Return the session of a call, one for reading that is good for its endpoints alone, or the answer that gave none."""
        for one in dict.fromkeys((access, *_ACCESSES[1:])):
            if (session := self._sessions.get((repo, one))) is not None and (access != "read" or one == "read"):
                return session
        yield Enter(self._lock)
        try:
            if (session := self._sessions.get((repo, "read"))) is not None:  # opened by another one in the meantime
                return session
            opening = self._build(list_repo_imgs.request(repo, x_docker_token=True))
            opening.extensions = {**opening.extensions, "timeout": request.extensions["timeout"]}
            response: HTTPResponse = yield Read((yield from self._at_index(opening)))
        finally:
            self._lock.release()
        if (session := self._sessions.get((repo, "read"))) is not None:
            return session
        if response.is_success:
            raise AuthError(
                f"it leads to {origin_of(response)}, or answers {response.status_code}, where it should open a session; "
                "what another host says does not count. Name that host as the index, if that is right.",
                source=f"the index {self._home.origin}",
            )
        # A repository that is to be written need not be there.
        return V1Session(access="read") if access != "read" and response.status_code == 404 else response

    def _reopened(self, repo: str, session: V1Session) -> Generator[Step, Any, V1Session | None]:
        """Return the session after this one, opened now unless another one has done that; whoever calls this holds the lock.

        It is None when the index opens none, and for a deletion, which would be done once more.
        """
        if session.opener is None or session.access == "delete":
            return None
        if self._sessions.get((repo, session.access)) is session:
            yield Read((yield from self._at_index(undressed(session.opener))))
        now = self._sessions.get((repo, session.access))
        return None if now is session else now

    def _credential(self, repo: str | None, *, again: bool = False) -> Generator[Step, Any, Credential | None]:
        credential: Credential | None = yield FindCredential(repo, again)
        self._note(credential=credential.source if credential else None, username=credential.username if credential else None)
        return credential

    def _note(self, **facts: Any) -> None:
        self._report = evolve(self._report, registry=str(self._home.origin), **facts)
