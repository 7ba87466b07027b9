"""Each error of API v2, raised by generated functions with docker-registry 2.8, with the embedded registry, or with both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.errors import (
    BadRequestError,
    ForbiddenError,
    MethodNotAllowedError,
    NotFoundError,
    RangeNotSatisfiableError,
    RateLimitedError,
    ServerError,
    StatusError,
    TooLargeError,
    UnauthorizedError,
)
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status
from docker_registry_sdk.v2.api import (
    cancel_blob_upload,
    complete_blob_upload,
    create_blob_read_stream,
    delete_manifest,
    get_manifest,
    list_repositories,
    list_tags,
    ping,
    put_manifest,
    start_blob_upload,
    upload_blob_chunk,
)
from docker_registry_sdk.v2.models import ErrorCode
from tests.interop.test_push_and_pull import upload, upload_blobs
from tests.support.docker_registry import PASSWORD, USERNAME, htpasswd_settings, run_docker_registry
from tests.support.images import DOCKER_SCHEMA1, OCI_MANIFEST, digest_of, make_image
from tests.support.transports import ValidatingTransport
from tests.support.validation import Exchanges


def _unknown_name(http: httpx.Client, repo: str) -> None:
    list_tags.sync(http, repo)


def _name_too_long(http: httpx.Client, repo: str) -> None:
    list_tags.sync(http, f"{repo}/{'x' * 250}")


def _unknown_manifest(http: httpx.Client, repo: str) -> None:
    upload(http, repo, b"something else")
    get_manifest.sync(http, repo, "nothing")


def _unknown_blob(http: httpx.Client, repo: str) -> None:
    upload(http, repo, b"something else")
    create_blob_read_stream.sync(http, repo, digest_of(b"nothing"))


def _bad_digest(http: httpx.Client, repo: str) -> None:
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    complete_blob_upload.sync(http, repo, started.location, digest_of(b"something else"), body=b"something")


def _delete_by_tag(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    put_manifest.sync(http, repo, "v1", image.oci, content_type=OCI_MANIFEST)
    delete_manifest.sync(http, repo, "v1")


def _missing_layer(http: httpx.Client, repo: str) -> None:
    put_manifest.sync(http, repo, "v1", make_image().oci, content_type=OCI_MANIFEST)


def _by_sha512(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    put_manifest.sync(http, repo, f"sha512:{'0' * 128}", image.oci, content_type=OCI_MANIFEST)


def _closed_session(http: httpx.Client, repo: str) -> None:
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    cancel_blob_upload.sync(http, repo, started.location)
    upload_blob_chunk.sync(http, repo, started.location, b"too late")


def _foreign_state(http: httpx.Client, repo: str) -> None:
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    upload_blob_chunk.sync(http, repo, started.location.partition("?")[0] + "?_state=forged", b"data")


def _too_many_wanted(http: httpx.Client, repo: str) -> None:
    list_repositories.sync(http, n=1001)


def _negative_page(http: httpx.Client, repo: str) -> None:
    list_repositories.sync(http, n=-1)


def _bad_tag(http: httpx.Client, repo: str) -> None:
    put_manifest.sync(http, repo, "-v1", make_image().oci, content_type=OCI_MANIFEST)


def _chunk_out_of_order(http: httpx.Client, repo: str) -> None:
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    upload_blob_chunk.sync(http, repo, started.location, b"late", content_range="10-13")


def _chunk_of_another_length(http: httpx.Client, repo: str) -> None:
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    upload_blob_chunk.sync(http, repo, started.location, b"four", content_range="0-9")


def _bad_signature(http: httpx.Client, repo: str) -> None:
    document = json.loads(_signed(http, repo))
    signature = document["signatures"][0]["signature"]
    document["signatures"][0]["signature"] = ("A" if signature[0] != "A" else "B") + signature[1:]
    put_manifest.sync(http, repo, "v1", json.dumps(document, indent=3).encode(), content_type=DOCKER_SCHEMA1)


def _bad_name_inside(http: httpx.Client, repo: str) -> None:
    signed = _signed(http, repo)
    forged = signed.replace(f'"name": "{repo}"'.encode(), b'"name": "' + b"-" * len(repo) + b'"')
    assert forged != signed
    put_manifest.sync(http, repo, "v1", forged, content_type=DOCKER_SCHEMA1)


def _signed(http: httpx.Client, repo: str) -> bytes:
    image = make_image()
    upload_blobs(http, repo, image)
    put_manifest.sync(http, repo, "v1", image.docker, content_type="application/vnd.docker.distribution.manifest.v2+json")
    return get_manifest.sync(http, repo, "v1", accept=[DOCKER_SCHEMA1]).raw


Met = list[tuple[Callable[[httpx.Client, str], None], type[StatusError], ErrorCode]]

ON_DOCKER_REGISTRY: Met = [
    (_unknown_name, NotFoundError, ErrorCode.NAME_UNKNOWN),
    (_bad_name_inside, BadRequestError, ErrorCode.NAME_INVALID),
    (_name_too_long, ServerError, ErrorCode.UNKNOWN),
    (_unknown_manifest, NotFoundError, ErrorCode.MANIFEST_UNKNOWN),
    (_unknown_blob, NotFoundError, ErrorCode.BLOB_UNKNOWN),
    (_bad_digest, BadRequestError, ErrorCode.DIGEST_INVALID),
    (_delete_by_tag, BadRequestError, ErrorCode.DIGEST_INVALID),
    (_by_sha512, BadRequestError, ErrorCode.DIGEST_INVALID),
    (_closed_session, NotFoundError, ErrorCode.BLOB_UPLOAD_UNKNOWN),
    (_foreign_state, NotFoundError, ErrorCode.BLOB_UPLOAD_INVALID),
    (_missing_layer, BadRequestError, ErrorCode.MANIFEST_BLOB_UNKNOWN),
    (_bad_signature, BadRequestError, ErrorCode.MANIFEST_UNVERIFIED),
    (_too_many_wanted, BadRequestError, ErrorCode.PAGINATION_NUMBER_INVALID),
]
ON_EMBEDDED: Met = [
    (_unknown_name, NotFoundError, ErrorCode.NAME_UNKNOWN),
    (_name_too_long, BadRequestError, ErrorCode.NAME_INVALID),
    (_unknown_manifest, NotFoundError, ErrorCode.MANIFEST_UNKNOWN),
    (_unknown_blob, NotFoundError, ErrorCode.BLOB_UNKNOWN),
    (_bad_digest, BadRequestError, ErrorCode.DIGEST_INVALID),
    (_by_sha512, BadRequestError, ErrorCode.DIGEST_INVALID),
    (_closed_session, NotFoundError, ErrorCode.BLOB_UPLOAD_UNKNOWN),
    (_chunk_out_of_order, RangeNotSatisfiableError, ErrorCode.RANGE_INVALID),
    (_chunk_of_another_length, BadRequestError, ErrorCode.SIZE_INVALID),
    (_missing_layer, NotFoundError, ErrorCode.MANIFEST_BLOB_UNKNOWN),
    (_bad_tag, BadRequestError, ErrorCode.TAG_INVALID),
    (_negative_page, BadRequestError, ErrorCode.PAGINATION_NUMBER_INVALID),
]
# Met below, on servers with other settings or with faults.
ELSEWHERE = {
    ErrorCode.DENIED,
    ErrorCode.MANIFEST_INVALID,
    ErrorCode.TOOMANYREQUESTS,
    ErrorCode.UNAUTHORIZED,
    ErrorCode.UNAVAILABLE,
    ErrorCode.UNSUPPORTED,
}


def test_every_code_is_tested() -> None:
    assert {code for _, _, code in ON_DOCKER_REGISTRY + ON_EMBEDDED} | ELSEWHERE == set(ErrorCode)


@pytest.mark.deviation("a manifest that is malformed on purpose")
@pytest.mark.parametrize("manifest", [b"{", b"[]", b" " * (5 << 20)])
def test_a_malformed_manifest_is_refused(http: httpx.Client, repo: str, manifest: bytes) -> None:
    # docker-registry answers 400 to a manifest that is too large, where the specification has 413.
    with pytest.raises((BadRequestError, TooLargeError)) as caught:
        put_manifest.sync(http, repo, "v1", manifest, content_type=OCI_MANIFEST)
    assert caught.value.codes == (ErrorCode.MANIFEST_INVALID,)


@pytest.mark.only_on("docker-registry")
@pytest.mark.parametrize(("break_it", "error", "code"), ON_DOCKER_REGISTRY)
def test_errors_of_docker_registry(
    http: httpx.Client, repo: str, break_it: Callable[[httpx.Client, str], None], error: type[StatusError], code: ErrorCode
) -> None:
    check_error(http, repo, break_it, error, code)


@pytest.mark.only_on("embedded")
@pytest.mark.parametrize(("break_it", "error", "code"), ON_EMBEDDED)
def test_errors_of_the_embedded_registry(
    http: httpx.Client, repo: str, break_it: Callable[[httpx.Client, str], None], error: type[StatusError], code: ErrorCode
) -> None:
    check_error(http, repo, break_it, error, code)


def check_error(
    http: httpx.Client, repo: str, break_it: Callable[[httpx.Client, str], None], error: type[StatusError], code: ErrorCode
) -> None:
    with pytest.raises(error) as caught:
        break_it(http, repo)
    assert code in caught.value.codes
    assert code in str(caught.value)
    assert all(detail.message for detail in caught.value.errors)


def test_a_range_past_the_end_is_refused(http: httpx.Client, repo: str) -> None:
    upload(http, repo, b"short")
    with pytest.raises(RangeNotSatisfiableError) as caught:
        create_blob_read_stream.sync(http, repo, digest_of(b"short"), byte_range="bytes=100-200")
    # Its body is shorter than it promises, and the status counts all the same.
    assert caught.value.status == 416
    with (
        pytest.raises(RangeNotSatisfiableError),
        create_blob_read_stream.stream(http, repo, digest_of(b"short"), byte_range="bytes=100-200"),
    ):
        pass


@pytest.fixture
def other(request: pytest.FixtureRequest, tmp_path: Path, exchanges: Exchanges) -> Iterator[httpx.Client]:
    """A client of a docker-registry with the settings that the test gives as parameters."""
    settings: dict[str, dict[str, object]] = {
        "htpasswd": {"settings": htpasswd_settings(tmp_path)},
        "read-only": {"read_only": True},
        "images only": {"settings": "policy: {repository: {classes: [image]}}"},
    }
    chosen = settings[request.param]
    with (
        run_docker_registry(
            tmp_path / "registry", settings=str(chosen.get("settings", "")), read_only="read_only" in chosen
        ) as it,
        httpx.Client(base_url=it.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as client,
    ):
        yield client


@pytest.mark.parametrize("other", ["htpasswd"], indirect=True)
def test_a_call_without_credentials_gets_the_challenge(other: httpx.Client) -> None:
    with pytest.raises(UnauthorizedError) as caught:
        ping.sync(other)
    assert caught.value.codes == (ErrorCode.UNAUTHORIZED,)
    assert caught.value.headers["WWW-Authenticate"] == 'Basic realm="test"'
    with pytest.raises(UnauthorizedError, match="Log in"):
        list_tags.sync(other, "any/name")
    other.auth = httpx.BasicAuth(USERNAME, PASSWORD)
    assert ping.sync(other).status == 200


@pytest.mark.parametrize("other", ["read-only"], indirect=True)
def test_a_read_only_registry_refuses_writes(other: httpx.Client) -> None:
    with pytest.raises(MethodNotAllowedError) as caught:
        start_blob_upload.sync(other, "any/name")
    assert caught.value.status == 405


@pytest.mark.parametrize("other", ["images only"], indirect=True)
def test_a_registry_for_images_denies_other_artifacts(other: httpx.Client) -> None:
    image = make_image()
    upload_blobs(other, "any/name", image)
    artifact = image.oci.replace(b"vnd.oci.image.config.v1+json", b"vnd.example.thing.v1+json")
    with pytest.raises(ForbiddenError) as caught:
        put_manifest.sync(other, "any/name", "v1", artifact, content_type=OCI_MANIFEST)
    assert caught.value.codes == (ErrorCode.DENIED,)


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Status(429, retry_after=7), RateLimitedError, ErrorCode.TOOMANYREQUESTS),
        (Status(503, code="UNAVAILABLE", retry_after=7), ServerError, ErrorCode.UNAVAILABLE),
    ],
)
def test_a_busy_registry_sends_retry_after(
    exchanges: Exchanges, fault: Status, error: type[StatusError], code: ErrorCode
) -> None:
    with (
        EmbeddedRegistry() as embedded,
        httpx.Client(base_url=embedded.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as client,
    ):
        embedded.faults.add(Fault(fault))
        with pytest.raises(error) as caught:
            list_tags.sync(client, "any/name")
    assert caught.value.codes == (code,)
    assert caught.value.retry_after == 7
