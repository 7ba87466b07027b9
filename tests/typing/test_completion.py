"""`client.` completes in an editor, and each name comes with its documentation."""

from __future__ import annotations

import inspect

import jedi
import pytest

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
