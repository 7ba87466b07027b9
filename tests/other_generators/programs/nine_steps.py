"""The nine steps of docs/other-generators.md with the client of openapi-generator python: nine_steps.py URL NAME."""

from __future__ import annotations

import hashlib
import json
import sys
from urllib.parse import parse_qsl, urlsplit

import registry_client  # type: ignore[import-not-found]

URL, NAME = sys.argv[1:]
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
BLOB, CONFIG = b"hello world", b"{}"
API = registry_client.ApiClient(registry_client.Configuration(host=URL))
UPLOADS, MANIFESTS, BLOBS = (getattr(registry_client, name)(API) for name in ("UploadsApi", "ManifestsApi", "BlobsApi"))


def digest(content: bytes) -> str:
    """Return the digest of the content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def push(content: bytes) -> None:
    """Upload a blob: POST, then PUT to the Location."""
    started = UPLOADS.start_blob_upload_with_http_info(NAME, body=b"")
    assert started.status_code == 202
    location = urlsplit({name.lower(): value for name, value in started.headers.items()}["location"])
    UPLOADS.complete_blob_upload(
        NAME, location.path.rpartition("/")[2], digest(content), upload_query=dict(parse_qsl(location.query)), body=content
    )


manifest = {
    "schemaVersion": 2,
    "mediaType": MANIFEST_TYPE,
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(CONFIG), "size": 2},
    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(BLOB), "size": 11}],
}
registry_client.BaseApi(API).ping()
print(1, "ping")
push(BLOB)
print(2, "push a blob")
push(CONFIG)
print(3, "push the config")
# The client writes the JSON itself, so only the registry knows the digest.
body = registry_client.ImageManifest.from_dict(manifest)
put = MANIFESTS.put_manifest_with_http_info(NAME, "1.0", body, _content_type=MANIFEST_TYPE)
stored = {name.lower(): value for name, value in put.headers.items()}["docker-content-digest"]
print(4, "put a manifest")
got = MANIFESTS.get_manifest_without_preload_content(NAME, "1.0", _headers={"Accept": MANIFEST_TYPE})
assert json.loads(got.data) == manifest
assert digest(got.data) == stored
print(5, "get the manifest")
assert registry_client.TagsApi(API).list_tags(NAME).tags == ["1.0"]
print(6, "list the tags")
head = BLOBS.head_blob_with_http_info(NAME, digest(BLOB))
assert {name.lower(): value for name, value in head.headers.items()}["content-length"] == "11"
print(7, "HEAD the blob")
assert BLOBS.create_blob_read_stream_without_preload_content(NAME, digest(BLOB)).data == BLOB
print(8, "GET the blob")
MANIFESTS.delete_manifest(NAME, stored)
print(9, "delete the manifest")
