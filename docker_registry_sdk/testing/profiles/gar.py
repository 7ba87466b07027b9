"""Google Container Registry and Artifact Registry."""

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.auth.headers import parse_authorization, parse_basic
from docker_registry_sdk.testing.faults.exchange import Call, Exchange
from docker_registry_sdk.testing.faults.responses import Answer, Status
from docker_registry_sdk.testing.faults.tokens import Challenges
from docker_registry_sdk.testing.profiles.effects import ChangeAnswer
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always
from docker_registry_sdk.testing.profiles.requests import with_basic

USERNAMES = ("oauth2accesstoken", "_json_key", "_json_key_base64")

_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body></body></html>\n"


def _is_no_ping(call: Call) -> bool:
    return call.operation not in {"ping", "get_token", "post_token"}


def _show_page(answer: Answer) -> None:
    answer.status = 200
    answer.headers["content-type"] = "text/html; charset=utf-8"
    answer.body = _PAGE


@attrs.frozen
class OneChunk:
    """An upload takes one PATCH, not a second one. Which error the second one gets is not known; here it is 400."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer the first PATCH."""
        key = f"gar.chunks {exchange.call.path}"
        exchange.site.numbers[key] = exchange.site.numbers.get(key, 0) + 1
        if exchange.site.numbers[key] > 1:
            await Status(400, code="BLOB_UPLOAD_INVALID", message="chunked uploads are not supported").play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class SpecialNames:
    """The password goes with the names of Google, too, which say of what kind it is."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the token service see the name that it knows."""
        scope = exchange.scope
        authorization = parse_authorization(exchange.call.headers.get("authorization"))
        credentials = parse_basic(authorization.value) if authorization is not None and authorization.scheme == "basic" else None
        if credentials is not None and credentials[0] in USERNAMES:
            scope = with_basic(scope, exchange.site.account.username, credentials[1])
        await app(scope, exchange.receive, exchange.send)


GAR = Profile(
    name="gar",
    quirks=(
        Quirk(
            "one-chunk",
            "An upload takes one PATCH only.",
            "skopeo#1101, sdk-container-builds#287",
            (always(OneChunk(), "upload_blob_chunk"),),
        ),
        Quirk(
            "no-post-for-tokens",
            "Tokens are given by GET only: a POST is answered with 404.",
            "containerd, remotes/docker/auth",
            (always(Status(404, message="there is no such page"), "post_token"),),
        ),
        Quirk(
            "challenge-at-ping-only",
            "A ping has a challenge; other requests are answered with 401 and none.",
            "containers/image, docker client",
            (always(Challenges(None), when=_is_no_ping),),
        ),
        Quirk("ping-without-scope", "That challenge names no scope.", "dxf#28"),
        Quirk(
            "page-for-unknown-tags",
            "The tags of a repository that is not there are a web page with the status 200.",
            "gardener/cc-utils, oci client",
            (always(ChangeAnswer({404}, _show_page), "list_tags"),),
        ),
        Quirk(
            "special-user-names",
            "The user names oauth2accesstoken and _json_key say of what kind the password is.",
            "Google Cloud documentation, Artifact Registry authentication",
            (always(SpecialNames(), "get_token"),),
        ),
    ),
)
