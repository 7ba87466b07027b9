"""The specifications, and random documents that match their schemas."""

from __future__ import annotations

import importlib
from datetime import datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import yaml
from dateutil.parser import isoparse
from hypothesis import strategies as st

PACKAGES = {"v1": "registry-v1.yaml", "v2": "registry-v2.yaml", "token_auth": "token-auth.yaml"}
FOLDER = Path(__file__).parents[2] / "openapi"
DIGEST = "sha256:" + "0a" * 32
PATH_KEYS = ("get", "head", "put", "post", "patch", "delete")

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@cache
def load(package: str) -> dict[str, Any]:
    """Return the specification of a generated package."""
    loaded: dict[str, Any] = yaml.load((FOLDER / PACKAGES[package]).read_text(encoding="utf-8"), yaml.CSafeLoader)
    return loaded


def generated(package: str, module: str = "models") -> ModuleType:
    """Return a module of a generated package."""
    return importlib.import_module(f"docker_registry_sdk.{package}.{module}")


def resolve(package: str, node: dict[str, Any]) -> dict[str, Any]:
    """Return a node with its `$ref` resolved."""
    while "$ref" in node:
        found: Any = load(package)
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def schemas(package: str) -> dict[str, dict[str, Any]]:
    """Return the schemas of a specification by name."""
    found: dict[str, dict[str, Any]] = load(package)["components"]["schemas"]
    return found


def models() -> list[tuple[str, str]]:
    """Return package and name of every generated model class."""
    return [
        (package, name)
        for package in PACKAGES
        for name in generated(package).__all__
        if attrs.has(getattr(generated(package), name))
    ]


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Return every operation of the specifications by package and id, with its method and path."""
    return {
        (package, found["operationId"]): {**found, "method": method.upper(), "path": path}
        for package in PACKAGES
        for path, methods in load(package)["paths"].items()
        for method, found in methods.items()
        if method in PATH_KEYS
    }


def is_anything(schema: dict[str, Any]) -> bool:
    """Return whether a schema accepts any value."""
    return not set(schema) - {"description", "x-error"}


# RFC 3339 timestamps with up to nine digits of fraction and any offset.
TIMESTAMPS = st.builds(
    "{}{}{}".format,
    st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat()),
    st.just("") | st.text("0123456789", min_size=1, max_size=9).map(".{}".format),
    st.just("Z") | st.builds("{}{:02}:{:02}".format, st.sampled_from("+-"), st.integers(0, 23), st.integers(0, 59)),
)


@cache
def model_documents(package: str, name: str, *, junk: bool = False) -> st.SearchStrategy[Any]:
    """Return a strategy for documents of a model; see `documents`."""
    return documents(package, schemas(package)[name], junk=junk)


def documents(package: str, schema: dict[str, Any], *, junk: bool = False) -> st.SearchStrategy[Any]:
    """Return a strategy for documents of a schema.

    Args:
        package: The generated package that the schema belongs to.
        schema: The schema.
        junk: Whether any value may be replaced by arbitrary JSON.
    """
    fitting = _fitting(package, resolve(package, schema), junk)
    return st.one_of(fitting, fitting, fitting, JSON) if junk else fitting


def _fitting(package: str, schema: dict[str, Any], junk: bool) -> st.SearchStrategy[Any]:
    kind = schema.get("type")
    if "oneOf" in schema:
        return st.one_of([documents(package, one, junk=junk) for one in schema["oneOf"]])
    if isinstance(kind, list):
        return st.none() | documents(package, {**schema, "type": kind[0]}, junk=junk)
    if kind == "object":
        return _objects(package, schema, junk)
    if kind == "array":
        return st.lists(documents(package, schema["items"], junk=junk), max_size=3)
    if kind == "string":
        return _texts(schema)
    if kind == "integer":
        return st.integers() | st.integers(-1000, 1000).map(float)
    if kind == "number":
        return st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    if kind == "boolean":
        return st.booleans()
    assert is_anything(schema), schema
    return JSON


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return TIMESTAMPS
    if "x-digest" in schema:
        return st.from_regex("(sha256|blake3):[0-9a-f]{64}|sha512:[0-9a-f]{128}", fullmatch=True)
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.sampled_from(schema["enum"]) | st.text(max_size=10) if "enum" in schema else st.text(max_size=10)


def _objects(package: str, schema: dict[str, Any], junk: bool) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        inner = schema["additionalProperties"]
        return st.dictionaries(st.text(max_size=5), st.none() | documents(package, inner, junk=junk), max_size=3)
    fields = schema["properties"]
    required = schema.get("required", [])
    unknown = st.dictionaries(st.text(max_size=8).filter(lambda name: name not in fields), JSON, max_size=2)
    known = st.fixed_dictionaries(
        {
            name: documents(package, one, junk=junk) | (st.none() if _is_list(package, one) or junk else st.nothing())
            for name, one in fields.items()
            if name in required
        },
        optional={name: st.none() | documents(package, one, junk=junk) for name, one in fields.items() if name not in required},
    )
    return st.builds(lambda more, some: {**more, **some}, unknown, known)


def _is_list(package: str, schema: dict[str, Any]) -> bool:
    return "array" in (resolve(package, schema).get("type") or "")


def canonical(package: str, schema: dict[str, Any], value: Any) -> Any:
    """Return a document with its timestamps as datetimes, and without declared fields that are null."""
    schema = resolve(package, schema)
    if isinstance(value, dict) and "properties" in schema:
        fields = schema["properties"]
        return {
            name: canonical(package, fields[name], one) if name in fields else one
            for name, one in value.items()
            if name not in fields or one is not None
        }
    if isinstance(value, dict) and schema.get("additionalProperties"):
        return {name: canonical(package, schema["additionalProperties"], one) for name, one in value.items() if one is not None}
    if isinstance(value, list) and "items" in schema:
        return [canonical(package, schema["items"], one) for one in value]
    if isinstance(value, str) and schema.get("format") == "date-time":
        return _moment(value)
    return value


def has_null_list(package: str, schema: dict[str, Any], value: Any) -> bool:
    """Return whether a document has null for a required list, which the model omits when it is written."""
    schema = resolve(package, schema)
    if isinstance(value, dict) and "properties" in schema:
        fields = schema["properties"]
        if any(name in value and value[name] is None for name in schema.get("required", [])):
            return True
        return any(has_null_list(package, fields[name], one) for name, one in value.items() if name in fields)
    return isinstance(value, list) and any(has_null_list(package, schema.get("items", {}), one) for one in value)


def _moment(text: str) -> datetime:
    # Compare two independent parsers.
    moment = isoparse(text)
    assert datetime.fromisoformat(text) == moment
    return moment


def minimal(package: str, schema: dict[str, Any], text: str = "x") -> Any:
    """Return the smallest document of a schema, with `text` for every string."""
    schema = resolve(package, schema)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if "oneOf" in schema:
        return minimal(package, schema["oneOf"][0], text)
    if kind == "object":
        fields = schema.get("properties", {})
        return {name: minimal(package, fields[name], text) for name in schema.get("required", [])}
    return {"array": [], "integer": 1, "boolean": True, "string": DIGEST if "x-digest" in schema else text, None: {}}[kind]
