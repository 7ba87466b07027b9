"""Quay."""

from starlette.types import Scope

from docker_registry_sdk.testing.faults.exchange import Call, Exchange
from docker_registry_sdk.testing.faults.refusals import Status
from docker_registry_sdk.testing.profiles.effects.changes import ChangeRequest
from docker_registry_sdk.testing.profiles.effects.links import OpaqueLinks
from docker_registry_sdk.testing.profiles.effects.requests import without_header
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always

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
