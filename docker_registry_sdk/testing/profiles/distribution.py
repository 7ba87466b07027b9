"""Distribution 2.8, as Debian ships it under the name docker-registry."""

import hashlib

import attrs
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Scope

from docker_registry_sdk.testing.connection import ConnectionCut
from docker_registry_sdk.testing.faults.exchange import UPLOAD_STEPS, Call, Exchange, Operation
from docker_registry_sdk.testing.faults.headers import LocationForm, SetHeader
from docker_registry_sdk.testing.faults.responses import Answer, Status
from docker_registry_sdk.testing.profiles.distribution_effects import AcceptByName, UploadStates
from docker_registry_sdk.testing.profiles.effects import ChangeAnswer, ChangeRequest
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always
from docker_registry_sdk.testing.profiles.requests import without_fields, without_header
from docker_registry_sdk.testing.v2.manifest_formats import SCHEMA1, SCHEMA1_SIGNED

_SOURCE = "docker-registry 2.8.2, measured"
_UPLOADS: tuple[Operation, ...] = ("start_blob_upload", *UPLOAD_STEPS)


def _without_paging(exchange: Exchange) -> Scope:
    return without_fields(exchange.scope, "n", "last")


def _without_digest(exchange: Exchange) -> Scope:
    return without_fields(exchange.scope, "digest")


def _without_tags(exchange: Exchange) -> Scope:
    return without_fields(exchange.scope, "tag")


def _without_mount(exchange: Exchange) -> Scope:
    return without_fields(exchange.scope, "mount")


def _without_range(exchange: Exchange) -> Scope:
    return without_header(exchange.scope, "content-range")


def _shuffle_tags(answer: Answer) -> None:
    document = answer.json()
    tags = sorted(document["tags"], key=lambda tag: hashlib.sha256(tag.encode()).digest())
    answer.set_json({**document, "tags": tags})


def _null_for_no_tags(answer: Answer) -> None:
    document = answer.json()
    answer.set_json({**document, "tags": document["tags"] or None})


def _refuse_large(answer: Answer) -> None:
    answer.status = 400


def _not_found(answer: Answer) -> None:
    answer.status = 404
    answer.headers["content-type"] = "text/plain; charset=utf-8"
    answer.body = b"404 page not found\n"


def _hide_bad_name(answer: Answer) -> None:
    if answer.body and answer.json()["errors"][0]["code"] == "NAME_INVALID":
        _not_found(answer)


def _is_by_sha512(call: Call) -> bool:
    return "/manifests/sha512:" in call.path


def _mounts_from_anywhere(call: Call) -> bool:
    return "mount" in call.query and "from" not in call.query


def _is_by_tag(call: Call) -> bool:
    return ":" not in call.path


def _is_schema1(call: Call) -> bool:
    return call.headers.get("content-type", "").partition(";")[0] in {SCHEMA1, SCHEMA1_SIGNED}


@attrs.frozen
class LyingRangeError:
    """A 416 announces the length of the whole blob, sends a short text, and closes the connection."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and spoil the answer when it is a 416."""
        lying = False

        async def send(message: Message) -> None:
            nonlocal lying
            if message["type"] == "http.response.start" and message["status"] == 416:
                lying = True
                headers = MutableHeaders(raw=list(message["headers"]))
                headers["content-length"] = headers["content-range"].rpartition("/")[2]
                headers["content-type"] = "text/plain; charset=utf-8"
                message = {**message, "headers": headers.raw}
            elif lying:
                text = b"invalid range: failed to overlap\n"
                await exchange.send({"type": "http.response.body", "body": text, "more_body": True})
                raise ConnectionCut("close")
            await exchange.send(message)

        await app(exchange.scope, exchange.receive, send)


