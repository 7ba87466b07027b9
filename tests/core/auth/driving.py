"""Driving a flow by hand: what it sends is answered by a function, and nothing leaves the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from attrs import define, field

from docker_registry_sdk._core.auth.authenticator import Authenticator
from docker_registry_sdk._core.auth.effects import Acquire, FindCredential, Flow, Read, Resolve, Send
from docker_registry_sdk._core.auth.tokens import TokenStore
from docker_registry_sdk._core.names.origin import Origin
from docker_registry_sdk._core.wire import CALL, CallContext, Request, build
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import RegistryError

HOME = "https://registry.example.com"
REALM = "https://auth.example.com/token"
CLIENT = httpx.Client(base_url=HOME)
PASSWORD = Credential("alice", "hunter2")
Answer = Callable[[httpx.Request], httpx.Response | Exception]


class CountingLock:
    """A lock that shows whether it is held."""

    def __init__(self) -> None:
        self.held = 0

    def release(self) -> None:
        """Let the next one in."""
        self.held -= 1


@define
class Driver:
    """Drives the flows of one authenticator.

    Attributes:
        answer: What answers a request.
        credential: What is found when a credential is looked for; called with `again`.
        sent: What was sent, as method, URL and Authorization.
        looked: The `again` of each look for a credential.
        addresses: The addresses of hosts, where they are known; None where a proxy looks them up.
    """

    answer: Answer
    credential: Callable[[bool], Credential | None] = lambda again: None
    trusted: frozenset[str] = frozenset()
    home: str = HOME
    sent: list[tuple[str, str, str | None]] = field(factory=list)
    requests: list[httpx.Request] = field(factory=list)
    looked: list[bool] = field(factory=list)
    addresses: dict[str, tuple[str, ...] | None] = field(factory=dict)
    lock: CountingLock = field(factory=CountingLock)
    clock: list[float] = field(factory=lambda: [0.0])
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

    @property
    def shown(self) -> list[str | None]:
        """The Authorization of each request."""
        return [authorization for _, _, authorization in self.sent]

    def run(self, request: httpx.Request) -> httpx.Response:
        """Send a request through the authenticator."""
        return self.drive(self.authenticator.flow(request))

    def drive(self, flow: Flow) -> httpx.Response:
        """Drive a flow to its end."""
        step = next(flow)
        try:
            while True:
                result: Any = None
                match step:
                    case Send(request=request):
                        self.requests.append(request)
                        self.sent.append((request.method, str(request.url), request.headers.get("Authorization")))
                        result = self.answer(request)
                        if isinstance(result, Exception):
                            step = flow.throw(result)
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
                    case Resolve(host=host):
                        result = self.addresses.get(host, ())
                    case FindCredential(again=again):
                        self.looked.append(again)
                        try:
                            result = self.credential(again)
                        except RegistryError as error:
                            step = flow.throw(error)
                            continue
                step = flow.send(result)
        except StopIteration as end:
            response = end.value
            assert isinstance(response, httpx.Response)
            return response
        finally:
            flow.close()
            assert not self.lock.held


def get(path: str = "/v2/a/manifests/1", scopes: tuple[str, ...] = ("repository:a:pull",), **options: Any) -> httpx.Request:
    """Return a request of a generated function to the registry."""
    return httpx.Request("GET", f"{HOME}{path}", extensions={CALL: CallContext(scopes=scopes, repo="a")}, **options)


def unauthorized(*challenges: str, status: int = 401) -> httpx.Response:
    """Return a refusal with challenges."""
    return httpx.Response(status, headers=[("WWW-Authenticate", value) for value in challenges])


def bearer(scope: str = "repository:a:pull", *, realm: str = REALM, service: str = "reg", error: str = "") -> str:
    """Return a Bearer challenge."""
    parts = {"realm": realm, "service": service, "scope": scope, "error": error}
    return "Bearer " + ",".join(f'{name}="{value}"' for name, value in parts.items() if value)


def token_answer(**body: Any) -> httpx.Response:
    """Return the answer of a token service."""
    return httpx.Response(200, headers={"Content-Type": "application/json"}, content=json.dumps(body))


def registry_with_tokens(accepted: Callable[[str], bool] = lambda token: token == "t") -> Answer:
    """Return what answers as a registry and its token service, which gives out the token `t`."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host != "registry.example.com":
            return token_answer(token="t", expires_in=300)
        value = request.headers.get("Authorization", "")
        return httpx.Response(200) if accepted(value.removeprefix("Bearer ")) else unauthorized(bearer())

    return answer
