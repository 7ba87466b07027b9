"""The injection of faults into requests, between the request log and the registry."""

import threading
from collections.abc import Sequence

import attrs
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.faults.exchange import Call, Effect, Exchange, Site
from docker_registry_sdk.testing.faults.fault import Fault, ShareSelector

_KEY = "faults"


class Faults:
    """The faults of a registry. Any thread may add and clear faults.

    Args:
        permanent: Faults that `clear` does not remove, such as those of a profile.
    """

    def __init__(self, permanent: Sequence[Fault] = ()) -> None:
        self._lock = threading.RLock()  # re-entrant: the condition of a fault may add faults
        self._permanent = [_FaultState(fault) for fault in permanent]
        self._added: list[_FaultState] = []

    def __bool__(self) -> bool:
        """Return whether there are faults, including those that have reached their `times`."""
        return bool(self._permanent or self._added)

    def add(self, *faults: Fault) -> None:
        """Add faults for the following requests. If a fault is added twice, each addition counts its requests separately.

        Args:
            faults: The faults. If several faults apply to one request, a later fault changes the response that an earlier fault
                has produced.
        """
        with self._lock:
            self._added += [_FaultState(fault) for fault in faults]

    def clear(self) -> None:
        """Remove all faults that `add` has added."""
        with self._lock:
            self._added.clear()

    def select(self, call: Call) -> tuple[Fault, ...]:
        """Count a request, and return the faults that apply to it.

        Args:
            call: The request.

        Returns:
            The faults in the order in which they were added.
        """
        with self._lock:
            return tuple(state.fault for state in [*self._permanent, *self._added] if state.applies_to(call))


class _FaultState:
    """A fault, and the numbers of requests that it matched and applied to."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._matched = 0
        self._applied = 0
        self._share = None if fault.share is None else ShareSelector(fault.share)

    def applies_to(self, call: Call) -> bool:
        if self._applied == self.fault.times or not self.fault.matches(call):
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
        app: The registry.
        faults: The faults.
        site: The state of the registry.
    """

    app: ASGIApp
    faults: Faults
    site: Site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with the effects of the faults that apply to it."""
        faults = self.faults.select(Call.of(scope, self.site.token_path)) if self.faults else ()
        scope["state"][_KEY] = faults
        app = self.app
        for fault in faults:
            app = _WithEffect(fault.effect, app, self.site)
        await app(scope, receive, send)


def faults_of(scope: Scope) -> tuple[Fault, ...]:
    """Return the faults that were applied to a request."""
    faults: tuple[Fault, ...] = scope["state"].get(_KEY, ())
    return faults


@attrs.frozen
class _WithEffect:
    """An ASGI application that applies one effect to every request."""

    effect: Effect
    app: ASGIApp
    site: Site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.effect.play(Exchange(Call.of(scope, self.site.token_path), scope, receive, send, self.site), self.app)
