"""The embedded registry on a full disk: it answers with an error of the specification, and logs one line."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.errors import ServerError
from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.full_disk import full_disk
from tests.testing.helpers import digest_of, push_blob, push_image, start_upload

LIMIT = 50_000
LARGE = os.urandom(100_000)
MESSAGE = "the registry has no space left to store the content"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(storage=tmp_path / "storage") as running:
        yield running


@pytest.fixture
def client(registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=registry.url) as connected:
        yield connected


def check_refusal(response: httpx.Response, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Check the response and the line in the log, and clear the log."""
    assert response.status_code == 507
    assert response.headers["docker-distribution-api-version"] == "registry/2.0"
    assert response.json() == {"errors": [{"code": "UNKNOWN", "message": MESSAGE}]}
    assert "storage" not in response.text.replace("storage is", "")  # no path
    [record] = caplog.records
    assert record.getMessage().startswith(
        f"{response.request.method} {response.request.url.path}: File too large: the content is not"
    )
    assert f": {tmp_path}/storage/uploads/upload-" in record.getMessage()
    assert (record.exc_info, len(record.getMessage().splitlines())) == (None, 1)
    caplog.clear()


def test_each_request_that_stores_content_is_refused(
    registry: EmbeddedRegistry, client: httpx.Client, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    config = push_blob(client, "a", b"{}")
    push_image(client, "a", "v1")
    digest = digest_of(LARGE)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "a/b", "digest": config, "size": 2},
        "layers": [],
        "annotations": {"text": "x" * LIMIT},
    }
    manifest, headers = json.dumps(document).encode(), {"content-type": OCI_MANIFEST}
    upload = start_upload(client, "a")
    assert client.patch(upload, content=b"begun").status_code == 202
    with full_disk(LIMIT):
        check_refusal(client.post(f"/v2/a/blobs/uploads/?digest={digest}", content=LARGE), caplog, tmp_path)
        check_refusal(client.patch(upload, content=LARGE), caplog, tmp_path)
        check_refusal(client.put("/v2/a/manifests/v2", content=manifest, headers=headers), caplog, tmp_path)
        assert client.get("/v2/a/tags/list").json()["tags"] == ["v1"]
        assert client.get(f"/v2/a/blobs/{config}").content == b"{}"
    # The upload can go on where it was: nothing of the refused request was stored.
    assert client.get(upload).headers["range"] == "0-4"
    done = client.put(f"{upload}?digest={digest_of(b'begun' + LARGE)}", content=LARGE)
    assert done.status_code == 201
    assert client.put("/v2/a/manifests/v2", content=manifest, headers=headers).status_code == 201
    assert os.listdir(tmp_path / "storage" / "uploads") == []
    assert not caplog.records


def test_a_client_is_told_and_does_not_repeat_the_upload(registry: EmbeddedRegistry, tmp_path: Path) -> None:
    with RegistryClientV2(f"{registry.url}/a") as client:
        with full_disk(LIMIT), pytest.raises(ServerError, match=rf"507 .*{MESSAGE}\. Free some space on the disk") as caught:
            client.blob_upload(LARGE)
        assert caught.value.codes == ("UNKNOWN",)
        assert [one.status for one in registry.requests].count(507) == 1
        assert os.listdir(tmp_path / "storage" / "uploads") == []
        assert client.blob_upload(LARGE).digest == digest_of(LARGE)


def test_api_v1_answers_in_its_own_form(
    registry: EmbeddedRegistry, client: httpx.Client, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    image = "ab" * 32
    document = {"id": image, "text": "x" * LIMIT}
    with full_disk(LIMIT):
        refused = client.put(f"/v1/images/{image}/json", json=document)
    assert (refused.status_code, refused.json()) == (507, {"error": MESSAGE})
    [record] = caplog.records
    assert record.getMessage().startswith(f"PUT /v1/images/{image}/json: File too large")
    assert client.put(f"/v1/images/{image}/json", json=document).status_code == 200


def test_a_storage_that_cannot_be_written_for_another_reason_is_refused_with_500(
    registry: EmbeddedRegistry, client: httpx.Client, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    uploads = tmp_path / "storage" / "uploads"
    uploads.rename(uploads.with_name("moved"))
    uploads.write_bytes(b"")
    refused = client.post(f"/v2/a/blobs/uploads/?digest={digest_of(b'x')}", content=b"x")
    assert refused.status_code == 500
    assert refused.json()["errors"][0]["message"] == "the registry cannot read or write its storage"
    assert len(caplog.records) == 1
    uploads.unlink()
    uploads.with_name("moved").rename(uploads)


def test_a_storage_that_cannot_be_created_names_its_file(tmp_path: Path) -> None:
    with full_disk(0), pytest.raises(OSError, match="File too large: the storage is not created") as caught:
        EmbeddedRegistry(storage=tmp_path / "new")
    assert caught.value.filename == str(tmp_path / "new" / "docker_registry_sdk-storage")
