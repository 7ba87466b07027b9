"""The words of the node.js client in the table of docs/migrations/node.md exist, for both versions of the API, sync and async."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import docker_registry_sdk
from docker_registry_sdk import (
    AsyncRegistryClientV1,
    AsyncRegistryClientV2,
    RegistryClientV1,
    RegistryClientV2,
    media_types,
)

PAGE = Path(__file__).parents[2] / "docs" / "migrations" / "node.md"
# The methods of RegistryClientV2 of docker-registry-client 3.4.0, in snake_case. The clients log in automatically: no `login`.
V2_WORDS = {
    "ping", "supports_v2", "list_tags", "get_manifest", "head_blob", "create_blob_read_stream", "put_manifest", "blob_upload",
    "close",
}  # fmt: skip
V1_WORDS = {
    "ping", "search", "list_repo_imgs", "list_repo_tags", "get_img_id", "get_img_ancestry", "get_img_json",
    "get_img_layer_stream", "close",
}  # fmt: skip


def rows() -> list[tuple[str, str]]:
    """Return the rows of the table: the words of the node.js client, and the words of this package."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return [(left, right) for left, right in cells if "`" in left]


@pytest.mark.parametrize(("left", "right"), rows())
def test_each_word_of_the_table_exists(left: str, right: str) -> None:
    for name in re.findall(r"client\.(\w+)\(", right):
        asynchronous = "close" if name == "aclose" else name
        assert any(hasattr(client, name) for client in (RegistryClientV1, RegistryClientV2, AsyncRegistryClientV2)), name
        assert any(hasattr(client, asynchronous) for client in (RegistryClientV1, RegistryClientV2)), name
    for name in re.findall(r"`(\w+)(?:\(|`)", right):
        options = inspect.signature(RegistryClientV2).parameters
        assert hasattr(docker_registry_sdk, name) or hasattr(media_types, name) or name in options or name == "with", name


def test_all_methods_of_the_node_client_are_in_the_table() -> None:
    named = set(re.findall(r"client\.(\w+)\(", " ".join(right for _, right in rows())))
    assert named >= V2_WORDS | V1_WORDS


@pytest.mark.parametrize(
    ("clients", "words"),
    [((RegistryClientV2, AsyncRegistryClientV2), V2_WORDS), ((RegistryClientV1, AsyncRegistryClientV1), V1_WORDS)],
)
def test_the_clients_have_the_methods(clients: tuple[type, type], words: set[str]) -> None:
    for word in words:
        assert callable(getattr(clients[0], word))
        assert callable(getattr(clients[1], "aclose" if word == "close" else word))
