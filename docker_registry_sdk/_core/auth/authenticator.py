"""The token flow: which Authorization header each request gets, and what happens after a 401.

This module does no I/O. Its generators yield effects (see `effects`), which a driver performs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator
from functools import lru_cache
from typing import Any, TypeAlias

from ...credentials import Credential
from ...errors import AuthError, RegistryError, TokenLoginError
from .. import auth
from ..names.origin import Origin
from ..text.redaction import one_line, redact_url
from ..wire import RENEWED, ByteStream, HTTPRequest, HTTPResponse, Request, call_of
from .effects import Acquire, Effect, FindCredential, Flow, HeldCredential, Lock, Read, Send
from .realm import absolute_realm, check_realm, find_realm_addresses
from .refusals import challenges_of, choose_challenge, has_no_tokens, is_repeatable, may_have_ended, refuses_scopes
from .scope import ScopeSet
from .tokens import Authorization, Token, TokenStore, credential_digest

# The maximum number of times that a request is sent. A registry may reject even new tokens, if tokens are revoked often.
MAX_ATTEMPTS = 4
# 400 is the response of ECR Public to an expired token.
_REFUSALS = frozenset({400, 401, 403})
_READING = frozenset({"GET", "HEAD"})
_log = logging.getLogger(__name__)


_NO_AUTHORIZATION = Authorization(None)
_NO_SCOPES = ScopeSet()
_Began: TypeAlias = tuple[int, int, int, ScopeSet]


class Authenticator:
    """The authorization of a client's requests to its registry. The client and its repositories share one Authenticator.

    Args:
        registry: A function that returns the registry's origin. The first response of the registry may change the origin, as
            when the registry uses plain http instead of https.
        build: A function that converts a `Request` of this package to an httpx request.
        ping: A function that returns the httpx request `GET /v2/`, whose 401 response contains the registry's challenge.
        trusted_realms: The hosts, with or without a port, that the caller trusts as token services.
        tokens: The store of the tokens that token services issued.
        lock: The lock for the ping. Of concurrent requests without a known challenge, one holds the lock and sends the ping, and
            the others wait for the challenge.
    """

    def __init__(
        self,
        registry: Callable[[], Origin],
        build: Callable[[Request], HTTPRequest],
        ping: Callable[[], HTTPRequest],
        trusted_realms: Collection[str],
        tokens: TokenStore,
        lock: Lock,
    ) -> None:
        self._registry = registry
        self._build = build
        self._ping = ping
        self._trusted_realms = trusted_realms
        self._tokens = tokens
        self._lock = lock
        self._challenge: auth.Challenge | None = None
        self._basic: auth.Challenge | None = None  # beside a Bearer challenge
        self._has_no_tokens = False
        self._pinged = False
        self._calls = 0
        self._refused_plans = 0
        self._plans_nothing = False  # the token service refuses further scopes, or reads one scope only
        self._facts: dict[str, Any] = {}

    @property
    def report(self) -> auth.AuthReport:
        """Return a report of the credential, challenge and token that were used for the last request, without secrets."""
        return auth.AuthReport(registry=str(self._registry()), **self._facts)

    def learn(self, response: HTTPResponse) -> auth.Challenge | None:
        """Return the Bearer or Basic challenge of a response, and store the challenge for later requests.

        If the response has both challenges, Bearer is preferred, unless its token service has given no token. The result is None
        if the response has neither; the challenge that was stored before is then kept.

        Args:
            response: A response of the registry with the status 401, or with the status 403 and a challenge.
        """
        found, basic, schemes = choose_challenge(response, without_tokens=self._has_no_tokens)
        if found is not None:
            self._challenge, self._basic = found, basic
        self._note(challenge=schemes)
        _log.debug("challenge of %s: %s", self._registry(), one_line(schemes or "") or "none")
        return found

    def flow(self, request: HTTPRequest) -> Flow:
        """Send a request with the authorization that the registry requires, and return the last response.

        After a 401, or a 403 because of an insufficient scope, the flow fetches another token if that may help, and repeats the
        request. Registries such as GHCR and ECR answer 403 (ECR Public: 400) when a token or password has expired. So after these
        the flow looks up the credential and fetches a token once more, unless both were new for this request. If nothing helps,
        or the body of the request can be sent only once, the flow returns the response.

        Args:
            request: The request. The attribute `repo` of its context determines the credential, and `scopes` the token.
        """
        call = call_of(request)
        if call.without_credentials:
            probed: HTTPResponse = yield Send(request)
            if probed.status_code == 401:
                self.learn(probed)  # so that the next request needs no ping
            return probed
        self._calls += 1
        planned = _NO_SCOPES if self._plans_nothing else _scopes(call.planned_scopes)
        wanted, repo = _scopes(call.scopes), call.repo
        began = (self._calls, self._tokens.stored, self._tokens.refused, planned)
        if not isinstance(request.stream, ByteStream):
            yield from self._request_challenge()  # a body that can be sent only once must not receive a 401 as its response
        used = yield from self._authorization(wanted, repo, began)
        attempts = 0
        while True:
            attempts += 1
            if used.value is not None:
                request.headers["Authorization"] = used.value
            response: HTTPResponse = yield Send(request)
            self._note(outcome=f"the registry answered {response.status_code}")
            if response.status_code not in _REFUSALS:
                if used.value is None and request.method not in _READING:
                    self._pinged = True  # the registry lets everybody write, so a streamed body needs no ping
                return response
            is_old = used.held is not None and not used.is_new
            if response.status_code == 400 and (not is_old or used.value is None):
                return response
            response = yield Read(response)
            challenge = yield from self._refused(response)
            is_wider = is_revoked = False
            if challenge is not None:
                required = ScopeSet.parse([challenge.parameters.get("scope", "")])
                # A registry may require more than the specification says, or use another name for the repository.
                is_wider = challenge.scheme == "bearer" and used.value is not None and not wanted.covers(required)
                # A new token may have been revoked already. If it was rejected for another reason, so would be a newer one.
                is_revoked = challenge.scheme == "bearer" and challenge.parameters.get("error") == "invalid_token"
                wanted = required.with_scopes(wanted.scopes)
            elif used.value is None or not (is_old or used.is_planned) or not may_have_ended(response):
                return response
            may_repeat = (
                attempts < MAX_ATTEMPTS
                and is_repeatable(request)
                and (not used.is_new or is_wider or is_revoked or used.is_planned)
            )
            if used.is_planned:
                # Some token services read one scope only, so that the token may lack what this request needs.
                self._refused_plans += 1
                if used.is_new or self._refused_plans > 1:
                    self._plans_nothing, began = True, (*began[:3], _NO_SCOPES)
            if not is_wider and (may_repeat or is_old):
                self._forget(used, is_old=is_old)
            if not may_repeat:
                if is_old and not is_repeatable(request):
                    response.extensions[RENEWED] = True  # so that a caller who can send the body again does so
                return response
            refused = used.value
            used = yield from self._authorization(wanted, repo, began)
            if used.value is None or used.value == refused:
                return response

    def _forget(self, used: Authorization, *, is_old: bool) -> None:
        """Fetch another token, and look up another credential, for the next request: those of this request were refused.

        A credential that was looked up for this request is kept, since its source would give the same one.
        """
        if used.value is not None:
            self._tokens.drop(used.value.removeprefix("Bearer "))
        if is_old and used.held is not None:
            used.held.is_refused = True

    def _request_challenge(self) -> Generator[Effect, Any, None]:
        """Send a ping to get the registry's challenge, unless the challenge is known or a ping was sent before.

        Concurrent requests wait for the same ping.
        """
        if self._knows_challenge() or not (yield Acquire(self._lock, self._knows_challenge)):
            return
        try:
            if not self._knows_challenge():
                response: HTTPResponse = yield Send(self._ping())
                self._pinged = True
                if response.status_code == 401:
                    self.learn(response)
                yield Read(response)
        finally:
            self._lock.release()

    def _knows_challenge(self) -> bool:
        return self._challenge is not None or self._pinged

    def _refused(self, response: HTTPResponse) -> Generator[Effect, Any, auth.Challenge | None]:
        """Return the challenge that a request must satisfy after a 401 or 403.

        The result is None if another credential or token cannot help: the response has no challenge that this package supports,
        or is a 403 for another reason than an insufficient scope.
        """
        if response.status_code == 401 and "WWW-Authenticate" not in response.headers:
            # gcr.io sends a challenge only in the response to the ping.
            yield from self._request_challenge()
            return self._challenge and self._challenge._replace(parameters={**self._challenge.parameters, "scope": ""})
        if response.status_code == 401 or any(
            one.parameters.get("error") == "insufficient_scope" for one in challenges_of(response)
        ):
            return self.learn(response)
        return None

    def _authorization(self, wanted: ScopeSet, repo: str | None, began: _Began) -> Generator[Effect, Any, Authorization]:
        """Return the value of the Authorization header, and whether it is new.

        If the token service rejects a credential that was looked up for an earlier call, look it up once more.

        Args:
            wanted: The scopes that a token must cover.
            repo: The repository, which determines the credential; None for the registry as a whole.
            began: The numbers of calls, stored tokens and refused token requests when the call began, and the scopes that later
                requests of the same operation need.
        """
        challenge = self._challenge
        if challenge is None:
            return _NO_AUTHORIZATION
        try:
            held: HeldCredential = yield FindCredential(repo)
            try:
                return (yield from self._authorization_of(challenge, wanted, held, began))
            except TokenLoginError:
                held.is_refused = True
                if _is_new(held, began):
                    raise
                other: HeldCredential = yield FindCredential(repo)
                if other.credential == held.credential:
                    raise
                return (yield from self._authorization_of(challenge, wanted, other, began))
        except RegistryError as error:
            self._note(outcome=error.problem, grant=None, lifetime=None)
            raise

    def _authorization_of(
        self, challenge: auth.Challenge, wanted: ScopeSet, held: HeldCredential, began: _Began
    ) -> Generator[Effect, Any, Authorization]:
        held.seen = held.seen or self._calls
        credential = held.credential
        self._note(
            credential=credential and credential.source,
            username=credential and credential.username,
            passed_over=held.passed_over,
        )
        if challenge.scheme == "basic":
            if credential is None or credential.username is None or credential.password is None:
                self._note(grant=None, lifetime=None)
                return Authorization(None, _is_new(held, began), held)  # the user may log in later
            self._note(grant="name and password", lifetime=None)
            value = auth.basic_authorization(credential.username, credential.password)
            return Authorization(value, _is_new(held, began), held)
        if credential is not None and credential.registry_token is not None:
            if not auth.is_sendable(credential.registry_token):
                raise AuthError(
                    "the registry token of the credential contains characters that are not allowed in an HTTP header",
                    source=credential.source,
                    hint="Replace the token.",
                )
            self._note(grant="the token of the credential", lifetime=None)
            return Authorization(f"Bearer {credential.registry_token}", _is_new(held, began), held)
        try:
            token = yield from self._token(challenge, wanted, credential, began)
        except RegistryError as error:
            basic = self._basic
            if basic is None or credential is None or credential.password is None or not has_no_tokens(error):
                raise
            # Some registries have a login of their own beside a token service that does not exist or does not know their users.
            _log.debug("no token for %s, so its Basic challenge is used: %s", self._registry(), error.problem)
            self._challenge, self._basic, self._has_no_tokens = basic, None, True
            self._note(challenge="basic", realm=None, service=None, scopes=())
            return (yield from self._authorization_of(basic, wanted, held, began))
        self._note(grant=token.way, lifetime=token.lifetime, scopes=token.scopes.scopes)
        is_planned = bool(began[3].scopes) and not wanted.covers(token.scopes)
        return Authorization(f"Bearer {token.value}", token.number > began[1], held, is_planned)

    def _token(
        self, challenge: auth.Challenge, wanted: ScopeSet, credential: Credential | None, began: _Began
    ) -> Generator[Effect, Any, Token]:
        realm = absolute_realm(challenge.parameters["realm"], self._registry())
        name = challenge.parameters.get("service") or None
        service = (realm, name or "", "" if credential is None else credential_digest(credential))
        self._note(realm=realm, service=name, scopes=wanted.scopes)
        if (token := self._tokens.find(service, wanted)) is not None:
            return token
        lock = self._tokens.lock(service, wanted)
        while not (yield Acquire(lock, lambda: self._tokens.find(service, wanted) is not None)):
            if (token := self._tokens.find(service, wanted)) is not None:
                return token
        try:
            if (token := self._tokens.find(service, wanted)) is not None:  # another flow has fetched it in the meantime
                return token
            if (refusal := self._tokens.refusal(service, wanted, began[2])) is not None:
                raise refusal
            registry = self._registry()
            origin = check_realm(realm, registry, trusted=self._trusted_realms, secret=credential is not None)
            addresses = yield from find_realm_addresses(origin, registry, self._trusted_realms)
            scopes = planned = self._tokens.widened(service, wanted)
            if began[3].scopes:
                planned = self._tokens.widened(service, began[3]).with_scopes(scopes.scopes)
            build = auth.builder_for(self._build, origin, addresses, with_secrets=origin == registry)
            try:
                try:
                    grant = yield from auth.fetch_token(build, realm, name, planned, credential)
                    scopes = planned
                except AuthError as error:
                    if planned == scopes or not refuses_scopes(error):
                        raise
                    self._plans_nothing = True
                    grant = yield from auth.fetch_token(build, realm, name, scopes, credential)
            except TokenLoginError as error:
                self._tokens.refuse(service, wanted, error)
                raise
            _log.debug("token from %s for %s: %s", redact_url(realm), one_line(str(scopes)) or "no scope", grant.way)
            return self._tokens.add(grant.token, service, scopes, grant.lifetime, grant.way)
        finally:
            lock.release()

    def _note(self, **facts: Any) -> None:
        # A new dict each time, so that a report in another thread never shows a partial update.
        self._facts = {**self._facts, **facts}


def _is_new(held: HeldCredential, began: _Began) -> bool:
    """Return whether a credential was looked up after a call began, so that looking it up again is pointless."""
    return began[0] <= held.seen


@lru_cache(maxsize=256)
def _scopes(texts: tuple[str, ...]) -> ScopeSet:
    return ScopeSet.parse(texts)
