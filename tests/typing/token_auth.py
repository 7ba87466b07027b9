"""The exact types of the token service's operations, proven by mypy and pyright; nothing here runs."""

from datetime import datetime
from typing import assert_type

import httpx

from docker_registry_sdk._core import wire
from docker_registry_sdk.token_auth.api import get_token, post_token
from docker_registry_sdk.token_auth.models import AccessType, GrantType, TokenRequest, TokenResponse

REALM = "https://auth.example/token"


def a_token_by_get(client: httpx.Client) -> None:
    response = get_token.sync(client, REALM, service="registry.example", scope=["repository:a/b:pull"], offline_token=True)
    assert_type(response, get_token.GetTokenOk)
    assert_type(response.body, TokenResponse)
    assert_type(response.body.token, str | None)
    assert_type(response.body.expires_in, float | str | None)
    assert_type(response.body.issued_at, datetime | None)


async def a_token_by_post(client: httpx.AsyncClient) -> None:
    form = TokenRequest(grant_type=GrantType.PASSWORD, username="me", password="secret", access_type=AccessType.OFFLINE)
    assert_type(await post_token.asyncio(client, REALM, form), post_token.PostTokenOk)


def enumerations_are_open() -> None:
    form = TokenRequest(grant_type="urn:ietf:params:oauth:grant-type:device_code")
    assert_type(form.grant_type, GrantType | str)
    assert_type(form.access_type, AccessType | str | None)
    word: str = GrantType.REFRESH_TOKEN
    assert_type(TokenRequest(grant_type=word).grant_type, GrantType | str)


def without_any_client(response: wire.HTTPResponse) -> None:
    assert_type(get_token.request(REALM), wire.Request)
    assert_type(post_token.parse(response).raw, bytes)
