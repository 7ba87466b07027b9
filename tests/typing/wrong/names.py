"""Names that are misspelt or of another API: each line marked `# error` must be an error, and no other."""

import httpx

from docker_registry_sdk.token_auth.models import TokenRespons  # error
from docker_registry_sdk.v1 import api as api_v1
from docker_registry_sdk.v1.api import get_img_jsn  # error
from docker_registry_sdk.v2 import api, models
from docker_registry_sdk.v2.api import get_manifest, list_tags, start_blob_upload
from docker_registry_sdk.v2.models import ImageManifest, ImageManifst  # error

NAME = "library/busybox"
UNKNOWN = (TokenRespons, ImageManifst, get_img_jsn)


def operations_and_models(client: httpx.Client) -> None:
    api.get_manifest.sync(client, NAME, "latest")
    api.get_manifets.sync(client, NAME, "latest")  # error
    api.get_img_json.sync(client, NAME)  # error
    api_v1.get_img_json.sync(client, "0" * 64)
    api_v1.get_manifest.sync(client, NAME, "latest")  # error
    models.ImageManifest.from_dict({})
    models.ImageManifset.from_dict({})  # error
    list_tags.stream(client, NAME)  # error
    list_tags.snyc(client, NAME)  # error


def fields(manifest: ImageManifest) -> None:
    print(manifest.media_type)
    print(manifest.mediaType)  # error
    print(manifest.config.diggest)  # error
    print(manifest.subject.digest)  # error
    manifest.anotations = {}  # error
    ImageManifest(schema_version=2, config=manifest.config, layer=[], layers=[])  # error
    ImageManifest(schema_version=2, layers=[])  # error


def headers(client: httpx.Client) -> None:
    tags = list_tags.sync(client, NAME)
    print(tags.next_link)  # error
    print(tags.next_url.split("?"))  # error
    print(tags.raw, tags.status)


def members_of_a_union(client: httpx.Client) -> None:
    upload = start_blob_upload.sync(client, NAME)
    print(upload.oci_chunk_min_length)  # error
    print(upload.location.split("?"))  # error
    if isinstance(upload, start_blob_upload.StartBlobUploadCreated):
        print(upload.oci_chunk_min_length)  # error
    else:
        print(upload.oci_chunk_min_length)
    manifest = get_manifest.sync(client, NAME, "latest")
    print(manifest.body.layers)  # error
    if isinstance(manifest.body, ImageManifest):
        print(manifest.body.layers)
