"""Anonymous tokens for registries that another registry redirects to. This module does no I/O.

Some names only redirect: registry.k8s.io, and names that companies put before a registry of a cloud. The registry behind them
answers 401 with a challenge of its own, also for public images. It gets an anonymous token, and never the credential.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from typing import Any

from ...errors import AuthError
from .. import auth
from ..names.origin import Origin
from ..wire import HTTPRequest, HTTPResponse, Request
from .destinations import READING_METHODS, Addresses
from .effects import Acquire, Effect, Flow, Read, Send
from .realm import absolute_realm, check_realm, find_realm_addresses
from .refusals import challenges_of
from .scope import ScopeSet
from .tokens import Token, TokenStore


class AnonymousLogin:
    """The authorization of requests that the registry of the caller has led to another host.

    Args:
        registry: A function that returns the origin of the caller's registry.
        build: A function that converts a `Request` of this package to an httpx request.
        trusted_realms: The hosts, with or without a port, that the caller trusts as token services.
        tokens: The store of tokens.
    """

    def __init__(
        self,
        registry: Callable[[], Origin],
        build: Callable[[Request], HTTPRequest],
        trusted_realms: Collection[str],
        tokens: TokenStore,
    ) -> None:
        self._registry = registry
        self._build = build
        self._trusted_realms = trusted_realms
        self._tokens = tokens

    def flow(self, request: HTTPRequest) -> Flow:
        """Send a request to another host, and return the response.

        After a 401 with a Bearer challenge, fetch an anonymous token, and send the request once more. If the token service issues
        no such token, return the 401.

        Args:
            request: The request, without credentials. Only a GET or HEAD is sent again.

        Raises:
            AuthError: No request may be sent to the token service, such as one in a private network.
        """
        response: HTTPResponse = yield Send(request)
        if response.status_code != 401 or request.method not in READING_METHODS:
            return response
        bearer = next((one for one in challenges_of(response) if one.scheme == "bearer" and one.parameters.get("realm")), None)
        if bearer is None:
            return response
        response = yield Read(response)
        host = Origin.from_url(f"{request.url.scheme}://{request.url.netloc.decode('ascii')}")
        token = yield from self._token(bearer, host)
        if token is None:
            return response
        request.headers["Authorization"] = f"Bearer {token.value}"
        response = yield Send(request)
        return response

    def _token(self, challenge: auth.Challenge, host: Origin) -> Generator[Effect, Any, Token | None]:
        realm, name = absolute_realm(challenge.parameters["realm"], host), challenge.parameters.get("service") or None
        wanted = ScopeSet.parse([challenge.parameters.get("scope", "")])
        service = (realm, name or "", f"for {host}")
        lock = self._tokens.lock(service, wanted)
        while (token := self._tokens.find(service, wanted)) is None:
            if not (yield Acquire(lock, lambda: self._tokens.find(service, wanted) is not None)):
                continue
            try:
                if (token := self._tokens.find(service, wanted)) is None:  # else another flow has fetched it in the meantime
                    token = yield from self._fetch(realm, name, wanted, host, service)
                return token
            finally:
                lock.release()
        return token

    def _fetch(
        self, realm: str, name: str | None, wanted: ScopeSet, host: Origin, service: tuple[str, str, str]
    ) -> Generator[Effect, Any, Token | None]:
        origin = check_realm(realm, host, trusted=self._trusted_realms, secret=False)
        # Neither the host nor the caller's registry may lead the request into the caller's network, if it is on the internet.
        addresses: Addresses = yield from find_realm_addresses(origin, self._registry(), self._trusted_realms)
        if addresses is None:
            addresses = yield from find_realm_addresses(origin, host, self._trusted_realms)
        build = auth.builder_for(self._build, origin, addresses, with_secrets=False)
        try:
            grant = yield from auth.fetch_token(build, realm, name, wanted, None)
        except AuthError:  # it issues no anonymous token
            return None
        return self._tokens.add(grant.token, service, wanted, grant.lifetime, grant.way)
