"""Responses: success types by status and media type, raw bytes, and status errors with any body."""

from __future__ import annotations

import json
from typing import Any

import attrs
import httpx
import pytest

from docker_registry_sdk.errors import (
    BadRequestError,
    NotFoundError,
    NotModifiedError,
    ParseError,
    RateLimitedError,
    RedirectError,
    RegistryError,
    ServerError,
    StatusError,
    UnauthorizedError,
    UnexpectedContentTypeError,
)
from docker_registry_sdk.token_auth.api import get_token
from docker_registry_sdk.v1.api import get_img_ancestry, get_repo_json, list_repo_tags
from docker_registry_sdk.v2.api import (
    create_blob_read_stream,
    get_manifest,
    head_manifest,
    list_tags,
    start_blob_upload,
)
from docker_registry_sdk.v2.api.blobs.create_blob_read_stream import CreateBlobReadStreamOk, CreateBlobReadStreamPartialContent
from docker_registry_sdk.v2.api.uploads.start_blob_upload import StartBlobUploadAccepted, StartBlobUploadCreated
from docker_registry_sdk.v2.models import (
    DockerManifest,
    DockerManifestList,
    DockerSchema1Manifest,
    ErrorCode,
    ErrorResponse,
    ImageIndex,
    ImageManifest,
)

LAYER = {"mediaType": "a/b", "digest": f"sha256:{'ab' * 32}", "size": 1}
MANIFEST = json.dumps(
    {"schemaVersion": 2, "config": LAYER, "layers": [], "manifests": [], "fsLayers": [], "history": []}
).encode()
BY_MEDIA_TYPE: dict[str, type[Any]] = {
    "application/vnd.oci.image.manifest.v1+json": ImageManifest,
    "application/vnd.oci.image.index.v1+json": ImageIndex,
    "application/vnd.docker.distribution.manifest.v2+json": DockerManifest,
    "application/vnd.docker.distribution.manifest.list.v2+json": DockerManifestList,
    "application/vnd.docker.distribution.manifest.v1+prettyjws": DockerSchema1Manifest,
    "application/vnd.docker.distribution.manifest.v1+json": DockerSchema1Manifest,
}
JSON = "application/json"


def answer(status: int, body: bytes = b"", media_type: str | None = None, method: str = "GET", **headers: str) -> httpx.Response:
    """Return a response to a request."""
    if media_type is not None:
        headers["Content-Type"] = media_type
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=body, headers=named, request=httpx.Request(method, "https://h.test/v2/a/x?sig=secret"))


@pytest.mark.parametrize(("media_type", "kind"), list(BY_MEDIA_TYPE.items()))
@pytest.mark.parametrize("written", ["{}", "{}; charset=utf-8", "{} ;q=1;b", " {}", "{};"])
def test_model_is_chosen_by_the_media_type_without_parameters(media_type: str, kind: type[Any], written: str) -> None:
    for text in (media_type, media_type.upper()):
        parsed = get_manifest.parse(answer(200, MANIFEST, written.format(text)))
        assert type(parsed.body) is kind
        assert parsed.media_type == media_type
        assert parsed.raw == MANIFEST


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "application/json", "application/vnd.cncf.helm", "application/vnd.oci.image.manifest.v1+jsonx", "", None],
)
def test_unknown_media_type_raises_with_the_raw_body(media_type: str | None) -> None:
    with pytest.raises(UnexpectedContentTypeError) as caught:
        get_manifest.parse(answer(200, MANIFEST, media_type))
    assert caught.value.raw == MANIFEST
    assert caught.value.status == 200
    assert caught.value.media_type == (media_type or None)
    assert caught.value.expected == get_manifest.ACCEPT
    assert "secret" not in str(caught.value)


def test_other_media_types_are_accepted_for_json_of_an_operation_with_one_media_type() -> None:
    assert list_tags.parse(answer(200, b'{"tags": ["v1"]}', "text/plain")).body.tags == ["v1"]
    assert get_img_ancestry.parse(answer(200, b'["a"]', "text/html")).body == ["a"]
    assert list_tags.parse(answer(200, b'{"tags": null}')).body.tags == []


