"""A client of either API version as users write it, checked by mypy and pyright; nothing here runs."""

from __future__ import annotations

from typing import assert_type

from docker_registry_sdk import RegistryClientV1, RegistryClientV2, create_client


def list_tags_of_either_version(name: str) -> dict[str, str] | list[str]:
    with create_client(name, max_retries=1) as client:
        assert_type(client, RegistryClientV1 | RegistryClientV2)
        if client.version == 2:
            assert_type(client, RegistryClientV2)
            return list(client.iter_tags())
        assert_type(client, RegistryClientV1)
        return client.list_repo_tags()


def create_client_of_v1(name: str) -> None:
    with create_client(name, version=1) as client:
        assert_type(client, RegistryClientV1)
