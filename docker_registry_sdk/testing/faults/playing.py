"""The place between the log and the registry where faults happen."""

import attrs
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.faults.exchange import Call, Effect, Exchange, Site
from docker_registry_sdk.testing.faults.fault import Fault
from docker_registry_sdk.testing.faults.fault_list import Faults

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
