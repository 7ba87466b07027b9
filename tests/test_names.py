"""The names that the package gives its users."""

from __future__ import annotations

import inspect

import pytest

import docker_registry_sdk
from docker_registry_sdk import errors
from tests.test_imports import loaded_after

NAMES = {
    "AsyncClientOptions", "AsyncRegistryClientV1", "AsyncRegistryClientV2", "ClientOptions", "Credential", "DOCKER_LIST",
    "DOCKER_MANIFEST", "DOCKER_SCHEMA1", "Descriptor", "Digest", "Index", "LoginResult", "ManifestResponse", "OCI_INDEX",
    "OCI_MANIFEST", "RegistryClientV1", "RegistryClientV2", "Repo", "RepoRef", "UploadSession", "async_login",
    "create_async_client", "create_client", "digest_from_manifest_bytes", "login", "parse_index", "parse_repo",
    "parse_repo_and_ref", "parse_repo_and_tag",
    "CopyPlan", "CopyResult", "DockerArchive", "Layout", "Progress", "apply_copy", "async_apply_copy", "async_copy",
    "async_get_config", "async_plan_copy", "async_pull", "async_push", "copy", "get_config", "plan_copy", "pull", "push",
}  # fmt: skip


def test_all_names_are_there_and_no_others() -> None:
    exceptions = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, errors.RegistryError)
    }
    assert set(docker_registry_sdk.__all__) == NAMES | exceptions
    assert len(docker_registry_sdk.__all__) == len(set(docker_registry_sdk.__all__))
    assert set(docker_registry_sdk.__all__) <= set(dir(docker_registry_sdk))
    for name in docker_registry_sdk.__all__:
        assert getattr(docker_registry_sdk, name) is getattr(docker_registry_sdk, name)
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        _ = docker_registry_sdk.no_such_name  # type: ignore[attr-defined]


def test_importing_the_package_loads_nothing() -> None:
    loaded = loaded_after("import docker_registry_sdk")
    assert [name for name in loaded if name.startswith("docker_registry_sdk.")] == []
    assert "httpx" not in loaded


@pytest.mark.parametrize("name", ["RegistryClientV2", "AsyncRegistryClientV2", "create_client", "create_async_client", "login"])
def test_v2_loads_no_v1(name: str) -> None:
    loaded = loaded_after(f"from docker_registry_sdk import {name}")
    assert [one for one in loaded if ".v1" in one] == []


def test_a_client_of_v2_that_was_asked_for_loads_no_v1() -> None:
    code = "import docker_registry_sdk as sdk\nsdk.create_client('alpine', version=2).close()"
    assert [one for one in loaded_after(code) if ".v1" in one] == []
