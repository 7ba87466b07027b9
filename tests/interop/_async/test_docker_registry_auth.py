"""Log in to Debian's docker-registry: with tokens and with Basic, over http and over https.

Every exchange is checked against openapi/, also those with the token service.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Unpack

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, ForbiddenError, UnauthorizedError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.types import AsyncClientOptions
from docker_registry_sdk.v2.models import ImageManifest
from tests.interop.private_registry import IMAGE, PrivateRegistry
from tests.support._async.blobs import read_blob
from tests.support.docker_registry import PASSWORD, USERNAME
from tests.support.images import OCI_MANIFEST, digest_of
from tests.support.token_server import REFRESH_TOKEN
from tests.support.transports import AsyncValidatingTransport
from tests.support.validation import Exchanges, Specification

pytestmark = pytest.mark.anyio

ANONYMOUS = ExplicitCredentials(Credential("x", "y"), "nowhere.example.com")


@asynccontextmanager
async def open_client(
    registry: PrivateRegistry, repo: str, **options: Unpack[AsyncClientOptions]
) -> AsyncIterator[AsyncRegistryClientV2]:
    """Yield a client whose exchanges are all validated, and check at the end that all were valid.

    Args:
        registry: The registry.
        repo: The repository.
        options: Options of the client.
    """
    with_registry, with_tokens = (Exchanges(Specification.load(name)) for name in ("registry-v2.yaml", "token-auth.yaml"))
    context: ssl.SSLContext | bool = registry.ssl_context() or False
    token_host = registry.token_service.partition("://")[2] if registry.token_service else "nowhere.example.com"
    transport = AsyncValidatingTransport(httpx.AsyncHTTPTransport(verify=context), with_registry)
    mounts = {f"all://{token_host}": AsyncValidatingTransport(httpx.AsyncHTTPTransport(verify=context), with_tokens)}
    async with httpx.AsyncClient(transport=transport, mounts=mounts) as http:
        options["transport"] = AsyncHttpxTransport(http)
        async with AsyncRegistryClientV2(registry.repo_url(repo), **options) as client:
            yield client
    assert not with_registry.violations + with_tokens.violations
    assert with_registry.operations
    assert bool(with_tokens.operations) == (registry.token_service is not None and client.explain_auth().realm is not None)


async def push_image(client: AsyncRegistryClientV2) -> None:
    """Push IMAGE under the tag `latest`."""
    for content in IMAGE.config, IMAGE.layer:
        await client.blob_upload(content)
    await client.put_manifest(IMAGE.oci, "latest", media_type=OCI_MANIFEST)


async def pull_image(client: AsyncRegistryClientV2) -> None:
    """Pull IMAGE and check its bytes."""
    manifest = await client.get_manifest("latest")
    assert manifest.raw == IMAGE.oci
    assert isinstance(manifest.manifest, ImageManifest)
    assert await read_blob(client, manifest.manifest.config.digest) == IMAGE.config
    assert await read_blob(client, manifest.manifest.layers[0].digest) == IMAGE.layer


async def test_push_and_pull_with_a_password(private_registry: PrivateRegistry) -> None:
    async with open_client(private_registry, "a/password", username=USERNAME, password=PASSWORD) as client:
        await push_image(client)
        await pull_image(client)
        assert [tag async for tag in client.iter_tags()] == ["latest"]
        report = client.explain_auth()
    assert (report.credential, report.username) == ("given by the caller", USERNAME)
    assert report.challenge == ("basic" if private_registry.token_service is None else "bearer")


async def test_push_a_streamed_blob_with_a_password(private_registry: PrivateRegistry) -> None:
    async with open_client(private_registry, "a/stream", username=USERNAME, password=PASSWORD) as client:
        content = b"block" * 50_000
        chunks = (content[at : at + 1000] for at in range(0, len(content), 1000))
        blob = await client.blob_upload(chunks, digest=digest_of(content))
        assert await read_blob(client, blob.digest) == content


async def test_push_and_pull_with_a_config_file(
    private_registry: PrivateRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {private_registry.host: {"auth": auth}}}))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    async with open_client(private_registry, "a/config") as client:
        await push_image(client)
        await pull_image(client)
        assert f"auths entry '{private_registry.host}'" in str(client.explain_auth())


async def test_push_and_pull_with_an_identity_token(private_registry: PrivateRegistry) -> None:
    credentials = ExplicitCredentials(Credential(identity_token=REFRESH_TOKEN))
    async with open_client(private_registry, "a/identity", credentials=credentials) as client:
        if private_registry.token_service is None:  # Basic has no place for an identity token
            with pytest.raises(UnauthorizedError):
                await push_image(client)
        else:
            await push_image(client)
            await pull_image(client)
            assert client.explain_auth().grant == "POST with an identity token"


async def test_anonymous_callers_pull_with_tokens_and_are_refused_with_basic(private_registry: PrivateRegistry) -> None:
    async with open_client(private_registry, "library/there", credentials=ANONYMOUS) as client:
        if private_registry.token_service is None:
            with pytest.raises(UnauthorizedError):
                await pull_image(client)
        else:
            await pull_image(client)
            assert client.explain_auth().grant == "GET, anonymously"


async def test_anonymous_callers_cannot_push(private_registry: PrivateRegistry) -> None:
    async with open_client(private_registry, "library/there", credentials=ANONYMOUS) as client:
        with pytest.raises((UnauthorizedError, ForbiddenError)):
            await client.start_blob_upload()


async def test_a_wrong_password_fails_at_once(private_registry: PrivateRegistry) -> None:
    async with open_client(private_registry, "library/there", username=USERNAME, password="wrong") as client:
        with pytest.raises((AuthError, UnauthorizedError)) as caught:
            await client.get_manifest("latest")
    assert "wrong" not in str(caught.value)
