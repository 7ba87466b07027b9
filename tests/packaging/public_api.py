"""Write `public_api.txt`, the signature of every public name, or return it for the test that compares it.

.venv/bin/python -m tests.packaging.public_api
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import griffe

from docker_registry_sdk._core.lazy_exports import PUBLIC_MODULES

FILE = Path(__file__).with_name("public_api.txt")
# The signatures of generated modules follow from the descriptions in openapi/.
_GENERATED = ("docker_registry_sdk.v1", "docker_registry_sdk.v2", "docker_registry_sdk.token_auth")


def public_api() -> str:
    """Return one line for each public name, method and attribute of the hand-written public modules."""
    package = griffe.load("docker_registry_sdk", search_paths=[Path(__file__).parents[2]], resolve_aliases=True)
    lines: list[str] = []
    for module_name in PUBLIC_MODULES:
        if module_name.startswith(_GENERATED):
            continue
        module = package[module_name.partition(".")[2]] if "." in module_name else package
        exported = getattr(importlib.import_module(module_name), "__all__", None)
        names = exported or [name for name, one in module.members.items() if not one.is_alias and not name.startswith("_")]
        lines += [f"# {module_name}", *(line for name in sorted(names) for line in _describe(name, module.members[name])), ""]
    return "\n".join(lines)


def _describe(name: str, value: Any) -> list[str]:
    if value.is_function:
        return [f"{name}{_signature(value)}"]
    if value.is_class:
        bases = ", ".join(str(base) for base in value.bases)
        members = {key: one for key, one in value.all_members.items() if not key.startswith("_") or key == "__init__"}
        inner = [line for key in sorted(members) for line in _describe(f"{name}.{key}", members[key])]
        return [f"class {name}({bases})", *(f"    {line}" for line in inner)]
    if value.is_attribute:
        annotation = f": {value.annotation}" if value.annotation is not None else ""
        return [f"{name}{annotation}"]
    return [name]


def _signature(value: Any) -> str:
    parameters: list[str] = []
    keyword_only = False
    for one in value.parameters:
        if one.name in ("self", "cls"):
            continue
        if one.kind is griffe.ParameterKind.keyword_only and not keyword_only:
            keyword_only = True
            parameters.append("*")
        annotation = f": {one.annotation}" if one.annotation is not None else ""
        default = f" = {one.default}" if one.default is not None and not one.name.startswith("*") else ""
        parameters.append(f"{one.name}{annotation}{default}")
    return f"({', '.join(parameters)}) -> {value.returns}"


if __name__ == "__main__":
    FILE.write_text(public_api())
