"""Arguments that do not fit: each line marked `# error` must be an error, and no other."""

from collections.abc import AsyncIterator
from typing import TextIO

import httpx

from docker_registry_sdk.token_auth.api import get_token, post_token
from docker_registry_sdk.v1.api import put_repo
from docker_registry_sdk.v2.api import create_blob_read_stream, get_manifest, list_tags, put_manifest, upload_blob_chunk
from docker_registry_sdk.v2.models import ImageManifest

NAME, DIGEST = "library/busybox", "sha256:0"


def clients(client: httpx.Client, asynchronous: httpx.AsyncClient) -> None:
    list_tags.sync(asynchronous, NAME)  # error
    list_tags.sync("https://registry.example", NAME)  # error
    with create_blob_read_stream.stream(asynchronous, NAME, DIGEST):  # error
        pass
    list_tags.sync(client, NAME)


async def clients_of_async_calls(client: httpx.Client, asynchronous: httpx.AsyncClient) -> None:
    await list_tags.asyncio(client, NAME)  # error
    async with create_blob_read_stream.asyncio_stream(client, NAME, DIGEST):  # error
        pass
    response = list_tags.asyncio(asynchronous, NAME)
    print(response.body)  # error
    print((await response).body.tags)


def parameters(client: httpx.Client) -> None:
    get_manifest.sync(client, NAME)  # error
    get_manifest.sync(client, NAME, 1)  # error
    get_manifest.sync(client, NAME, "latest", accept=[1])  # error
    get_manifest.sync(client, NAME, "latest", ["a/b"])  # error
    list_tags.sync(client, NAME, n="5")  # error
    list_tags.sync(client, NAME, limit=5)  # error
    list_tags.sync(client, None)  # error
    list_tags.sync(client, NAME, timeout="3")  # error
    get_token.sync(client, "https://auth.example/token", scope=5)  # error
    list_tags.request(NAME, timeout=3)  # error
    list_tags.request(NAME, n=5)


def bodies(client: httpx.Client, text: TextIO, parts: AsyncIterator[bytes], manifest: ImageManifest, url: str) -> None:
    upload_blob_chunk.sync(client, NAME, url, "text")  # error
    upload_blob_chunk.sync(client, NAME, url, text)  # error
    upload_blob_chunk.sync(client, NAME, url, parts)  # error
    upload_blob_chunk.sync(client, NAME, url, ["text"])  # error
    upload_blob_chunk.sync(client, NAME, url)  # error
    put_manifest.sync(client, NAME, "latest", manifest, content_type="a/b")  # error
    put_manifest.sync(client, NAME, "latest", b"{}")  # error
    put_manifest.sync(client, NAME, "latest", b"{}", content_type=None)  # error
    put_repo.sync(client, NAME, [{"id": "0"}])  # error
    post_token.sync(client, url, {"grant_type": "password"})  # error
    known: put_manifest.ContentType = "application/json"  # error
    put_manifest.sync(client, NAME, "latest", b"{}", content_type=known)


async def bodies_of_async_calls(client: httpx.AsyncClient, text: TextIO, parts: AsyncIterator[bytes], url: str) -> None:
    await upload_blob_chunk.asyncio(client, NAME, url, "text")  # error
    await upload_blob_chunk.asyncio(client, NAME, url, text)  # error
    await upload_blob_chunk.asyncio(client, NAME, url, parts)


def responses(client: httpx.Client) -> None:
    response = list_tags.sync(client, NAME)
    response.status = 500  # error
    digest: str = get_manifest.sync(client, NAME, "latest").docker_content_digest  # error
    with create_blob_read_stream.stream(client, NAME, DIGEST) as blob:
        print(len(blob.body))  # error
    for part in create_blob_read_stream.stream(client, NAME, DIGEST):  # error
        print(part, digest)