def test_web_page_instead_of_json_is_an_unexpected_content_type() -> None:
    for parse in (list_tags.parse, get_token.parse, list_repo_tags.parse):
        with pytest.raises(UnexpectedContentTypeError) as caught:
            parse(answer(200, b"<html>Log in</html>", "text/html; charset=utf-8"))
        assert (caught.value.media_type, caught.value.raw) == ("text/html", b"<html>Log in</html>")


DEEP = b"[" * 100_000
BAD_JSON = [
    b"",
    b"<html>",
    b"{",
    b'{"a":',
    b"\xff\xfe",
    b"\x00",
    DEEP,
    b'{"tags":' + DEEP,
    b"9" * 5000,
    b'{"tags": [' + b"9" * 5000 + b"]}",
]


@pytest.mark.parametrize("body", BAD_JSON, ids=lambda body: body[:8])
def test_error_for_a_success_without_json_names_the_model(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        list_tags.parse(answer(200, body, JSON))
    assert caught.value.model == "TagList"
    with pytest.raises(ParseError, match="ImageManifest: is not JSON"):
        get_manifest.parse(answer(200, body, "application/vnd.oci.image.manifest.v1+json"))


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"5", b"true", b"{}", b'{"tags": 5}', b'{"tags": {"a": 5}}'])
def test_error_for_a_success_with_invalid_json_values_names_the_model(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        list_tags.parse(answer(200, body, JSON))
    assert caught.value.model == "TagList"


def test_deeply_nested_unknown_field_is_kept_or_a_registry_error() -> None:
    for depth in (100, 900, 960, 1000, 5000):
        body = b'{"tags": [], "deep": ' + b"[" * depth + b"]" * depth + b"}"
        try:
            parsed = list_tags.parse(answer(200, body, JSON))
        except RegistryError:
            continue
        assert parsed.body.to_dict()["deep"]


def test_status_determines_the_type_of_a_success() -> None:
    created = start_blob_upload.parse(answer(201, Location="/v2/a/blobs/sha256:ab", Docker_Content_Digest="sha256:ab"))
    assert isinstance(created, StartBlobUploadCreated)
    assert (created.location, created.docker_content_digest) == ("https://h.test/v2/a/blobs/sha256:ab", "sha256:ab")
    accepted = start_blob_upload.parse(answer(202, Location="/u?s", OCI_Chunk_Min_Length="5", Docker_Upload_UUID="1"))
    assert isinstance(accepted, StartBlobUploadAccepted)
    assert (accepted.location, accepted.oci_chunk_min_length, accepted.docker_upload_uuid) == ("https://h.test/u?s", 5, "1")
    whole = create_blob_read_stream.parse(answer(200, b"abc"))
    assert (type(whole), whole.body) == (CreateBlobReadStreamOk, b"abc")
    part = create_blob_read_stream.parse(answer(206, b"b", Content_Range="bytes 1-1/3"))
    assert isinstance(part, CreateBlobReadStreamPartialContent)
    assert (part.body, part.content_range) == (b"b", "bytes 1-1/3")


def test_headers_are_typed_attributes_and_none_when_absent() -> None:
    found = head_manifest.parse(answer(200, method="HEAD", Content_Length="12", Docker_Content_Digest="sha256:ab"))
    assert (found.content_length, found.docker_content_digest, found.etag) == (12, "sha256:ab", None)
    assert found.headers["DOCKER-CONTENT-DIGEST"] == "sha256:ab"


@pytest.mark.parametrize("status", [201, 202, 203, 207, 299])
def test_a_document_counts_with_any_status_of_success(status: int) -> None:
    found = list_tags.parse(answer(status, b'{"tags": ["a"]}', JSON))
    assert (found.status, found.body.tags) == (status, ["a"])


@pytest.mark.parametrize("status", [204, 205, 206])
def test_a_status_of_success_without_a_whole_document_is_an_error(status: int) -> None:
    with pytest.raises(StatusError) as caught:
        list_tags.parse(answer(status, b'{"tags": []}', JSON))
    assert type(caught.value) is StatusError
    assert caught.value.status == status
    assert caught.value.raw == b'{"tags": []}'


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, RedirectError),
        (304, NotModifiedError),
        (307, RedirectError),
        (400, BadRequestError),
        (429, RateLimitedError),
        (520, ServerError),
        (999, StatusError),
    ],
)
def test_error_status_raises_its_class(status: int, kind: type[StatusError]) -> None:
    with pytest.raises(StatusError) as caught:
        get_manifest.parse(answer(status, Retry_After="3"))
    assert type(caught.value) is kind
    assert caught.value.retry_after == 3.0
    assert "secret" not in str(caught.value)


