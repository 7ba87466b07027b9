"""Harbor."""

import asyncio

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.answers import Answer
from docker_registry_sdk.testing.faults.exchange import Call, Exchange
from docker_registry_sdk.testing.faults.refusals import Status
from docker_registry_sdk.testing.profiles.effects.changes import ChangeHead
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always

_COOKIE = "sid=0123456789abcdef0123456789abcdef; Path=/; HttpOnly"


def _set_cookie(head: Answer) -> None:
    head.headers.append("set-cookie", _COOKIE)


def _changes_with_cookie(call: Call) -> bool:
    return call.method not in {"GET", "HEAD"} and "sid=" in call.headers.get("cookie", "")


def _mounts(call: Call) -> bool:
    return "mount" in call.query and "from" in call.query


@attrs.frozen
class OnlyKnownProjects:
    """A mount from a repository whose project, the first part of its name, is not there is an error."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, if the project is there."""
        project = exchange.call.query["from"].partition("/")[0]
        names = await asyncio.to_thread(exchange.site.storage.names)
        if project not in {name.partition("/")[0] for name in names}:
            message = f"project {project} not found"
            await Status(401, message=message).play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


HARBOR = Profile(
    name="harbor",
    quirks=(
        Quirk(
            "session-cookie",
            "Answers set a session cookie; a request with it that changes something is refused for want of a CSRF token: 403.",
            "dotnet/sdk#37221, harbor#12676",
            (
                always(ChangeHead(_set_cookie)),
                always(Status(403, code="FORBIDDEN", message="CSRF token invalid"), when=_changes_with_cookie),
            ),
        ),
        Quirk(
            "mount-from-unknown-project",
            "A mount from a project that is not there is answered with 401 instead of 202.",
            "harbor#17097, ggcr#1393",
            (always(OnlyKnownProjects(), "start_blob_upload", when=_mounts),),
        ),
    ),
)
