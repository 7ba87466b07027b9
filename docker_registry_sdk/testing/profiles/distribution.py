"""The profile of Distribution 2.8, as Debian ships it in the package docker-registry."""

import hashlib

from starlette.types import Scope

from docker_registry_sdk.testing.faults.exchange import UPLOAD_SESSION_OPERATIONS, FaultExchange, OperationName, RequestInfo
from docker_registry_sdk.testing.faults.headers import LocationForm, SetHeader
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status
from docker_registry_sdk.testing.profiles.distribution_effects import RequireAccept, UploadStates, WrongLengthOfRangeError
from docker_registry_sdk.testing.profiles.effects import ChangeRequest, ChangeResponse, mounts_without_source
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, RegistryQuirk, always
from docker_registry_sdk.testing.profiles.requests import without_fields, without_header
from docker_registry_sdk.testing.v2.manifest_formats import SCHEMA1, SCHEMA1_SIGNED

_SOURCE = "docker-registry 2.8.2, measured"
_UPLOADS: tuple[OperationName, ...] = ("start_blob_upload", *UPLOAD_SESSION_OPERATIONS)


def _without_paging(exchange: FaultExchange) -> Scope:
    return without_fields(exchange.scope, "n", "last")


def _without_digest(exchange: FaultExchange) -> Scope:
    return without_fields(exchange.scope, "digest")


def _without_tags(exchange: FaultExchange) -> Scope:
    return without_fields(exchange.scope, "tag")


def _without_mount(exchange: FaultExchange) -> Scope:
    return without_fields(exchange.scope, "mount")


def _without_range(exchange: FaultExchange) -> Scope:
    return without_header(exchange.scope, "content-range")


def _shuffle_tags(response: CapturedResponse) -> None:
    document = response.json()
    tags = sorted(document["tags"], key=lambda tag: hashlib.sha256(tag.encode()).digest())
    response.set_json({**document, "tags": tags})


def _replace_empty_tags_by_null(response: CapturedResponse) -> None:
    document = response.json()
    response.set_json({**document, "tags": document["tags"] or None})


def _set_bad_request(response: CapturedResponse) -> None:
    response.status = 400


def _set_plain_not_found(response: CapturedResponse) -> None:
    response.status = 404
    response.headers["content-type"] = "text/plain; charset=utf-8"
    response.body = b"404 page not found\n"


def _hide_invalid_name(response: CapturedResponse) -> None:
    if response.body and response.json()["errors"][0]["code"] == "NAME_INVALID":
        _set_plain_not_found(response)


def _is_by_sha512(call: RequestInfo) -> bool:
    return "/manifests/sha512:" in call.path


def _is_by_tag(call: RequestInfo) -> bool:
    return ":" not in call.path


def _is_schema1(call: RequestInfo) -> bool:
    return call.headers.get("content-type", "").partition(";")[0] in {SCHEMA1, SCHEMA1_SIGNED}


DISTRIBUTION = RegistryProfile(
    name="distribution-2.8",
    auth="none",
    quirks=(
        RegistryQuirk(
            "unsorted-tags",
            "All tags are sent at once and unsorted, regardless of n and last; n may be negative.",
            _SOURCE,
            (
                always(ChangeRequest(_without_paging), "list_tags"),
                always(ChangeResponse({200}, _shuffle_tags), "list_tags"),
            ),
        ),
        RegistryQuirk(
            "no-single-post",
            "A POST with a digest does not store the blob, but starts an upload: 202.",
            _SOURCE,
            (always(ChangeRequest(_without_digest), "start_blob_upload"),),
        ),
        RegistryQuirk(
            "no-tag-parameter",
            "A manifest that is pushed by digest gets no tags, and the response has no OCI-Tag.",
            _SOURCE,
            (always(ChangeRequest(_without_tags), "put_manifest"),),
        ),
        RegistryQuirk(
            "no-subject",
            "The response to a manifest with a subject has no OCI-Subject.",
            _SOURCE,
            (always(SetHeader("oci-subject", None), "put_manifest"),),
        ),
        RegistryQuirk(
            "chunks-in-any-order",
            "A chunk is appended regardless of its Content-Range; the response is never 416.",
            _SOURCE,
            (always(ChangeRequest(_without_range), ("upload_blob_chunk", "complete_blob_upload")),),
        ),
        RegistryQuirk(
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
        RegistryQuirk(
            "large-manifest-bad-request",
            "A manifest of more than 4 MiB is answered with 400 instead of 413.",
            _SOURCE,
            (always(ChangeResponse({413}, _set_bad_request), "put_manifest"),),
        ),
        RegistryQuirk(
            "no-referrers",
            "The referrers API is not supported: 404, in plain text.",
            _SOURCE,
            (always(ChangeResponse({200, 400, 404}, _set_plain_not_found), "list_referrers"),),
        ),
        RegistryQuirk(
            "invalid-name-not-found",
            "An invalid repository name is answered with 404, in plain text.",
            _SOURCE,
            (always(ChangeResponse({400}, _hide_invalid_name)),),
        ),
        RegistryQuirk(
            "no-manifest-by-sha512",
            "A manifest cannot be pushed by its sha512 digest (400), but a blob can.",
            _SOURCE,
            (always(Status(400, code="DIGEST_INVALID", message="unsupported algorithm"), "put_manifest", when=_is_by_sha512),),
        ),
        RegistryQuirk(
            "wrong-length-of-range-error",
            "A 416 response for a blob has the Content-Length of the blob, but a body of 33 bytes; then the connection closes.",
            _SOURCE,
            (always(WrongLengthOfRangeError(), "create_blob_read_stream"),),
        ),
        RegistryQuirk(
            "no-schema-1",
            "A manifest of schema 1 is rejected with 400.",
            _SOURCE,
            (always(Status(400, code="MANIFEST_INVALID", message="manifest invalid"), "put_manifest", when=_is_schema1),),
        ),
        RegistryQuirk(
            "outdated-locations",
            "The location of an upload is valid until the next chunk; an older location is answered with 404.",
            _SOURCE,
            (always(UploadStates(), _UPLOADS),),
        ),
        RegistryQuirk(
            "absolute-locations",
            "The value of Location has a scheme and a host.",
            _SOURCE,
            (always(LocationForm("absolute"), (*_UPLOADS, "put_manifest")),),
        ),
        RegistryQuirk(
            "mount-needs-from",
            "A mount request without the parameter from does not mount the blob, but starts an upload: 202.",
            _SOURCE,
            (always(ChangeRequest(_without_mount), "start_blob_upload", when=mounts_without_source),),
        ),
        RegistryQuirk(
            "accept-required",
            "If Accept does not name the media type of a manifest, the response is 404 or 400, or an image instead of a list.",
            _SOURCE,
            (always(RequireAccept(), ("get_manifest", "head_manifest")),),
        ),
        RegistryQuirk(
            "null-for-no-tags",
            "If all tags of a repository have been deleted, the list of tags is null.",
            _SOURCE,
            (always(ChangeResponse({200}, _replace_empty_tags_by_null), "list_tags"),),
        ),
        RegistryQuirk("delete-removes-tags", "The deletion of a manifest removes all tags that point to it.", _SOURCE),
    ),
)
