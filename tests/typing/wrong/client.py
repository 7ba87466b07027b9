"""Clients, their options and their calls used wrongly: each line marked `# error` must be an error, and no other."""

from collections.abc import AsyncIterator

import httpx

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport, HttpxTransport
from docker_registry_sdk.v2.models import ImageManifest


def options(asynchronous: httpx.AsyncClient) -> None:
    RegistryClientV2("alpine", pasword="x")  # error
    RegistryClientV2("alpine", timout=3)  # error
    RegistryClientV2("alpine", timeout="3")  # error
    RegistryClientV2("alpine", max_retries=1.5)  # error
    RegistryClientV2("alpine", transport=AsyncHttpxTransport(asynchronous))  # error
    RegistryClientV2("alpine", transport=HttpxTransport(asynchronous))  # error
    RegistryClientV2("alpine", transport=asynchronous)  # error
    RegistryClientV2("alpine", credentials={"ghcr.io": "alice"})  # error
    RegistryClientV2("alpine", credentials="alice")  # error
    RegistryClientV2("alpine", "ghcr.io")  # error
    RegistryClientV2(5)  # error
    AsyncRegistryClientV2("alpine", transport=AsyncHttpxTransport(asynchronous))


def calls(client: RegistryClientV2, parts: AsyncIterator[bytes]) -> None:
    client.get_manifest()  # error
    client.get_manifest("latest", ["a/b"])  # error
    client.get_manifset("latest")  # error
    client.get_manifest("latest", timeout="3")  # error
    client.put_manifest(b"{}", "latest")  # error
    client.put_manifest("{}", "latest", media_type="a/b")  # error
    client.blob_upload("text")  # error
    client.blob_upload(parts)  # error
    client.upload_blob_chunk("https://registry.example/upload", b"")  # error
    client.complete_blob_upload(client.mount_blob("sha256:0"), "sha256:0")  # error
    print(client.explain_auth().outcome.status)  # error
    client.aclose()  # error


def responses(client: RegistryClientV2) -> None:
    response = client.get_manifest("latest")
    print(response.manifest.layers)  # error
    response.raw = b""  # error
    if isinstance(response.manifest, ImageManifest):
        print(response.manifest.layers)
    print(client.create_blob_read_stream("sha256:0").text())  # error
    with client.create_blob_read_stream("sha256:0") as blob:
        print(blob.read())


async def async_calls(client: AsyncRegistryClientV2) -> None:
    print(client.get_manifest("latest").raw)  # error
    with client.create_blob_read_stream("sha256:0"):  # error
        pass
    for tag in client.iter_tags():  # error
        print(tag)
