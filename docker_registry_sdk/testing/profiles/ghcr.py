"""GitHub Container Registry."""

from docker_registry_sdk.testing.faults.answers import Answer
from docker_registry_sdk.testing.faults.exchange import Call
from docker_registry_sdk.testing.faults.headers import SetHeader
from docker_registry_sdk.testing.faults.refusals import Status
from docker_registry_sdk.testing.profiles.effects.changes import ChangeAnswer
from docker_registry_sdk.testing.profiles.effects.opaque_tokens import GiveOpaqueTokens, TakeOpaqueTokens, has_opaque_token
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always

CHUNK_LIMIT = 4 * 1024 * 1024
_REPORTED = "clients of the registry, read 2026-11"


def _deny(answer: Answer) -> None:
    answer.status = 403
    del answer.headers["www-authenticate"]
    answer.set_json({"errors": [{"code": "DENIED", "message": "denied"}]})


def _is_large_chunk(call: Call) -> bool:
    return "content-range" in call.headers and int(call.headers.get("content-length", "0")) > CHUNK_LIMIT


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
