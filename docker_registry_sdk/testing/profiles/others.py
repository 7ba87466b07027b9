"""Artifactory."""

import asyncio

import attrs
from starlette.types import ASGIApp, Scope

from docker_registry_sdk.testing.faults.exchange import Call, Exchange
from docker_registry_sdk.testing.faults.responses import Answer, Status
from docker_registry_sdk.testing.faults.tokens import ChallengeWithout
from docker_registry_sdk.testing.profiles.effects import ChangeAnswer, ChangeHead, ChangeRequest, OpaqueLinks
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always
from docker_registry_sdk.testing.profiles.requests import without_header


def _forbid(answer: Answer) -> None:
    answer.status = 403


ARTIFACTORY = Profile(
    name="artifactory",
    quirks=(
        Quirk(
            "missing-manifest-forbidden",
            "A HEAD of a manifest that is not there is answered with 403 instead of 404.",
            "RTFACT-13797",
            (always(ChangeAnswer({404}, _forbid), "head_manifest"),),
        ),
        Quirk(
            "no-post-for-tokens",
            "Tokens are given by GET only: a POST is answered with 401.",
            "containerd, remotes/docker/auth",
            (always(Status(401), "post_token"),),
        ),
    ),
)


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


NVCR = Profile(
    name="nvcr",
    quirks=(Quirk("no-service", "A challenge names no service.", "dxf#57", (always(ChallengeWithout("service")),)),),
)

ICR = Profile(
    name="icr",
    quirks=(Quirk("delete-action", "To delete takes a token with the action delete; push does not do.", "ggcr#2266"),),
)


PAGE_LIMIT = 100


def _mounts_from_anywhere(call: Call) -> bool:
    return "mount" in call.query and "from" not in call.query


def _asks_for_too_many(call: Call) -> bool:
    count = call.query.get("n", "")
    return count.isdecimal() and int(count) > PAGE_LIMIT


def _without_credentials(exchange: Exchange) -> Scope:
    return without_header(exchange.scope, "authorization")


QUAY = Profile(
    name="quay",
    quirks=(
        Quirk(
            "mount-without-from-unauthorized",
            "A mount that does not say from where is answered with 401, whatever token comes with it.",
            "ggcr, pkg/v1/remote",
            (always(ChangeRequest(_without_credentials), "start_blob_upload", when=_mounts_from_anywhere),),
        ),
        Quirk(
            "next-page",
            "The link to a next page is relative, and has an opaque next_page instead of last.",
            "regclient#272, ggcr#794",
            (always(OpaqueLinks("next_page"), ("list_tags", "list_repositories")),),
        ),
        Quirk(
            "page-limit",
            "An n of more than 100 is an error: 413.",
            "ggcr#1963",
            (
                always(
                    Status(413, code="TOO_MANY_TAGS_REQUESTED", message="the requested limit is too high, max is 100"),
                    "list_tags",
                    when=_asks_for_too_many,
                ),
            ),
        ),
    ),
)
