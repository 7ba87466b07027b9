"""GitHub Container Registry."""

import base64
import binascii
import re

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import Call, Exchange
from docker_registry_sdk.testing.faults.headers import SetHeader
from docker_registry_sdk.testing.faults.responses import Answer, Status, changing_answers
from docker_registry_sdk.testing.profiles.effects import ChangeAnswer
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always
from docker_registry_sdk.testing.profiles.requests import with_header

CHUNK_LIMIT = 4 * 1024 * 1024
_REPORTED = "clients of the registry, read 2026-11"


def _deny(answer: Answer) -> None:
    answer.status = 403
    del answer.headers["www-authenticate"]
    answer.set_json({"errors": [{"code": "DENIED", "message": "denied"}]})


def _is_large_chunk(call: Call) -> bool:
    return "content-range" in call.headers and int(call.headers.get("content-length", "0")) > CHUNK_LIMIT


_TOKENS = ("token", "access_token")
_BEARER = re.compile(r"Bearer ([A-Za-z0-9+/=]+)", re.IGNORECASE)


def has_opaque_token(call: Call) -> bool:
    """Say whether a request has a token that may be opaque: one without a dot."""
    return _BEARER.fullmatch(call.headers.get("authorization", "")) is not None


@attrs.frozen
class GiveOpaqueTokens:
    """The token service gives out tokens in which there is nothing to read."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the token service answer, and wrap its token up."""

        def change(answer: Answer) -> None:
            fields = answer.json()
            answer.set_json({name: _wrap(value) if name in _TOKENS else value for name, value in fields.items()})

        await app(exchange.scope, exchange.receive, changing_answers(exchange.send, {200}, change))


@attrs.frozen
class TakeOpaqueTokens:
    """The registry takes those tokens."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Unwrap the token, and let the registry answer."""
        match = _BEARER.fullmatch(exchange.call.headers["authorization"])
        token = _unwrap(match[1]) if match else None
        scope = exchange.scope if token is None else with_header(exchange.scope, "authorization", f"Bearer {token}")
        await app(scope, exchange.receive, exchange.send)


def _wrap(token: str) -> str:
    return base64.b64encode(token[::-1].encode()).decode()


def _unwrap(opaque: str) -> str | None:
    try:
        return base64.b64decode(opaque, validate=True).decode("ascii")[::-1]
    except (binascii.Error, ValueError):
        return None


GHCR = Profile(
    name="ghcr",
    quirks=(
        Quirk(
            "bad-credentials-denied",
            "Credentials that are wrong or have run out are answered with 403, for public images, too.",
            "oras#1161",
            (always(ChangeAnswer({401}, _deny), ("get_token", "post_token")),),
        ),
        Quirk(
            "opaque-token",
            "A token is no JWT: there is nothing to read in it.",
            _REPORTED,
            (
                always(GiveOpaqueTokens(), ("get_token", "post_token")),
                always(TakeOpaqueTokens(), when=has_opaque_token),
            ),
        ),
        Quirk(
            "no-referrers",
            "There is no referrers API: 404, and a manifest with a subject is answered without OCI-Subject.",
            "actions/attest-build-provenance#91, ghcr-cleanup-action#13",
            (
                always(Status(404, code="NOT_FOUND", message="there is no such page"), "list_referrers"),
                always(SetHeader("oci-subject", None), "put_manifest"),
            ),
        ),
        Quirk(
            "no-catalog",
            "The repositories cannot be listed: 404.",
            _REPORTED,
            (always(Status(404, code="NOT_FOUND", message="there is no such page"), "list_repositories"),),
        ),
        Quirk(
            "no-cancel",
            "An upload cannot be cancelled: 405.",
            _REPORTED,
            (always(Status(405, message="cancelling is not supported"), "cancel_blob_upload"),),
        ),
        Quirk(
            "chunk-limit",
            "A chunk of more than 4 MiB is answered with 416; a stream without Content-Range may be longer.",
            "rust-oci-client#35, rust-oci-client#37",
            (
                always(
                    Status(416, code="REQUESTED_RANGE_NOT_SATISFIABLE", message="the body of the request is too large"),
                    "upload_blob_chunk",
                    when=_is_large_chunk,
                ),
            ),
        ),
    ),
)
