"""The public names of the package, and the modules that they import."""

from __future__ import annotations

import builtins
import inspect
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import docker_registry_sdk
from docker_registry_sdk import errors
from tests.test_imports import loaded_after

EXPORTED: list[str] = vars(docker_registry_sdk)["__all__"]


def test_all_exceptions_are_exported() -> None:
    exceptions = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, errors.RegistryError)
    }
    assert exceptions <= set(dir(docker_registry_sdk))


def test_importing_the_package_loads_only_the_helper_for_lazy_names() -> None:
    loaded = loaded_after("import docker_registry_sdk")
    expected = {"docker_registry_sdk._core", "docker_registry_sdk._core.lazy_exports"}
    assert {name for name in loaded if name.startswith("docker_registry_sdk.")} == expected
    assert "httpx" not in loaded


@pytest.mark.parametrize("name", ["RegistryClientV2", "AsyncRegistryClientV2", "create_client", "create_async_client", "login"])
def test_v2_loads_no_v1(name: str) -> None:
    loaded = loaded_after(f"from docker_registry_sdk import {name}")
    assert [one for one in loaded if ".v1" in one] == []


def test_create_client_with_version_2_loads_no_v1() -> None:
    code = "import docker_registry_sdk as sdk\nsdk.create_client('alpine', version=2).close()"
    assert [one for one in loaded_after(code) if ".v1" in one] == []


@pytest.mark.parametrize("module", ["artifacts", "credentials", "errors", "images", "media_types", "types", "v2"])
def test_a_public_module_is_an_attribute_of_the_package(module: str) -> None:
    loaded = loaded_after(f"import docker_registry_sdk\ndocker_registry_sdk.{module}")
    assert f"docker_registry_sdk.{module}" in loaded
    assert module in dir(docker_registry_sdk)
    assert module not in EXPORTED


def test_a_star_import_hides_no_module_of_the_standard_library() -> None:
    assert set(EXPORTED) & sys.stdlib_module_names == set()
    assert set(EXPORTED) & set(dir(builtins)) == set()


def test_verbs_stand_in_the_modules_of_their_topics_only() -> None:
    verbs = {"copy", "pull", "push", "plan_copy", "apply_copy", "get_config"}
    assert {name.removeprefix("async_") for name in EXPORTED} & verbs == set()


def test_the_version_is_that_of_the_distribution() -> None:
    assert docker_registry_sdk.__version__ == version("docker-registry-sdk")


def test_the_words_of_the_node_client_are_second_names() -> None:
    assert docker_registry_sdk.Index is docker_registry_sdk.Registry
    assert docker_registry_sdk.parse_index is docker_registry_sdk.parse_registry
    assert docker_registry_sdk.parse_repo_and_tag is docker_registry_sdk.parse_repo_and_ref


@pytest.mark.parametrize("name", ["RegistryClientV2", "AsyncRegistryClientV2"])
def test_importing_a_client_loads_only_what_each_call_needs(name: str) -> None:
    unneeded = (
        *("h11", "subprocess", "concurrent.futures", "anyio", "publicsuffixlist", "difflib", "importlib.metadata"),
        *("docker_registry_sdk._core.http1.exchange", "docker_registry_sdk._core.blobs._sync.upload"),
        *("docker_registry_sdk._core.blobs._sync.download", "docker_registry_sdk.credentials.helpers"),
        *("docker_registry_sdk.v2.api.manifests.get_manifest", "docker_registry_sdk.v2.models.image_manifest"),
        *("docker_registry_sdk.v2.models.descriptor", "docker_registry_sdk._core.blobs._sync.verified_stream"),
        *(f"docker_registry_sdk._core.auth.{module}" for module in ("authenticator", "challenge", "report", "token_service")),
        "docker_registry_sdk._core.transport._sync.assembly",
    )
    loaded = loaded_after(f"from docker_registry_sdk import {name}")
    assert [one for one in unneeded if one in loaded] == []


def test_the_sync_twins_say_nothing_async() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in Path(docker_registry_sdk.__path__[0]).rglob("_sync/*.py")}
    assert len(texts) > 20
    pattern = re.compile(r"await |\bAsync[A-Z]|async (?:with|for|def)|an `with")
    assert [(path.name, found[0]) for path, text in texts.items() if (found := pattern.search(text))] == []
