"""The profile of GitHub Container Registry."""

import base64
import binascii
import re

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import FaultExchange, RequestInfo
from docker_registry_sdk.testing.faults.headers import SetHeader
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status, change_response
from docker_registry_sdk.testing.profiles.effects import ChangeResponse
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, RegistryQuirk, always
from docker_registry_sdk.testing.profiles.requests import with_header

MAX_CHUNK_BYTES = 4 * 1024 * 1024

_REPORTED = "source code of registry clients, as of 2026-11"
_TOKEN_FIELDS = ("token", "access_token")
_OPAQUE_BEARER = re.compile(r"Bearer ([A-Za-z0-9+/=]+)", re.IGNORECASE)


def _has_opaque_token(call: RequestInfo) -> bool:
    """Return whether a request has a Bearer token without dots, which cannot be a JWT."""
    return _OPAQUE_BEARER.fullmatch(call.headers.get("authorization", "")) is not None


@attrs.frozen
class EncodeTokens:
    """An effect that encodes the tokens in responses of the token service, so that clients cannot parse the tokens as JWT."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the token service, and encode the token in its response."""

        def change(response: CapturedResponse) -> None:
            fields = response.json()
            response.set_json({name: _encode(value) if name in _TOKEN_FIELDS else value for name, value in fields.items()})

        await app(exchange.scope, exchange.receive, change_response(exchange.send, {200}, change))


@attrs.frozen
class DecodeTokens:
    """An effect that decodes a token in a request if `EncodeTokens` has encoded the token before."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry with the decoded token, or with the unchanged token if the token cannot be decoded."""
        match = _OPAQUE_BEARER.fullmatch(exchange.request.headers["authorization"])
        token = _decode(match[1]) if match else None
        scope = exchange.scope if token is None else with_header(exchange.scope, "authorization", f"Bearer {token}")
        await app(scope, exchange.receive, exchange.send)


def _encode(token: str) -> str:
    return base64.b64encode(token[::-1].encode()).decode()


def _decode(opaque: str) -> str | None:
    try:
        return base64.b64decode(opaque, validate=True).decode("ascii")[::-1]
    except (binascii.Error, ValueError):
        return None


def _set_denied(response: CapturedResponse) -> None:
    response.status = 403
    del response.headers["www-authenticate"]
    response.set_json({"errors": [{"code": "DENIED", "message": "denied"}]})


def _is_large_chunk(call: RequestInfo) -> bool:
    return "content-range" in call.headers and int(call.headers.get("content-length", "0")) > MAX_CHUNK_BYTES


GHCR = RegistryProfile(
    name="ghcr",
    quirks=(
        RegistryQuirk(
            "bad-credentials-denied",
            "Wrong or expired credentials are answered with 403, even for public images.",
            "oras#1161",
            (always(ChangeResponse({401}, _set_denied), ("get_token", "post_token")),),
        ),
        RegistryQuirk(
            "opaque-token",
            "A token is opaque, not a JWT.",
            _REPORTED,
            (
                always(EncodeTokens(), ("get_token", "post_token")),
                always(DecodeTokens(), when=_has_opaque_token),
            ),
        ),
        RegistryQuirk(
            "no-referrers",
            "The referrers API is not supported: 404, and the response to a manifest with a subject has no OCI-Subject.",
            "actions/attest-build-provenance#91, ghcr-cleanup-action#13",
            (
                always(Status(404, code="NOT_FOUND", message="not found"), "list_referrers"),
                always(SetHeader("oci-subject", None), "put_manifest"),
            ),
        ),
        RegistryQuirk(
            "no-catalog",
            "The repositories cannot be listed: 404.",
            _REPORTED,
            (always(Status(404, code="NOT_FOUND", message="not found"), "list_repositories"),),
        ),
        RegistryQuirk(
            "no-cancel",
            "An upload cannot be cancelled: 405.",
            _REPORTED,
            (always(Status(405, message="cancellation is not supported"), "cancel_blob_upload"),),
        ),
        RegistryQuirk(
            "chunk-limit",
            "A chunk of more than 4 MiB is answered with 416; a stream without Content-Range may be longer.",
            "rust-oci-client#35, rust-oci-client#37",
            (
                always(
                    Status(416, code="REQUESTED_RANGE_NOT_SATISFIABLE", message="the request body is too large"),
                    "upload_blob_chunk",
                    when=_is_large_chunk,
                ),
            ),
        ),
    ),
)
