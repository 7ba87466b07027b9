"""The middleware that applies faults to requests. It stands between the middleware that logs requests and the registry."""

import threading
from collections.abc import Sequence

import attrs
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.faults.exchange import FaultEffect, FaultExchange, RegistryState, RequestInfo
from docker_registry_sdk.testing.faults.fault import Fault, ShareSelector

_KEY = "faults"


class Faults:
    """The faults of a registry. Any thread may add and clear faults.

    Args:
        permanent: Faults that `clear` does not remove, such as those of a profile.
    """

    def __init__(self, permanent: Sequence[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._permanent = [_FaultState(fault) for fault in permanent]
        self._added: list[_FaultState] = []

    def __bool__(self) -> bool:
        """Return whether there are faults. A fault counts even if its effect has already been applied `times` times."""
        return bool(self._permanent or self._added)

    def add(self, *faults: Fault) -> None:
        """Add faults, which apply to requests from now on.

        If the same fault is added twice, it is treated as two faults: each counts the requests for `after` and `times` itself.

        Args:
            faults: The faults to add. If several faults apply to one request, the effect of a fault changes the response that
                the effects of the faults added before have produced. An effect that sends a response without a call of the
                registry, such as `Status`, replaces the response of these effects.
        """
        with self._lock:
            self._added += [_FaultState(fault) for fault in faults]

    def clear(self) -> None:
        """Remove all faults that `add` has added. The permanent faults stay."""
        with self._lock:
            self._added.clear()

    def select(self, call: RequestInfo) -> tuple[Fault, ...]:
        """Count a request for each fault that it matches, and return the faults that apply to the request.

        No lock is held while the conditions of the faults are called, which may add faults.

        Args:
            call: The request.

        Returns:
            The permanent faults that apply, and then the added faults that apply, in the order in which they were added.
        """
        with self._lock:
            states = [*self._permanent, *self._added]
        matching = [state for state in states if state.matches(call)]
        with self._lock:
            return tuple(state.fault for state in matching if state.applies_to(call))


class _FaultState:
    """A fault, with the number of requests that matched it and the number of requests that got its effect."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._matched = 0
        self._applied = 0
        self._share = None if fault.share is None else ShareSelector(fault.share)

    def matches(self, call: RequestInfo) -> bool:
        """Return whether the fault is not used up, and a request meets its conditions."""
        return self._applied != self.fault.times and self.fault.matches(call)

    def applies_to(self, call: RequestInfo) -> bool:
        """Count a request that matches, and return whether the fault applies to the request."""
        if self._applied == self.fault.times:
            return False
        self._matched += 1
        if self._matched <= self.fault.after or (self._share is not None and not self._share.selects(call)):
            return False
        self._applied += 1
        return True


@attrs.frozen
class InjectFaults:
    """An ASGI middleware that applies the effects of faults.

    Args:
        app: The registry as an ASGI application.
        faults: The faults from which those for a request are selected.
        registry: The state of the registry, which the effects can read and change.
    """

    app: ASGIApp
    faults: Faults
    registry: RegistryState

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with the effects of the faults that apply to the request. If no fault applies, call the registry."""
        faults = self.faults.select(RequestInfo.of(scope, self.registry.token_path)) if self.faults else ()
        scope["state"][_KEY] = faults
        app = self.app
        for fault in faults:
            app = _WithEffect(fault.effect, app, self.registry)
        await app(scope, receive, send)


def faults_of(scope: Scope) -> tuple[Fault, ...]:
    """Return the faults that were applied to the request with an ASGI scope. The tuple is empty if there were no faults."""
    faults: tuple[Fault, ...] = scope["state"].get(_KEY, ())
    return faults


@attrs.frozen
class _WithEffect:
    """An ASGI application that applies one effect to every request, and passes `app` to the effect as the registry to call."""

    effect: FaultEffect
    app: ASGIApp
    registry: RegistryState

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.effect.play(
            FaultExchange(
                request=RequestInfo.of(scope, self.registry.token_path),
                scope=scope,
                receive=receive,
                send=send,
                registry=self.registry,
            ),
            self.app,
        )
