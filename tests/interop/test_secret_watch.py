"""The watch over all interop tests finds a secret that is planted."""

from __future__ import annotations

import logging

import httpx
import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.errors import NotFoundError, RegistryError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.secret_watch import SecretWatch, watch_secrets

PLANTED = "planted-password"


@pytest.fixture
def watch() -> SecretWatch:
    """A watch that knows one secret, from a request."""
    watch = SecretWatch()
    watch.learn(httpx.Request("GET", "http://localhost/", headers={"Authorization": f"Bearer {PLANTED}"}))
    assert watch.secrets == {PLANTED}
    return watch


def test_a_secret_in_a_log_record_is_found(watch: SecretWatch) -> None:
    watch.handle(logging.LogRecord("any", logging.DEBUG, "", 1, "sent %s", (PLANTED,), None))
    assert watch.findings() == [f"any: sent {PLANTED}"]


@pytest.mark.parametrize("place", ["problem", "attribute", "cause", "request"])
def test_a_secret_in_an_exception_is_found(watch: SecretWatch, place: str) -> None:
    error = RegistryError(PLANTED if place == "problem" else "failed")
    if place == "attribute":
        error.__dict__["raw"] = PLANTED.encode()
    if place == "cause":
        error.__cause__ = ValueError(PLANTED)
    if place == "request":
        request = httpx.Request("GET", "http://localhost/", headers={"Authorization": f"Bearer {PLANTED}"})
        error.__context__ = httpx.ReadError("failed", request=request)
    watch.errors.append(error)
    assert watch.findings()


def test_the_watch_sees_requests_records_and_exceptions_of_a_client() -> None:
    with EmbeddedRegistry(auth="token") as registry, watch_secrets() as watch:
        client = registry.client("a/b")
        with pytest.raises(NotFoundError):
            client.list_tags()
    assert registry.password in watch.secrets
    assert any(line.startswith("docker_registry_sdk") for line in watch.lines)
    assert any(isinstance(error, NotFoundError) for error in watch.errors)
    assert watch.findings() == []
    assert isinstance(client, RegistryClientV2)
