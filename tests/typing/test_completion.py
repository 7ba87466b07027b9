"""`client.` completes in an editor, and each name comes with its documentation."""

from __future__ import annotations

import inspect
import pydoc
import re

import jedi
import pytest

import docker_registry_sdk
from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2

CLIENTS = (RegistryClientV2, AsyncRegistryClientV2)


@pytest.mark.parametrize("client", CLIENTS)
def test_each_public_name_is_offered_with_its_documentation(client: type) -> None:
    code = f"from {client.__module__} import {client.__name__}\nclient = {client.__name__}('alpine')\nclient."
    offered = {each.name: each for each in jedi.Script(code).complete(3, len("client.")) if not each.name.startswith("_")}
    public = {name for name in dir(client) if not name.startswith("_")}
    assert public <= set(offered)
    assert set(offered) - public == {"registry"}
    for name in public - {"version"}:
        member = inspect.getattr_static(client, name)
        assert inspect.getdoc(member), f"{name} has no documentation"
        assert (inspect.getdoc(member) or "").partition("\n")[0] in offered[name].docstring(), name


@pytest.mark.parametrize("client", CLIENTS)
def test_each_call_documents_its_arguments(client: type) -> None:
    for name, member in inspect.getmembers(client, inspect.isfunction):
        if name.startswith("_"):
            continue
        documentation = inspect.getdoc(member) or ""
        for argument in list(inspect.signature(member).parameters)[1:]:
            assert f"    {argument}: " in documentation, f"{name}({argument}=…) is not explained"


@pytest.mark.parametrize("client", CLIENTS)
def test_the_options_are_offered(client: type) -> None:
    code = f"from {client.__module__} import {client.__name__}\n{client.__name__}('alpine', "
    signature = jedi.Script(code).get_signatures(2, len(f"{client.__name__}('alpine', "))[0]
    assert {"name", "index"} <= {parameter.name for parameter in signature.params}


OPENED = {
    "with RegistryClientV2('a') as client:": {"get_manifest", "list_tags", "explain_auth", "close"},
    "with RegistryClientV1('a') as client:": {"list_repo_tags", "search", "close"},
    "with create_client('a', version=2) as client:": {"get_manifest", "list_tags", "explain_auth", "close"},
    "async with AsyncRegistryClientV2('a') as client:": {"get_manifest", "list_tags", "explain_auth", "aclose"},
    "async with create_async_client('a') as client:": {"get_manifest", "list_tags", "explain_auth", "aclose"},
    "async with await create_async_client('a') as client:": {"get_manifest", "explain_auth", "aclose"},
}


@pytest.mark.parametrize("statement", OPENED)
def test_a_client_in_a_block_is_completed(statement: str) -> None:
    called = statement.removeprefix("async ").removeprefix("with ").removeprefix("await ").partition("(")[0]
    code = f"from docker_registry_sdk import {called}\nasync def f():\n    {statement}\n        client."
    assert OPENED[statement] <= {each.name for each in jedi.Script(code).complete()}


def test_an_object_in_an_interpreter_is_completed() -> None:
    with RegistryClientV2("registry.example.com/a") as client:
        offered = {each.name for each in jedi.Interpreter("client.", [{"client": client}]).complete()}
    assert {"get_manifest", "list_tags", "explain_auth", "close"} <= offered


@pytest.mark.parametrize(
    "called", ["RegistryClientV2", "AsyncRegistryClientV2", "RegistryClientV1", "create_client", "create_async_client", "login"]
)
def test_options_are_completed_inside_the_parentheses(called: str) -> None:
    static = jedi.Script(f"from docker_registry_sdk import {called}\n{called}('a', max_").complete()
    live = jedi.Interpreter(f"{called}('a', max_", [{called: getattr(docker_registry_sdk, called)}]).complete()
    for completed in (static, live):
        assert {"max_retries=", "max_retry_wait=", "max_connections="} <= {each.name for each in completed}


@pytest.mark.parametrize("called", ["RegistryClientV2", "create_client", "login"])
def test_help_shows_each_option(called: str) -> None:
    text = re.sub(r".\x08", "", pydoc.render_doc(getattr(docker_registry_sdk, called)))  # pydoc writes bold letters twice
    for name, default in {"insecure": "False", "timeout": "None", "max_retries": "3", "max_retry_wait": "60.0"}.items():
        assert re.search(rf"\b{name}: .*? = {default}", text), name
        assert re.search(rf"^ +\|? +{name}: [A-Z]", text, re.MULTILINE), name
