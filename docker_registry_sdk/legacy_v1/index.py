"""Requests to an index of API v1: their credentials, and the sessions and registry names in the responses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Container, Generator
from functools import partial
from typing import Any, Final

from attrs import evolve

from .._core.auth.destinations import Addresses, find_addresses
from .._core.auth.effects import Effect, FindCredential, Flow, HeldCredential, Lock, Read, Send
from .._core.auth.realm import is_trusted
from .._core.auth.refusals import is_repeatable
from .._core.auth.report import AuthReport
from .._core.concurrency.forks import BoundToProcess
from .._core.names.origin import Origin, same_site
from .._core.transport.registry_origin import HUB_HOST, RegistryOrigin
from .._core.transport.request_policy import follow_redirects
from .._core.wire import ANY_SUCCESS, DOCUMENT_SUCCESS, HTTPRequest, HTTPResponse, Request, call_of
from ..credentials import Credential
from ..errors import AuthError, InvalidReferenceError
from ..v1.api import delete_repo, list_repo_imgs, put_repo
from .lock_holder import LockHolder
from .session import (
    Access,
    SessionHeaders,
    V1Session,
    access_of,
    is_from,
    origin_of,
    password_authorization,
    set_auth_headers,
    store_cookies,
    token_authorization,
    token_of,
    within_limits_of,
    without_auth_headers,
)

_log = logging.getLogger(__name__)

# The host of Docker Hub's index. The host in references, docker.io, serves web pages.
HUB_INDEX: Final = "index.docker.io"
_ENDPOINT_HINT: Final = "Ask the operator of the index to correct the header X-Docker-Endpoints."
# The operations whose responses open a session, with the parser for the headers of the response, and the success statuses. The
# body of a response to list_repo_imgs has not been read yet. So the parser of put_repo, whose responses have no body, parses it.
_SESSION_OPENERS: Final[dict[str, tuple[Callable[[HTTPResponse], SessionHeaders], Container[int]]]] = {
    "list_repo_imgs": (put_repo.parse, DOCUMENT_SUCCESS),
    "put_repo": (put_repo.parse, ANY_SUCCESS),
    "delete_repo": (delete_repo.parse, ANY_SUCCESS),
}
# The operations that are sent without the client's credentials: a new user has other credentials.
_WITHOUT_CREDENTIALS: Final = frozenset({"create_user"})
_ACCESSES: Final[tuple[Access, ...]] = ("delete", "write", "read")


class V1IndexAuth(BoundToProcess):
    """The part of `V1AuthPolicy` that sends requests to the index, and stores the sessions (token and cookies) of repositories.

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
        self._index = index
        self._build = build
        self._lock = lock
        self._trusted = trusted
        self._sessions: dict[tuple[str, Access], V1Session] = {}
        self._held: dict[str | None, HeldCredential] = {}
        self._report = AuthReport(registry=str(index.origin))

    @property
    def report(self) -> AuthReport:
        """Return a report on the credential, challenge and token that produced the last response."""
        return self._report

    def endpoints(self, repo: str, access: Access) -> tuple[Origin, ...]:
        """Return the registries that the index named when it opened a session.

        If no session is open, or the index named no registry, the result is the index itself (`registry-1.docker.io` for Docker
        Hub).

        Args:
            repo: The name of the session's repository.
            access: The access that the session grants.

        Raises:
            AuthError: The index named a registry that may be hostile (see `read_endpoints`).
        """
        session = self._sessions.get((repo, access))
        return read_endpoints(session.endpoints if session else None, self._index.origin, trusted=self._trusted)

    def forget(self, repo: str) -> None:
        """Delete the stored sessions of a repository, for all kinds of access.

        Args:
            repo: The repository's name.
        """
        for access in _ACCESSES:
            self._sessions.pop((repo, access), None)

    def _send_to_index(self, request: HTTPRequest, holder: LockHolder | None = None) -> Flow:
        authorize = partial(self._authorize_at_index, holder)
        response: HTTPResponse = yield from follow_redirects(
            request,
            lambda: self._index.origin,
            authorize,
            initial_origin=self._index.initial_origin,
            upgrade=self._index.upgrade_to_https,
        )
        parse, statuses = _SESSION_OPENERS.get(call_of(request).operation_id, (None, ()))
        # After a redirect to another host, the response does not come from the index, and opens no session.
        if parse is not None and response.status_code in statuses and is_from(response, self._index.origin):
            self._store_session(request, parse(response), response)
        return response

    def _authorize_at_index(self, holder: LockHolder | None, request: HTTPRequest) -> Flow:
        """Send a request to the index with the user's password.

        After a 401 or 403, fetch the credential from the provider again; if the credential is a new one, send the request once
        more. The lock of `holder` is released during the call of the provider, which may use this client.
        `put_repo_auth` is sent with the token of a session instead."""
        call = call_of(request)
        operation, repo = call.operation_id, call.repo
        session = self._sessions.get((repo or "", access_of(request.method)))
        cookies = session.index_cookies if session is not None else {}
        if operation == "put_repo_auth":  # this operation checks a token, so send a token
            open_sessions = (self._sessions.get((repo or "", access)) for access in _ACCESSES)
            session = next((one for one in open_sessions if one is not None), None)
            set_auth_headers(request, token_authorization(session), cookies)
            checked: HTTPResponse = yield Send(request)
            return checked
        anonymous = operation in _WITHOUT_CREDENTIALS or call.without_credentials
        credential = None if anonymous else (yield from self._find_credential(repo))
        set_auth_headers(request, password_authorization(credential), cookies)
        response: HTTPResponse = yield Send(request)
        if response.status_code in (401, 403):
            if response.status_code == 401:
                self._record(challenge="basic")
            if credential is not None and is_repeatable(request):
                response = yield Read(response)
                if holder is not None:
                    holder.release()
                other = yield from self._find_credential(repo, again=True)
                if holder is not None:
                    yield from holder.acquire()
                if other is not None and other != credential:
                    set_auth_headers(request, password_authorization(other), cookies)
                    response = yield Send(request)
        return response

    def _store_session(self, request: HTTPRequest, headers: SessionHeaders, response: HTTPResponse) -> None:
        repo = call_of(request).repo or ""
        access = access_of(request.method)
        before = self._sessions.get((repo, access))
        token = token_of(headers)
        if before is not None and token is None:
            store_cookies(before.index_cookies, response)  # the session continues, as at the end of a deletion
            return
        session = V1Session(
            access=access, opener=without_auth_headers(request), token=token, endpoints=headers.x_docker_endpoints
        )
        store_cookies(session.index_cookies, response)
        self._record(grant=f"a token for {access} of the index" if token else None)
        _log.debug("session of %s for %s: %s", repo, access, "with a token" if token else "without a token")
        self._sessions[(repo, access)] = session

    def _find_session(self, repo: str, access: Access, request: HTTPRequest) -> Generator[Effect, Any, V1Session | HTTPResponse]:
        """Return the session for a call to a registry. If the index refuses to open a session, return the response of the index.

        If the call writes or deletes, but no session for that is open, the result is a session for another access. Its token is
        not valid for the call: use only the names of the registries in that session.
        """
        for one in dict.fromkeys((access, *_ACCESSES[1:])):
            if (session := self._sessions.get((repo, one))) is not None and (access != "read" or one == "read"):
                return session
        yield FindCredential(repo)  # before the lock is acquired, since the provider may use this client
        holder = LockHolder(self._lock)
        try:
            yield from holder.acquire()
            if (session := self._sessions.get((repo, "read"))) is not None:  # another caller has opened it in the meantime
                return session
            opener = within_limits_of(self._build(list_repo_imgs.request(repo, x_docker_token=True)), request)
            response: HTTPResponse = yield Read((yield from self._send_to_index(opener, holder)))
        finally:
            holder.release()
        if (session := self._sessions.get((repo, "read"))) is not None:
            return session
        if response.is_success:
            raise AuthError(
                (
                    f"the index opened no session: the index redirected the request to {origin_of(response)}, or answered "
                    f"with {response.status_code}"
                ),
                source=f"the index {self._index.origin}",
                hint=(
                    "Only the index itself can open a session: if the other host is the right index, pass that host as the index."
                ),
            )
        # A repository that is written for the first time does not exist yet.
        return V1Session(access="read") if access != "read" and response.status_code == 404 else response

    def _reopen(
        self, repo: str, session: V1Session, request: HTTPRequest, holder: LockHolder
    ) -> Generator[Effect, Any, V1Session | None]:
        """Replace a session by a new session, and return the new session. The caller must hold the lock of `holder`.

        If another caller has replaced the session before, return that caller's session without a request. The result is None if
        the index opens no session, and always None for deletions, since the request that opens a session for deleting would
        delete the repository again.
        """
        if session.opener is None or session.access == "delete":
            return None
        if self._sessions.get((repo, session.access)) is session:
            yield Read((yield from self._send_to_index(within_limits_of(session.opener, request), holder)))
        newest = self._sessions.get((repo, session.access))
        return None if newest is session else newest

    def _find_credential(self, repo: str | None, *, again: bool = False) -> Generator[Effect, Any, Credential | None]:
        if again:  # even if the credential was looked up for this request
            self._held[repo].is_refused, self._held[repo].search = True, 0
        held: HeldCredential = yield FindCredential(repo)
        self._held[repo] = held
        credential = held.credential
        self._record(
            credential=credential.source if credential else None,
            username=credential.username if credential else None,
            passed_over=held.passed_over,
        )
        return credential

    def _record(self, **facts: Any) -> None:
        self._report = evolve(self._report, registry=str(self._index.origin), **facts)


