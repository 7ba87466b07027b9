"""Embedded registries, and an empty home folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry


@pytest.fixture
def token_registry() -> Iterator[EmbeddedRegistry]:
    """A registry on plain HTTP that requires tokens."""
    with EmbeddedRegistry(auth="token") as running:
        yield running


@pytest.fixture(scope="module")
def tls_registry() -> Iterator[EmbeddedRegistry]:
    """A registry with a certificate of an unknown authority."""
    with EmbeddedRegistry(tls=True) as running:
        yield running


@pytest.fixture(scope="module")
def mutual_tls_registry() -> Iterator[EmbeddedRegistry]:
    """A registry that requires a client certificate."""
    with EmbeddedRegistry(tls=True, require_client_certificate=True) as running:
        yield running


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path
