"""Every public signature follows the rules in CONTRIBUTING.md under "Public names"."""

from __future__ import annotations

import inspect
import typing

import pytest

import docker_registry_sdk as sdk
from docker_registry_sdk import errors
from docker_registry_sdk._core.lazy_exports import PUBLIC_MODULES
from docker_registry_sdk.images import CopyPlan, CopyResult
from docker_registry_sdk.types import PutManifestResponse
from tests.packaging.surface import PublicFunction, Surface
from tests.packaging.surface_rules import (
    docstring_faults,
    exception_faults,
    positional_faults,
    result_faults,
    type_faults,
)

POSITIONAL = {
    "docker_registry_sdk.*.api.*": "a client, the parameters of the path in their order, and the body, as in the request",
    "docker_registry_sdk.testing.RegistryQuirk.__init__": "the columns of the tables of quirks in testing/profiles/",
    "docker_registry_sdk.testing.faults.Access.__init__": "the parts of a scope in their order: type, name and action",
}
# A call of the package returns objects of these classes.
RETURNED = [
    f"docker_registry_sdk.{module}{prefix}{name}"
    for module, names in {"": ["Repository"], "types.": ["BlobFile", "BlobStream", "Chunks", "LayerStream", "Listing"]}.items()
    for name in names
    for prefix in ("", "Async")
]
RESULTS: dict[str, type] = {
    "artifacts.push": sdk.Descriptor,
    "images.apply_copy": CopyResult,
    "images.copy": CopyResult,
    "images.plan_copy": CopyPlan,
    "Repository.blob_upload": sdk.Descriptor,
    "Repository.complete_blob_upload": sdk.Descriptor,
    "Repository.download_blob": sdk.Descriptor,
    "Repository.get_manifest": sdk.ManifestResponse,
    "Repository.head_blob": sdk.Descriptor,
    "Repository.head_manifest": sdk.Descriptor,
    "Repository.put_manifest": PutManifestResponse,
    "Repository.resolve": sdk.Descriptor,
    "Repository.tag": sdk.Descriptor,
    "Repository.upload_blob": sdk.Descriptor,
}


@pytest.fixture(scope="module")
def surface() -> Surface:
    return Surface(
        package="docker_registry_sdk",
        modules=PUBLIC_MODULES,
        http_modules=["docker_registry_sdk.httpx_adapter"],
        returned=RETURNED,
    )


def test_the_walk_finds_all_kinds_of_names(surface: Surface) -> None:
    names = {one.name.removeprefix("docker_registry_sdk.") for one in surface.functions}
    assert len(names) > 900
    assert {
        "Repository.resolve",
        "AsyncRepository.repo",
        "RegistryClientV2.__init__",
        "RegistryClientV2.resolve",
        "images.copy",
        "testing.faults.RequestInfo.of",
        "types.Transport.send",
        "v2.api.manifests.get_manifest.sync",
    } <= names
    assert "Repository.__init__" not in names


def test_every_type_in_a_signature_is_public_and_none_is_of_an_http_library(surface: Surface) -> None:
    assert type_faults(surface) == []


def test_no_signature_has_more_than_two_positional_parameters(surface: Surface) -> None:
    assert positional_faults(surface, POSITIONAL) == []


def test_every_exception_derives_from_the_base_and_has_problem_and_hint(surface: Surface) -> None:
    assert exception_faults(surface, sdk.RegistryError) == []


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (errors.BasicLoginError, (errors.LoginError, errors.UnauthorizedError)),
        (errors.TokenLoginError, (errors.LoginError, errors.AuthError)),
        (errors.RequestTimeoutError, (errors.TransportError, TimeoutError)),
        (errors.DeadlineExceededError, (errors.TransportError, TimeoutError)),
        (errors.ClosedError, (errors.RegistryError,)),
        (errors.PlatformNotFoundError, (errors.ImageError,)),
        (errors.InvalidPlatformError, (errors.ImageError, ValueError)),
        (errors.UnexpectedContentTypeError, (errors.ResponseError,)),
        (errors.InvalidReferenceError, (ValueError,)),
        (errors.NotModifiedError, (errors.RedirectError, errors.StatusError)),
    ],
)
def test_an_exception_can_be_caught_by_what_to_do_next(error: type[Exception], bases: tuple[type, ...]) -> None:
    assert [base for base in bases if not issubclass(error, base)] == []


def test_every_name_and_parameter_is_described(surface: Surface) -> None:
    assert docstring_faults(surface) == []


@pytest.mark.parametrize("name", RESULTS)
def test_a_call_returns_its_class(surface: Surface, name: str) -> None:
    by_name = {one.name.removeprefix("docker_registry_sdk."): one for one in surface.functions}
    head, _, last = name.rpartition(".")
    twin = f"Async{name}" if head == "Repository" else f"{head}.async_{last}"
    for one in (name, twin):
        assert typing.get_type_hints(by_name[one].function)["return"] is RESULTS[name]


def test_every_result_with_a_digest_has_the_one_shape_and_is_frozen(surface: Surface) -> None:
    results = {one for function in surface.functions if ".api." not in function.name for one in returned_classes(function)}
    with_digest = {one for one in results if {"digest", "media_type"} <= attributes(one)}
    assert set(RESULTS.values()) <= with_digest
    assert [fault for one in with_digest for fault in result_faults(one)] == []


def returned_classes(one: PublicFunction) -> set[type]:
    hint = typing.get_type_hints(one.function).get("return")
    return {each for each in (hint, *typing.get_args(hint)) if isinstance(each, type)}


def attributes(one: type) -> set[str]:
    return {name for base in one.__mro__ for name in (*inspect.get_annotations(base), *vars(base))}
