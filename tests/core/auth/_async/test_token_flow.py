"""The token flow with the embedded registry's token service: revoked and expired tokens, other origins, refusals."""

from __future__ import annotations

from typing import Literal

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, ForbiddenError, RegistryError, UnauthorizedError
from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from tests.support._async.blobs import read_blob
from tests.support.embedded import count_token_requests, login_of
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio


async def test_revoked_tokens_are_replaced() -> None:
    with EmbeddedRegistry(auth="token") as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", **login_of(registry)) as client:
            for number in range(4):
                blob = await client.blob_upload(b"%d" % number)
                assert await read_blob(client, blob.digest) == b"%d" % number
                registry.revoke_tokens()
        assert count_token_requests(registry) <= 2 * 4


async def test_a_streamed_upload_replaces_an_expired_token() -> None:
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_lifetime=60)) as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", **login_of(registry)) as client:
            await client.blob_upload(b"first")
            registry.clock.advance(3600)
            blob = await client.blob_upload(iter([b"sec", b"ond"]), digest=digest_of(b"second"))
            assert await read_blob(client, blob.digest) == b"second"


@pytest.mark.parametrize("origin", ["same", "port", "name"])
async def test_a_token_service_of_another_name_must_be_trusted(origin: Literal["same", "port", "name"]) -> None:
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_origin=origin)) as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", **login_of(registry)) as client:
            if origin == "name":
                with pytest.raises(AuthError, match="private network"):
                    await client.ping()
            else:
                assert (await client.ping()).status == 200
        async with AsyncRegistryClientV2(f"{registry.url}/a", trusted_realms=("localhost",), **login_of(registry)) as client:
            assert (await client.ping()).status == 200


@pytest.mark.parametrize("auth", ["token", "basic"])
async def test_a_wrong_password_fails_at_once(auth: Literal["token", "basic"]) -> None:
    with EmbeddedRegistry(auth=auth) as registry:
        credentials = ExplicitCredentials(Credential(registry.username, "S3CR3T"))
        async with AsyncRegistryClientV2(f"{registry.url}/a", credentials=credentials) as client:
            with pytest.raises((AuthError, UnauthorizedError)) as caught:
                await client.start_blob_upload()
            assert "S3CR3T" not in f"{caught.value}{client.explain_auth()}"
        assert len(registry.requests) == 2


async def test_calls_that_anonymous_callers_may_not_make_request_one_token_each() -> None:
    with EmbeddedRegistry(auth="token") as registry:
        anonymous = ExplicitCredentials(Credential("x", "y"), "nowhere.example.com")
        async with AsyncRegistryClientV2(f"{registry.url}/a", credentials=anonymous) as client:
            with pytest.raises((UnauthorizedError, ForbiddenError)):
                await client.start_blob_upload()
            with pytest.raises(RegistryError):
                await client.list_repositories()
        assert count_token_requests(registry) == 2


async def test_an_identity_token_is_exchanged_for_an_access_token() -> None:
    with EmbeddedRegistry(auth="token") as registry:
        login = (registry.username, registry.password)
        response = httpx.get(registry.token_url, params={"offline_token": "true"}, auth=login)
        credential = Credential(identity_token=response.json()["refresh_token"])
        async with AsyncRegistryClientV2(f"{registry.url}/a", credentials=ExplicitCredentials(credential)) as client:
            await client.blob_upload(b"x")
            assert client.explain_auth().grant == "POST with an identity token"
