"""Tokens with generated functions: token requests are validated against token-auth.yaml, other requests against API v2."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from attrs import frozen

from docker_registry_sdk.errors import BadRequestError, NotFoundError, StatusError, UnauthorizedError
from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.testing.settings import TokenOrigin
from docker_registry_sdk.token_auth.api import get_token, post_token
from docker_registry_sdk.token_auth.models import AccessType, GrantType, TokenRequest
from docker_registry_sdk.v2.api import (
    create_blob_read_stream,
    get_manifest,
    list_repositories,
    list_tags,
    ping,
    put_manifest,
    start_blob_upload,
)
from tests.interop.test_push_and_pull import upload_blobs
from tests.support.images import OCI_MANIFEST, digest_of, make_image
from tests.support.transports import AsyncValidatingTransport, ValidatingTransport
from tests.support.validation import Exchanges, Specification

REPO = "team/app"
PULL, PUSH = f"repository:{REPO}:pull", f"repository:{REPO}:pull,push"


@pytest.fixture
def tokens() -> Iterator[Exchanges]:
    """The exchanges with the token service. At the end of the test there must be at least one, and all must be valid."""
    recorded = Exchanges(Specification.load("token-auth.yaml"))
    yield recorded
    assert recorded.violations == []
    assert recorded.operations


@pytest.fixture(params=["same", "port", "name"])
def origin(request: pytest.FixtureRequest) -> TokenOrigin:
    """The origin of the token service: `same`, `port` or `name`."""
    found: TokenOrigin = request.param
    return found


@pytest.fixture
def embedded(origin: TokenOrigin) -> Iterator[EmbeddedRegistry]:
    """A registry that requires a login for everything except pulls."""
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_origin=origin)) as registry:
        yield registry


@pytest.fixture
def http(embedded: EmbeddedRegistry, exchanges: Exchanges) -> Iterator[httpx.Client]:
    """A client of the registry without a token."""
    with httpx.Client(base_url=embedded.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as client:
        yield client


@pytest.fixture
def anonymous(tokens: Exchanges) -> Iterator[httpx.Client]:
    """An anonymous client of the token service."""
    with httpx.Client(transport=ValidatingTransport(httpx.HTTPTransport(), tokens)) as client:
        yield client


@pytest.fixture
def known(embedded: EmbeddedRegistry, tokens: Exchanges) -> Iterator[httpx.Client]:
    """A client of the token service with the user's password."""
    auth = httpx.BasicAuth(embedded.username, embedded.password)
    with httpx.Client(transport=ValidatingTransport(httpx.HTTPTransport(), tokens), auth=auth) as client:
        yield client


@frozen
class Challenge:
    """The challenge of a registry's 401."""

    realm: str
    service: str
    scope: str | None = None
    error: str | None = None


def challenge_of(error: StatusError) -> Challenge:
    """Return the parsed challenge of a 401."""
    scheme, _, parameters = error.headers["www-authenticate"].partition(" ")
    assert scheme == "Bearer"
    return Challenge(**dict(re.findall(r'(\w+)="([^"]*)"', parameters)))


def challenged(http: httpx.Client) -> Challenge:
    """Ping the registry, and return the challenge of its 401."""
    with pytest.raises(UnauthorizedError) as caught:
        ping.sync(http)
    return challenge_of(caught.value)


def use(http: httpx.Client, token: str | None) -> None:
    """Send a token with all further requests."""
    http.headers["authorization"] = f"Bearer {token}"


def test_a_push_and_a_pull(http: httpx.Client, known: httpx.Client, anonymous: httpx.Client, embedded: EmbeddedRegistry) -> None:
    image = make_image()
    asked = challenged(http)
    assert (asked.realm, asked.scope) == (embedded.token_url, None)
    with pytest.raises(UnauthorizedError) as caught:
        start_blob_upload.sync(http, REPO)
    asked = challenge_of(caught.value)
    assert asked.scope == PUSH

    answer = get_token.sync(known, asked.realm, service=asked.service, scope=[PUSH], client_id="tests", account=embedded.username)
    assert answer.body.token == answer.body.access_token
    assert (answer.body.expires_in, answer.body.refresh_token) == (300, None)
    assert answer.body.issued_at is not None
    use(http, answer.body.token)
    upload_blobs(http, REPO, image)
    put_manifest.sync(http, REPO, "v1", image.oci, content_type=OCI_MANIFEST)

    use(http, get_token.sync(anonymous, asked.realm, service=asked.service, scope=[PUSH, "registry:catalog:*"]).body.token)
    assert get_manifest.sync(http, REPO, "v1").raw == image.oci
    assert create_blob_read_stream.sync(http, REPO, digest_of(image.layer)).body == image.layer
    with pytest.raises(UnauthorizedError) as caught:
        start_blob_upload.sync(http, REPO)
    assert challenge_of(caught.value).error == "insufficient_scope"
    with pytest.raises(UnauthorizedError):
        list_repositories.sync(http)


