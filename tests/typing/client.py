"""An integration as a user writes it, proven by mypy and pyright; nothing here runs."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal, assert_never, assert_type

from docker_registry_sdk import (
    AsyncRegistryClientV2,
    Digest,
    ManifestResponse,
    Progress,
    Registry,
    RegistryClientV2,
    Repo,
    Timeout,
    UploadSession,
    create_async_client,
    create_client,
    digest_from_manifest_bytes,
)
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import NotFoundError, RateLimitedError
from docker_registry_sdk.types import (
    AsyncBlobFile,
    AsyncBlobStream,
    AuthReport,
    BlobFile,
    BlobStream,
    ClientOptions,
    PutManifestResponse,
)
from docker_registry_sdk.v2.models import (
    Descriptor,
    DockerManifest,
    DockerManifestList,
    DockerSchema1Manifest,
    ImageIndex,
    ImageManifest,
)

OCI = "application/vnd.oci.image.manifest.v1+json"


class Vault:
    """A provider of the user's own."""

    def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
        return Credential("alice", f"secret of {registry}") if repo else None


def connect(name: str) -> RegistryClientV2:
    options: ClientOptions = {"credentials": Vault(), "timeout": Timeout(read=5), "max_retries": 2, "trusted_realms": ["auth"]}
    assert_type(RegistryClientV2(index="ghcr.io"), RegistryClientV2)
    assert_type(
        RegistryClientV2(index=Registry("ghcr.io"), ca_file=Path("ca.pem"), client_cert=("cert", "key")), RegistryClientV2
    )
    options["user_agent"] = "mirror/1.0"
    return RegistryClientV2(name, **options)


def layers_of(client: RegistryClientV2, ref: str) -> list[Descriptor]:
    response = client.get_manifest(ref, accept=[OCI], timeout=10)
    assert_type(response, ManifestResponse)
    assert_type(response.digest, Digest)
    assert_type(response.raw, bytes)
    assert_type(response.media_type, str)
    assert_type(response.signature, Literal["unsigned", "unchecked", "verified"])
    match response.manifest:
        case ImageManifest(layers=layers) | DockerManifest(layers=layers):
            return layers
        case ImageIndex(manifests=manifests) | DockerManifestList(manifests=manifests):
            return [layer for one in manifests for layer in layers_of(client, one.digest)]
        case DockerSchema1Manifest():
            return []
        case _:
            assert_never(response.manifest)


def mirror(source: RegistryClientV2, target: RegistryClientV2) -> Iterator[Digest]:
    assert_type(source.version, Literal[2])
    assert_type(source.repo, Repo)
    assert_type(source.list_tags(page_size=5), list[str])
    for tag in source.iter_tags(page_size=100):
        assert_type(tag, str)
        for layer in layers_of(source, tag):
            with source.create_blob_read_stream(layer.digest) as blob:
                assert_type(blob, BlobStream)
                assert_type(blob.read(4096), bytes)
                io.BufferedReader(blob)
            assert_type(source.download_blob(layer, "layer", use_urls=True, on_progress=show), Descriptor)
            with source.open_blob(layer.digest) as file, tarfile.open(fileobj=file) as archive:
                assert_type(file, BlobFile)
                assert_type(archive.getnames(), list[str])
            with source.create_blob_read_stream(layer) as blob:
                assert_type(target.blob_upload(blob, digest=layer.digest, size=layer.size), Descriptor)
        response = source.get_manifest(tag)
        pushed = target.put_manifest(response.raw, response.digest, media_type=response.media_type, tags=(tag, "latest"))
        assert_type(pushed, PutManifestResponse)
        assert_type(pushed.subject, Digest | None)
        assert_type(pushed.tags, tuple[str, ...])
        yield pushed.digest


def show(progress: Progress) -> None:
    assert_type(progress.total, int | None)


def step_by_step(client: RegistryClientV2, content: bytes, path: Path) -> Descriptor:
    session = client.mount_blob("sha256:0", "other/repo")
    if isinstance(session, Descriptor):
        return session
    assert_type(session, UploadSession)
    session = client.upload_blob_chunk(client.get_blob_upload_status(session), content)
    assert_type(client.cancel_blob_upload(client.start_blob_upload()), None)
    for source in (path, [content], bytearray(content)):
        client.blob_upload(source)
    return client.complete_blob_upload(session, digest_from_manifest_bytes(content))


def clean_up(client: RegistryClientV2, name: str) -> float | None:
    other = client.with_repo(name)
    assert_type(other, RegistryClientV2)
    assert_type(other.explain_auth(), AuthReport)
    try:
        head = other.head_manifest("latest")
        assert_type(head, Descriptor)
        assert_type(head.digest, Digest)
        for one in other.iter_referrers("sha256:0", artifact_type="example/signature"):
            other.delete_manifest(one.digest)
    except NotFoundError as error:
        print(error.status, error.codes)
    except RateLimitedError as error:
        return error.retry_after
    return None


async def asynchronously(parts: AsyncIterator[bytes]) -> None:
    async with AsyncRegistryClientV2("ghcr.io/owner/name", username="alice", password="x", insecure=True) as client:
        assert_type(client, AsyncRegistryClientV2)
        assert_type(await client.get_manifest("latest"), ManifestResponse)
        assert_type(await client.supports_v2(), bool)
        async for name in client.iter_repositories():
            assert_type(name, str)
        async for one in client.iter_referrers("sha256:0"):
            assert_type(one, Descriptor)
        async with client.create_blob_read_stream("sha256:0") as blob:
            assert_type(blob, AsyncBlobStream)
            assert_type(await blob.read(), bytes)
            assert_type([chunk async for chunk in blob], list[bytes])
        assert_type(await client.download_blob("sha256:0", Path("layer"), on_progress=show), Descriptor)
        async with await client.open_blob("sha256:0") as file:
            assert_type(file, AsyncBlobFile)
            assert_type(await file.seek(-4, os.SEEK_END), int)
            assert_type(await file.read(), bytes)
        assert_type(await client.blob_upload(parts), Descriptor)
        assert_type(await client.mount_blob("sha256:0"), Descriptor | UploadSession)


async def of_one_version(name: str) -> None:
    async with await create_async_client(name, version=2) as client:
        assert_type(client, AsyncRegistryClientV2)
    with create_client(name, version=2) as sync_client:
        assert_type(sync_client, RegistryClientV2)
