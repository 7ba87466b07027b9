"""The faults of a registry, and which of them a request meets."""

import threading
from collections.abc import Sequence

import attrs
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.faults.exchange import Call, Effect, Exchange, Site
from docker_registry_sdk.testing.faults.fault import Draw, Fault


class Faults:
    """The faults that are waiting for their requests; any thread may add and clear them.

    Args:
        permanent: Faults that stay, as those of a profile do.
    """

    def __init__(self, permanent: Sequence[Fault] = ()) -> None:
        self._lock = threading.RLock()  # a fault's own condition may add faults
        self._permanent = [_Armed(fault) for fault in permanent]
        self._added: list[_Armed] = []

    def __bool__(self) -> bool:
        """Whether there are any, be it that their time is over."""
        return bool(self._permanent or self._added)

    def add(self, *faults: Fault) -> None:
        """Let faults happen from now on; one that is added twice counts twice.

        Args:
            faults: The faults. Where a request meets several, the last one is nearest to the client.
        """
        with self._lock:
            self._added += [_Armed(fault) for fault in faults]

    def clear(self) -> None:
        """Take back the faults that were added."""
        with self._lock:
            self._added.clear()

    def take(self, call: Call) -> tuple[Fault, ...]:
        """Count a request, and return the faults that it meets.

        Args:
            call: The request.

        Returns:
            The faults, the one nearest to the client last.
        """
        with self._lock:
            return tuple(armed.fault for armed in [*self._permanent, *self._added] if armed.takes(call))


class _Armed:
    """A fault and how far it has come."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._seen = 0
        self._fired = 0
        self._draw = None if fault.share is None else Draw(fault.share)

    def takes(self, call: Call) -> bool:
        if self._fired == self.fault.times or not self.fault.fits(call):
            return False
        self._seen += 1
        if self._seen <= self.fault.after or (self._draw is not None and not self._draw.takes(call)):
            return False
        self._fired += 1
        return True


_KEY = "faults"


@attrs.frozen
class PlayFaults:
    """An ASGI application that lets faults happen to another one.

    Args:
        app: The other application.
        faults: The faults.
        site: The registry that they happen to.
    """

    app: ASGIApp
    faults: Faults
    site: Site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with the faults that it meets."""
        faults = self.faults.take(Call.of(scope, self.site.token_path)) if self.faults else ()
        scope["state"][_KEY] = faults
        app = self.app
        for fault in faults:
            app = _Played(fault.effect, app, self.site)
        await app(scope, receive, send)


def faults_of(scope: Scope) -> tuple[Fault, ...]:
    """Return the faults that a request has met."""
    faults: tuple[Fault, ...] = scope["state"].get(_KEY, ())
    return faults


@attrs.frozen
class _Played:
    """An application with one effect on it."""

    effect: Effect
    app: ASGIApp
    site: Site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.effect.play(Exchange(Call.of(scope, self.site.token_path), scope, receive, send, self.site), self.app)