DISTRIBUTION = Profile(
    name="distribution-2.8",
    auth="none",
    quirks=(
        Quirk(
            "tags-in-no-order",
            "All tags come at once and unsorted, whatever n and last say; n may even be negative.",
            _SOURCE,
            (
                always(ChangeRequest(_without_paging), "list_tags"),
                always(ChangeAnswer({200}, _shuffle_tags), "list_tags"),
            ),
        ),
        Quirk(
            "no-single-post",
            "A POST with a digest only begins an upload: 202.",
            _SOURCE,
            (always(ChangeRequest(_without_digest), "start_blob_upload"),),
        ),
        Quirk(
            "no-tag-parameter",
            "A manifest that is pushed by its digest gets no tags, and no OCI-Tag is answered.",
            _SOURCE,
            (always(ChangeRequest(_without_tags), "put_manifest"),),
        ),
        Quirk(
            "no-subject",
            "A manifest with a subject is answered without OCI-Subject.",
            _SOURCE,
            (always(SetHeader("oci-subject", None), "put_manifest"),),
        ),
        Quirk(
            "chunks-in-any-order",
            "A chunk is appended whatever its Content-Range says, and never answered with 416.",
            _SOURCE,
            (always(ChangeRequest(_without_range), ("upload_blob_chunk", "complete_blob_upload")),),
        ),
        Quirk(
            "no-delete-by-tag",
            "A tag cannot be deleted: 400, DIGEST_INVALID.",
            _SOURCE,
            (
                always(
                    Status(400, code="DIGEST_INVALID", message="provided digest did not match uploaded content"),
                    "delete_manifest",
                    when=_is_by_tag,
                ),
            ),
        ),
        Quirk(
            "large-manifest-is-bad",
            "A manifest of more than 4 MiB is answered with 400 instead of 413.",
            _SOURCE,
            (always(ChangeAnswer({413}, _refuse_large), "put_manifest"),),
        ),
        Quirk(
            "no-referrers",
            "There is no referrers API: 404, in plain text.",
            _SOURCE,
            (always(ChangeAnswer({200, 400, 404}, _not_found), "list_referrers"),),
        ),
        Quirk(
            "bad-name-not-found",
            "A name that is none is answered with 404, in plain text.",
            _SOURCE,
            (always(ChangeAnswer({400}, _hide_bad_name)),),
        ),
        Quirk(
            "no-manifest-by-sha512",
            "A manifest cannot be pushed by its sha512: 400; a blob can.",
            _SOURCE,
            (always(Status(400, code="DIGEST_INVALID", message="no such algorithm"), "put_manifest", when=_is_by_sha512),),
        ),
        Quirk(
            "lying-range-error",
            "A 416 of a blob announces the length of the blob, sends 33 bytes, and closes the connection.",
            _SOURCE,
            (always(LyingRangeError(), "create_blob_read_stream"),),
        ),
        Quirk(
            "no-schema-1",
            "A manifest of schema 1 is not taken: 400.",
            _SOURCE,
            (always(Status(400, code="MANIFEST_INVALID", message="manifest invalid"), "put_manifest", when=_is_schema1),),
        ),
        Quirk(
            "locations-wear-off",
            "A location is good until the upload has got further: an older one is answered with 404.",
            _SOURCE,
            (always(UploadStates(), _UPLOADS),),
        ),
        Quirk(
            "absolute-locations",
            "A location has scheme and host.",
            _SOURCE,
            (always(LocationForm("absolute"), (*_UPLOADS, "put_manifest")),),
        ),
        Quirk(
            "mount-needs-from",
            "A mount that does not say from where only begins an upload: 202.",
            _SOURCE,
            (always(ChangeRequest(_without_mount), "start_blob_upload", when=_mounts_from_anywhere),),
        ),
        Quirk(
            "accept-by-name",
            "A manifest is sent only to who names its type in Accept, or of a list the image for linux/amd64: else 404 or 400.",
            _SOURCE,
            (always(AcceptByName(), ("get_manifest", "head_manifest")),),
        ),
        Quirk(
            "no-tags-are-null",
            "The tags of a repository that has lost all of them are null.",
            _SOURCE,
            (always(ChangeAnswer({200}, _null_for_no_tags), "list_tags"),),
        ),
        Quirk("delete-takes-tags-along", "Deleting a manifest removes every tag on it.", _SOURCE),
    ),
)
