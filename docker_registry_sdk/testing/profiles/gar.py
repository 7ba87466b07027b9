"""The profile of Google Artifact Registry and Container Registry."""

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.auth.headers import parse_authorization, parse_basic
from docker_registry_sdk.testing.faults.exchange import FaultExchange, RequestInfo
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status
from docker_registry_sdk.testing.faults.tokens import Challenges
from docker_registry_sdk.testing.profiles.effects import ChangeResponse
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, RegistryQuirk, always
from docker_registry_sdk.testing.profiles.requests import with_basic

USERNAMES = ("oauth2accesstoken", "_json_key", "_json_key_base64")

_SIGN_IN_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body></body></html>\n"


def _is_not_ping_or_token(call: RequestInfo) -> bool:
    return call.operation not in {"ping", "get_token", "post_token"}


def _set_sign_in_page(response: CapturedResponse) -> None:
    response.status = 200
    response.headers["content-type"] = "text/html; charset=utf-8"
    response.body = _SIGN_IN_PAGE


@attrs.frozen
class AcceptOneChunk:
    """An effect that rejects every PATCH of an upload except the first PATCH.

    The response is 400. Google does not document its status code.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry for the first PATCH of an upload, and send an error for every later PATCH."""
        key = f"gar.chunks {exchange.request.path}"
        exchange.registry.numbers[key] = exchange.registry.numbers.get(key, 0) + 1
        if exchange.registry.numbers[key] > 1:
            await Status(400, code="BLOB_UPLOAD_INVALID", message="chunked uploads are not supported").play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class AcceptGoogleUserNames:
    """An effect that accepts the password of the registry's user together with a fixed user name of Google, such as `_json_key`.

    At Google, each of these user names denotes a kind of password.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Replace a fixed user name in the request by the name of the registry's user, and call the token service."""
        scope = exchange.scope
        authorization = parse_authorization(exchange.request.headers.get("authorization"))
        credentials = parse_basic(authorization.value) if authorization is not None and authorization.scheme == "basic" else None
        if credentials is not None and credentials[0] in USERNAMES:
            scope = with_basic(scope, exchange.registry.account.username, credentials[1])
        await app(scope, exchange.receive, exchange.send)


GAR = RegistryProfile(
    name="gar",
    quirks=(
        RegistryQuirk(
            "one-chunk",
            "An upload accepts one PATCH only.",
            "skopeo#1101, sdk-container-builds#287",
            (always(AcceptOneChunk(), "upload_blob_chunk"),),
        ),
        RegistryQuirk(
            "no-post-for-tokens",
            "Tokens are issued by GET only: a POST is answered with 404.",
            "containerd, remotes/docker/auth",
            (always(Status(404, message="not found"), "post_token"),),
        ),
        RegistryQuirk(
            "challenge-at-ping-only",
            "The 401 response to a ping has a challenge; the 401 response to any other request has no challenge.",
            "containers/image, docker client",
            (always(Challenges(None), when=_is_not_ping_or_token),),
        ),
        RegistryQuirk("ping-without-scope", "The challenge of a ping names no scope.", "dxf#28"),
        RegistryQuirk(
            "page-for-unknown-tags",
            "A request for the tags of a repository that does not exist is answered with a web page and the status 200.",
            "gardener/cc-utils, oci client",
            (always(ChangeResponse({404}, _set_sign_in_page), "list_tags"),),
        ),
        RegistryQuirk(
            "special-user-names",
            "The user names oauth2accesstoken and _json_key denote the kind of the password.",
            "Google Cloud documentation, Artifact Registry authentication",
            (always(AcceptGoogleUserNames(), "get_token"),),
        ),
    ),
)