def test_the_ways_to_get_a_token(
    http: httpx.Client, known: httpx.Client, anonymous: httpx.Client, embedded: EmbeddedRegistry
) -> None:
    asked = challenged(http)
    by_get = get_token.sync(known, asked.realm, service=asked.service, scope=[PULL, "registry:catalog:*"], offline_token=True)
    assert by_get.body.refresh_token is not None
    by_password = post_token.sync(
        anonymous,
        asked.realm,
        TokenRequest(
            grant_type=GrantType.PASSWORD,
            service=asked.service,
            client_id="tests",
            scope=f"{PUSH} registry:catalog:*",
            access_type=AccessType.OFFLINE,
            username=embedded.username,
            password=embedded.password,
        ),
    )
    assert by_password.body.scope == f"{PUSH} registry:catalog:*"
    assert by_password.body.refresh_token is not None
    by_refreshing = [
        post_token.sync(
            anonymous,
            asked.realm,
            TokenRequest(
                grant_type=GrantType.REFRESH_TOKEN,
                service=asked.service,
                client_id="tests",
                scope="registry:catalog:*",
                refresh_token=refresh_token,
            ),
        )
        for refresh_token in (by_get.body.refresh_token, by_password.body.refresh_token)
    ]
    for answer in (by_get, by_password, *by_refreshing):
        use(http, answer.body.token)
        assert ping.sync(http).status == 200
        assert list_repositories.sync(http).body.repositories == []


def test_an_expired_token_is_renewed(http: httpx.Client, known: httpx.Client, embedded: EmbeddedRegistry) -> None:
    asked = challenged(http)
    first = get_token.sync(known, asked.realm, service=asked.service, scope=[PULL], offline_token=True).body
    use(http, first.token)
    with pytest.raises(NotFoundError):
        list_tags.sync(http, REPO)
    embedded.clock.advance(301)
    with pytest.raises(UnauthorizedError) as caught:
        list_tags.sync(http, REPO)
    asked = challenge_of(caught.value)
    assert (asked.error, asked.scope) == ("invalid_token", PULL)

    renewal = TokenRequest(
        grant_type="refresh_token", service=asked.service, client_id="tests", scope=asked.scope, refresh_token=first.refresh_token
    )
    use(http, post_token.sync(known, asked.realm, renewal).body.access_token)
    with pytest.raises(NotFoundError):
        list_tags.sync(http, REPO)

    embedded.revoke_tokens()
    with pytest.raises(UnauthorizedError) as caught:
        post_token.sync(known, asked.realm, renewal)
    assert caught.value.codes == ("invalid_grant",)


def test_refused_token_requests(http: httpx.Client, anonymous: httpx.Client, embedded: EmbeddedRegistry) -> None:
    asked = challenged(http)
    with pytest.raises(BadRequestError) as caught:
        get_token.sync(anonymous, asked.realm, service=asked.service, scope=["no scope"])
    assert caught.value.codes == ("invalid_scope",)
    with pytest.raises(BadRequestError) as caught:
        get_token.sync(anonymous, asked.realm, service="another")
    assert caught.value.codes == ("invalid_request",)

    def refuse(kind: type[StatusError], code: str, grant_type: str, password: str | None = "hunter2") -> None:
        wanted = TokenRequest(grant_type=grant_type, service=asked.service, client_id="tests", username="x", password=password)
        with pytest.raises(kind) as caught:
            post_token.sync(anonymous, asked.realm, wanted)
        assert caught.value.codes == (code,)
        assert "hunter2" not in str(caught.value)

    refuse(UnauthorizedError, "invalid_grant", "password")
    refuse(BadRequestError, "invalid_request", "password", None)
    refuse(BadRequestError, "unsupported_grant_type", "authorization_code")
    anonymous.auth = httpx.BasicAuth(embedded.username, "wrong")
    with pytest.raises(UnauthorizedError) as unauthorized:
        get_token.sync(anonymous, asked.realm, service=asked.service)
    assert unauthorized.value.codes == ("invalid_client",)
    assert unauthorized.value.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.anyio
async def test_a_push_and_a_pull_async(
    embedded: EmbeddedRegistry, exchanges: Exchanges, tokens: Exchanges, anyio_backend: str
) -> None:
    content = bytes(range(256)) * 4096

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 100_000):
            yield content[at : at + 100_000]

    async with (
        httpx.AsyncClient(transport=AsyncValidatingTransport(httpx.AsyncHTTPTransport(), tokens)) as service,
        httpx.AsyncClient(
            base_url=embedded.url, transport=AsyncValidatingTransport(httpx.AsyncHTTPTransport(), exchanges)
        ) as client,
    ):
        with pytest.raises(UnauthorizedError) as caught:
            await ping.asyncio(client)
        asked = challenge_of(caught.value)
        wanted = TokenRequest(
            grant_type=GrantType.PASSWORD,
            service=asked.service,
            client_id="tests",
            scope=PUSH,
            username=embedded.username,
            password=embedded.password,
        )
        pushing = await post_token.asyncio(service, asked.realm, wanted)
        client.headers["authorization"] = f"Bearer {pushing.body.token}"
        await start_blob_upload.asyncio(client, REPO, body=pieces(), digest=digest_of(content))
        pulling = await get_token.asyncio(service, asked.realm, service=asked.service, scope=[PULL])
        client.headers["authorization"] = f"Bearer {pulling.body.token}"
        async with create_blob_read_stream.asyncio_stream(client, REPO, digest_of(content)) as blob:
            assert b"".join([piece async for piece in blob.body]) == content