def read_endpoints(header: str | None, index: Origin, *, trusted: Collection[str]) -> tuple[Origin, ...]:
    """Return the registries that an index names, after checking that requests may be sent to these registries.

    A hostile index may name any host. But a token must not be sent to another site than the index, and an index must not direct
    requests to hosts in the caller's private network.

    Args:
        header: The X-Docker-Endpoints header of the index: hosts with or without a port, separated by commas. If the value is
            None or empty, the result is the index itself (`registry-1.docker.io` for Docker Hub).
        index: The origin of the index.
        trusted: The hosts, with or without a port, that the caller trusts as registries, on any site and in any network.

    Raises:
        AuthError: A registry is on another site or in a private network and is not trusted, uses plain http although the index
            uses https, or has an invalid address.

    Source: Docker Hub API, X-Docker-Endpoints.
    """
    hosts = [host for host in (part.strip() for part in (header or "").split(",")) if host]
    if not hosts:
        return (Origin(index.scheme, HUB_HOST),) if index.host == HUB_INDEX else (index,)
    return tuple(_endpoint(host, index, trusted) for host in hosts)


def _endpoint(host: str, index: Origin, trusted: Collection[str]) -> Origin:
    source = f"the index {index}"
    try:
        # An endpoint has the scheme of the index, unless the header states a scheme, as some servers do.
        endpoint = Origin.from_url(host if "://" in host else f"{index.scheme}://{host}")
    except InvalidReferenceError as error:
        raise AuthError(
            f"the index names a registry whose address is invalid: {error.problem}", source=source, hint=_ENDPOINT_HINT
        ) from None
    if any(character in host.rpartition("://")[2] for character in "/?#"):
        raise AuthError(
            "the index names a registry by a URL with a path; only a host and a port are allowed",
            source=source,
            hint=_ENDPOINT_HINT,
        )
    if index.is_secure and not endpoint.is_secure:
        raise AuthError(
            (
                f"the index names the registry {endpoint}, which uses plain http, so no request was sent to the "
                "registry: others could read the token"
            ),
            source=source,
            hint="Ask the operator of the index for an https registry.",
        )
    if endpoint.host == index.host or is_trusted(endpoint, trusted):
        return endpoint
    if endpoint.is_address or endpoint.is_private:
        problem = "which is an IP address or a host in a private network"
    elif not same_site(endpoint, index):
        problem = "which belongs to another site"
    else:
        return endpoint
    raise _refusal(endpoint, index, problem)


def find_endpoint_addresses(endpoint: Origin, index: Origin) -> Generator[Effect, Any, Addresses]:
    """Return the only IP addresses that a request to a registry may be sent to; None allows any address (see `find_addresses`).

    Args:
        endpoint: The registry, which the index has named.
        index: The origin of the index.

    Raises:
        AuthError: One of the addresses of the registry is private, but the index is on the internet.
    """
    return (yield from find_addresses(endpoint, index, lambda reason: _refusal(endpoint, index, reason)))


def _refusal(endpoint: Origin, index: Origin, problem: str) -> AuthError:
    return AuthError(
        f"the index names the registry {endpoint}, {problem}, so no request was sent to the registry",
        source=f"the index {index}",
        hint=f"If this is intended, pass trusted_realms=[{endpoint.netloc!r}].",
    )