def test_error_body_is_parsed_into_its_model() -> None:
    body = b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}},{"code":"OWN","extra":1}]}'
    with pytest.raises(NotFoundError) as caught:
        get_manifest.parse(answer(404, body, JSON))
    error = caught.value
    assert error.codes == ("MANIFEST_UNKNOWN", "OWN")
    assert error.codes[0] is ErrorCode.MANIFEST_UNKNOWN
    assert error.errors[0].detail == {"Tag": "x"}
    assert isinstance(error.body, ErrorResponse)
    assert error.body.to_dict() == json.loads(body)
    assert error.raw == body
    assert "404 Not Found: MANIFEST_UNKNOWN: manifest unknown: OWN" in str(error)


def test_error_bodies_of_v1_and_of_token_services_are_parsed() -> None:
    with pytest.raises(NotFoundError, match="Tag not found"):
        get_repo_json.parse(answer(404, b'{"error": "Tag not found"}', JSON))
    with pytest.raises(BadRequestError, match="invalid_grant: wrong password") as caught:
        get_token.parse(answer(400, b'{"error": "invalid_grant", "error_description": "wrong password"}', JSON))
    assert caught.value.codes == ("invalid_grant",)
    with pytest.raises(UnauthorizedError, match="DENIED: no") as caught_too:
        get_token.parse(answer(401, b'{"errors": [{"code": "DENIED", "message": "no"}]}', JSON))
    assert caught_too.value.codes == ("DENIED",)
    with pytest.raises(UnauthorizedError, match="incorrect username or password"):
        get_token.parse(answer(401, b'{"details": "incorrect username or password"}', JSON))


ODD_ERROR_BODIES = [
    *BAD_JSON,
    b"404 page not found\n",
    b"null",
    b"[]",
    b'"gone"',
    b"5",
    b"{}",
    b'{"errors": null}',
    b'{"errors": {}}',
    b'{"errors": [null]}',
    b'{"errors": ["gone"]}',
    b'{"errors": [{"code": 5}]}',
    b'{"errors": [{}]}',
    b'{"errors": [' + DEEP,
    b'{"error": {"code": 5}}',
    b'{"errors": [{"code": null, "message": null, "detail": ' + b"[" * 900 + b"]" * 900 + b"}]}",
]


@pytest.mark.parametrize("body", ODD_ERROR_BODIES, ids=lambda body: body[:20])
@pytest.mark.parametrize("media_type", [JSON, "text/html", None])
def test_status_error_is_raised_whatever_its_body(body: bytes, media_type: str | None) -> None:
    for parse in (get_manifest.parse, create_blob_read_stream.parse, get_token.parse, list_repo_tags.parse):
        for status, kind in ((404, NotFoundError), (520, ServerError)):
            with pytest.raises(StatusError) as caught:
                parse(answer(status, body, media_type))
            assert type(caught.value) is kind
            assert caught.value.raw == body
            assert caught.value.codes == ()


def test_error_of_head_refers_to_get() -> None:
    with pytest.raises(NotFoundError, match="a GET request may return an error message") as caught:
        head_manifest.parse(answer(404, method="HEAD", Content_Type=JSON))
    assert (caught.value.method, caught.value.codes) == ("HEAD", ())


def test_response_without_a_request_still_raises_the_right_error() -> None:
    with pytest.raises(NotFoundError):
        get_manifest.parse(httpx.Response(404))
    with pytest.raises(UnexpectedContentTypeError):
        get_manifest.parse(httpx.Response(200))


def test_responses_are_frozen_with_slots_and_short_reprs() -> None:
    parsed = create_blob_read_stream.parse(answer(200, b"x" * 100_000, Set_Cookie="secret"))
    assert not hasattr(parsed, "__dict__")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        parsed.status = 5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert "<100000 bytes>" in repr(parsed)
    assert "secret" not in repr(parsed)
    assert len(repr(parsed)) < 1000
