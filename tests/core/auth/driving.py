"""Run the flows of an authenticator without a network: a function answers each request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from attrs import define, field

from docker_registry_sdk._core.auth.authenticator import Authenticator
from docker_registry_sdk._core.auth.effects import Acquire, FindCredential, Flow, HeldCredential, Read, Resolve, Send
from docker_registry_sdk._core.auth.tokens import TokenStore
from docker_registry_sdk._core.names.origin import Origin
from docker_registry_sdk._core.wire import CALL, CallContext, Request, build
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import RegistryError

HOME = "https://registry.example.com"
REALM = "https://auth.example.com/token"
CLIENT = httpx.Client(base_url=HOME)
PASSWORD = Credential("alice", "hunter2")
Responder = Callable[[httpx.Request], httpx.Response | Exception]


class CountingLock:
    """A lock that counts its holders."""

    def __init__(self) -> None:
        self.held = 0

    def release(self) -> None:
        """Release the lock."""
        self.held -= 1


@define
class Driver:
    """The driver of the flows of one authenticator.

    Attributes:
        answer: The function that answers each request.
        credential: The credential provider, called with `again`: whether the credential before was refused.
        sent: Method, URL and Authorization header of each request.
        looked: The argument `again` of each call of the credential provider.
        addresses: The IP addresses of known hosts; None for a host that a proxy resolves.
    """

    answer: Responder
    credential: Callable[[bool], Credential | None] = lambda again: None
    trusted: frozenset[str] = frozenset()
    home: str = HOME
    sent: list[tuple[str, str, str | None]] = field(factory=list)
    requests: list[httpx.Request] = field(factory=list)
    looked: list[bool] = field(factory=list)
    addresses: dict[str, tuple[str, ...] | None] = field(factory=dict)
    lock: CountingLock = field(factory=CountingLock)
    clock: list[float] = field(factory=lambda: [0.0])
    held: HeldCredential | None = None
    authenticator: Authenticator = field(init=False)

    def __attrs_post_init__(self) -> None:
        origin = Origin.from_url(self.home)

        def create(request: Request) -> httpx.Request:
            return build(CLIENT, request, request.body)

        self.authenticator = Authenticator(
            lambda: origin,
            create,
            lambda: httpx.Request("GET", f"{self.home}/v2/"),
            self.trusted,
            TokenStore(lambda: self.lock, lambda: self.clock[0]),
            self.lock,
        )

    def find(self) -> HeldCredential:
        """Return the credential of the provider: the same object as before, if it is equal and was not refused."""
        again = self.held is not None and self.held.is_refused
        self.looked.append(again)
        found = self.credential(again)
        if self.held is None or again or self.held.credential != found:
            self.held = HeldCredential(found)
        return self.held

    @property
    def shown(self) -> list[str | None]:
        """The Authorization header of each request."""
        return [authorization for _, _, authorization in self.sent]

    def run(self, request: httpx.Request) -> httpx.Response:
        """Send a request through the authenticator."""
        return self.drive(self.authenticator.flow(request))

    def drive(self, flow: Flow) -> httpx.Response:
        """Execute the effects of a flow to its end, and return its response."""
        effect = next(flow)
        try:
            while True:
                result: Any = None
                match effect:
                    case Send(request=request):
                        self.requests.append(request)
                        self.sent.append((request.method, str(request.url), request.headers.get("Authorization")))
                        result = self.answer(request)
                        if isinstance(result, Exception):
                            effect = flow.throw(result)
                            continue
                        result.request = request
                    case Read(response=response):
                        response.read()
                        result = response
                    case Acquire(lock=lock):
                        assert lock is self.lock
                        assert not self.lock.held
                        self.lock.held += 1
                        result = True  # acquired
                    case Resolve(origin=origin):
                        result = self.addresses.get(origin.host, ())
                    case FindCredential():
                        try:
                            result = self.find()
                        except RegistryError as error:
                            effect = flow.throw(error)
                            continue
                effect = flow.send(result)
        except StopIteration as end:
            response = end.value
            assert isinstance(response, httpx.Response)
            return response
        finally:
            flow.close()
            assert not self.lock.held


def get(path: str = "/v2/a/manifests/1", scopes: tuple[str, ...] = ("repository:a:pull",), **options: Any) -> httpx.Request:
    """Return a GET request to the registry, with the context that generated functions add."""
    return httpx.Request("GET", f"{HOME}{path}", extensions={CALL: CallContext(scopes=scopes, repo="a")}, **options)


def unauthorized(*challenges: str, status: int = 401) -> httpx.Response:
    """Return a 401 response with challenges."""
    return httpx.Response(status, headers=[("WWW-Authenticate", value) for value in challenges])


def bearer(scope: str = "repository:a:pull", *, realm: str = REALM, service: str = "reg", error: str = "") -> str:
    """Return a Bearer challenge."""
    parts = {"realm": realm, "service": service, "scope": scope, "error": error}
    return "Bearer " + ",".join(f'{name}="{value}"' for name, value in parts.items() if value)


def token_response(**body: Any) -> httpx.Response:
    """Return a response of the token service."""
    return httpx.Response(200, headers={"Content-Type": "application/json"}, content=json.dumps(body))


def registry_with_tokens(accepted: Callable[[str], bool] = lambda token: token == "t") -> Responder:
    """Return a function that answers as a registry and as its token service, which issues the token `t`."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host != "registry.example.com":
            return token_response(token="t", expires_in=300)
        value = request.headers.get("Authorization", "")
        return httpx.Response(200) if accepted(value.removeprefix("Bearer ")) else unauthorized(bearer())

    return answer
