"""The options of all constructors and functions that create clients: the same names, defaults and descriptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import attrs
import pytest

import docker_registry_sdk as sdk
from docker_registry_sdk import AsyncRegistries, Registries, async_check_login, check_login
from docker_registry_sdk._core.transport.options import AsyncClientOptions, ClientOptions
from docker_registry_sdk._core.transport.settings import DEFAULT_MAX_CONNECTIONS, ClientSettings
from docker_registry_sdk._core.wire.policy import DEFAULT_MAX_RETRIES, DEFAULT_MAX_RETRY_WAIT_SECONDS

SYNC: tuple[Callable[..., Any], ...] = (
    sdk.RegistryClientV2,
    sdk.RegistryClientV1,
    sdk.create_client,
    sdk.login,
    check_login,
    Registries,
)
ASYNC: tuple[Callable[..., Any], ...] = (
    sdk.AsyncRegistryClientV2,
    sdk.AsyncRegistryClientV1,
    sdk.create_async_client,
    sdk.async_login,
    async_check_login,
    AsyncRegistries,
)
NAMES = ["username", "password", *(field.name for field in attrs.fields(ClientSettings))]
OTHERS = {"name", "registry", "index", "version", "store", "hosts"}
WITHOUT_LOGIN = {Registries, AsyncRegistries}
REQUIRED_LOGIN = {sdk.login, check_login, sdk.async_login, async_check_login}


def expected_names(function: object) -> list[str]:
    left_out = {"username", "password"} if function in WITHOUT_LOGIN else {"credentials"} if function in REQUIRED_LOGIN else set()
    return [name for name in NAMES if name not in left_out]


def documented(function: object) -> dict[str, str]:
    """Return the description of each argument."""
    text = inspect.getdoc(function) or ""
    arguments = re.split(r"^(?:Returns|Raises):", text.partition("\nArgs:\n")[2], flags=re.MULTILINE)[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE)
    return {name: " ".join(description.split()) for name, description in found}


@pytest.mark.parametrize("function", SYNC + ASYNC)
def test_each_function_has_all_options(function: Callable[..., Any]) -> None:
    parameters = inspect.signature(function).parameters
    assert [name for name in parameters if name not in OTHERS] == expected_names(function)
    assert list(documented(function)) == list(parameters)
    positional = [] if function in WITHOUT_LOGIN else list(parameters)[:1]
    assert [name for name, one in parameters.items() if one.kind is not one.KEYWORD_ONLY] == positional


@pytest.mark.parametrize("functions", [SYNC, ASYNC])
def test_an_option_has_the_same_default_and_description_everywhere(functions: tuple[Callable[..., Any], ...]) -> None:
    parameters, descriptions = inspect.signature(functions[0]).parameters, documented(functions[0])
    defaults = {field.name: field.default for field in attrs.fields(ClientSettings)}
    for function in functions:
        for name in expected_names(function):
            if function in REQUIRED_LOGIN and name in ("username", "password"):
                continue
            parameter = inspect.signature(function).parameters[name]
            assert parameter.default == defaults.get(name), (function, name)
            assert parameter.annotation == parameters[name].annotation, (function, name)
            if (function, name) not in {(Registries, "credentials"), (AsyncRegistries, "credentials")}:
                assert documented(function)[name] == descriptions[name], (function, name)


def test_the_literal_defaults_are_those_of_the_settings() -> None:
    assert (DEFAULT_MAX_RETRIES, DEFAULT_MAX_RETRY_WAIT_SECONDS, DEFAULT_MAX_CONNECTIONS) == (3, 60.0, 100)


@pytest.mark.parametrize(("sync", "asynchronous"), list(zip(SYNC, ASYNC, strict=True)))
def test_sync_documentation_has_sync_words(sync: Callable[..., Any], asynchronous: Callable[..., Any]) -> None:
    text = inspect.getdoc(sync) or ""
    assert not re.search(r"Async\w|async_|aclose|`async with`|await", text)
    assert len(text.split()) >= len((inspect.getdoc(asynchronous) or "").split()) - 5


@pytest.mark.parametrize(("options", "functions"), [(ClientOptions, SYNC), (AsyncClientOptions, ASYNC)])
def test_the_types_of_option_dictionaries_have_all_options(options: Any, functions: tuple[Callable[..., Any], ...]) -> None:
    assert options.__optional_keys__ == set(NAMES)
    assert options.__required_keys__ == frozenset()


@pytest.mark.parametrize("function", SYNC + ASYNC)
def test_a_misspelt_option_names_the_close_one(function: Any) -> None:
    with pytest.raises(TypeError, match=r"has no option 'max_retires'; did you mean max_retries\?"):
        function(max_retires=3)
    with pytest.raises(TypeError, match=r"has no option 'zzzz'$"):
        function(zzzz=3)
