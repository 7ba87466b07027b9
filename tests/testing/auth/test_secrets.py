"""Logs and reprs contain no passwords and tokens."""

import logging

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.auth.headers import parse_authorization
from docker_registry_sdk.testing.auth.token_requests import PasswordGrant, RefreshGrant
from tests.testing.auth.helpers import bearer, get_token, post_token


def test_log_contains_no_secrets(token_registry: EmbeddedRegistry, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "docker_registry_sdk")
    response = get_token(token_registry, "repository:a:pull", offline_token="true")
    posted = post_token(token_registry, access_type="offline").json()
    secrets = {token_registry.password, response["token"], response["refresh_token"], posted["token"], posted["refresh_token"]}
    post_token(token_registry, grant_type="refresh_token", refresh_token=response["refresh_token"])
    httpx.get(f"{token_registry.url}/v2/", headers=bearer(response["token"]))
    for name in ("password", "Refresh_Token", "access_token", "token", "p%61ssword"):
        for secret in secrets:
            httpx.get(f"{token_registry.token_url}?a=%2f&{name}={secret}&b")
    shown = repr(token_registry.requests) + repr(token_registry) + caplog.text
    assert not [secret for secret in secrets if secret in shown]
    assert token_registry.requests[-1].path == "/token?a=%2f&p%61ssword=[redacted]&b"


def test_reprs_contain_no_secrets() -> None:
    shown = repr([PasswordGrant([], True, "ann", "hunter2"), RefreshGrant([], "hunter2"), parse_authorization("Basic hunter2")])
    assert "hunter2" not in shown
    assert "ann" in shown
