"""Schemas as Python: the type of a value, what reads it from JSON, and what writes it back."""

from __future__ import annotations

import keyword
import re
from typing import Any

from attrs import frozen
from prose import sentence

Node = dict[str, Any]

# Generated classes use these, and a class attribute of the same name would hide them.
_TYPE_NAMES = frozenset({"str", "int", "float", "bool", "bytes", "list", "dict", "datetime", "wire", "field"})


class SpecError(Exception):
    """The specification holds something that cannot be generated in full."""


@frozen
class Kind:
    """What a schema is in Python.

    Attributes:
        type: The type, as code.
        parse: What reads a value from parsed JSON, as code; empty when the value is no JSON.
        dump: What makes JSON of `{x}`, as code; empty when the type cannot be written.
        models: The generated classes that the code names.
    """

    type: str
    parse: str
    dump: str = "{x}"
    models: frozenset[str] = frozenset()


_SCALARS = {
    "string": Kind("str", "wire.string"),
    "integer": Kind("int", "wire.integer"),
    "number": Kind("float", "wire.number"),
    "boolean": Kind("bool", "wire.boolean"),
}
_FORMATS = {
    "date-time": Kind("datetime", "wire.timestamp", "wire.format_timestamp({x})"),
    "binary": Kind("bytes", "", ""),
    "password": _SCALARS["string"],
}


def python_name(wire_name: str, node: Node, taken: set[str]) -> str:
    """Return the name in Python of a parameter, header or property.

    Args:
        wire_name: The name on the wire.
        node: Its node, which may hold `x-python-name`.
        taken: The names that it must not have; the new name is added.

    Raises:
        SpecError: The name is taken, or is none.
    """
    name = node.get("x-python-name")
    if name is None:
        name = re.sub(r"[^A-Za-z0-9]+", "_", wire_name).strip("_")
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
        name = f"{name}_" if keyword.iskeyword(name) else name
    if not name.isidentifier() or keyword.iskeyword(name) or name in taken | _TYPE_NAMES:
        raise SpecError(f"{wire_name}: {name!r} cannot be its name in Python; give it an x-python-name")
    taken.add(name)
    return str(name)


def class_name(name: str) -> str:
    """Return the class name of a component or an operation.

    Args:
        name: The component's name, or an operation id.
    """
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name))


def notes(schema: Node) -> str:
    """Return what a schema and the parts written in it say of themselves, as prose; empty when they say nothing.

    Args:
        schema: The schema.
    """
    parts = [schema, *schema.get("oneOf", ()), *([schema["items"]] if "items" in schema else [])]
    texts = [str(parts[0].get("description", "")), *(notes(part) for part in parts[1:])]
    return " ".join(sentence(text) for text in texts if text)


class Document:
    """A specification, with its references resolved on demand.

    Args:
        root: The parsed document.
    """

    def __init__(self, root: Node) -> None:
        self.root = root

    def resolve(self, node: Node) -> Node:
        """Return the node, or what its `$ref` names with the siblings of `$ref` on top.

        Raises:
            SpecError: The reference leads nowhere.
        """
        while "$ref" in node:
            target: Any = self.root
            for step in str(node["$ref"]).removeprefix("#/").split("/"):
                if not isinstance(target, dict) or step not in target:
                    raise SpecError(f"{node['$ref']} leads nowhere")
                target = target[step]
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    def schema_names(self) -> list[str]:
        """Return the names of `components/schemas`."""
        return list(self.root.get("components", {}).get("schemas", {}))

    def kind(self, schema: Node, where: str) -> Kind:
        """Return what a schema is in Python.

        Args:
            schema: The schema, or a reference.
            where: Its place, for errors.

        Raises:
            SpecError: It has no exact form in Python here.
        """
        if "$ref" in schema:
            return self._component(str(schema["$ref"]), where)
        return self._inline(schema, where)

    def is_model(self, name: str) -> bool:
        """Return whether a component becomes a class with fields."""
        schema = self.root["components"]["schemas"][name]
        return schema.get("type") == "object" and "properties" in schema

    def is_form(self, schema: Node) -> bool:
        """Return whether a schema is a model whose fields all fit in a form."""
        fields: Node = self.resolve(schema).get("properties", {})
        kinds = [self.kind(node, name).type for name, node in fields.items()]
        return "$ref" in schema and bool(kinds) and all(set(kind.split(" | ")) & {"str", "int", "float"} for kind in kinds)

    def map_kind(self, schema: Node, where: str) -> Kind | None:
        """Return what a map is in Python, or None when the schema is no map."""
        if schema.get("type") != "object" or "properties" in schema:
            return None
        if not isinstance(schema.get("additionalProperties"), dict):
            raise SpecError(f"{where}: an object has properties, or additionalProperties with a schema")
        item = self._part(schema["additionalProperties"], where)
        dump = "dict({x})" if item.dump == "{x}" else ""
        if item.dump not in ("", "{x}"):
            dump = f"{{{{key: {_nest(item)} for key, item in {{x}}.items()}}}}"
        return Kind(f"dict[str, {item.type}]", f"wire.map_of({item.parse})", dump, item.models)

    def _component(self, reference: str, where: str) -> Kind:
        prefix, _, name = reference.rpartition("/")
        if prefix != "#/components/schemas":
            raise SpecError(f"{where}: {reference} is no schema of components/schemas")
        schema = self.resolve({"$ref": reference})
        cls = class_name(name)
        if "enum" in schema:
            return Kind(f"{cls} | str", f"wire.open_enum({cls})", "str({x})", frozenset({cls}))
        if self.is_model(name):
            return Kind(cls, f"{cls}.from_dict", "{x}.to_dict()", frozenset({cls}))
        found = self.map_kind(schema, where)
        if found is not None:
            return Kind(cls, found.parse, found.dump, found.models | {cls})
        return self._inline(schema, where)

    def _inline(self, schema: Node, where: str) -> Kind:
        if "oneOf" in schema:
            if len(schema["oneOf"]) != 2:
                raise SpecError(f"{where}: a oneOf has two schemas")
            first, second = (self._part(part, where) for part in schema["oneOf"])
            dump = "{x}" if {first.dump, second.dump} <= {"{x}", "list({x})", "dict({x})"} else ""
            return Kind(
                f"{first.type} | {second.type}", f"wire.either({first.parse}, {second.parse})", dump, first.models | second.models
            )
        kind = schema.get("type")
        if isinstance(kind, list) and len(kind) == 2 and "null" in kind:
            (kind,) = (word for word in kind if word != "null")
        if kind == "array":
            item = self._part(schema["items"], where)
            dump = "list({x})" if item.dump == "{x}" else item.dump and f"[{_nest(item)} for item in {{x}}]"
            return Kind(f"list[{item.type}]", f"wire.list_of({item.parse})", dump, item.models)
        if kind == "string" and "format" in schema:
            if schema["format"] in _FORMATS:
                return _FORMATS[schema["format"]]
        elif kind in _SCALARS:
            return _SCALARS[kind]
        elif kind is None:
            return Kind("Any", "wire.anything")
        raise SpecError(f"{where}: no form in Python is known for {schema}")

    def _part(self, schema: Node, where: str) -> Kind:
        kind = self.kind(schema, where)
        if not kind.parse:
            raise SpecError(f"{where}: raw bytes are no part of anything")
        return kind


def _nest(item: Kind) -> str:
    if "for item in" in item.dump or "for key, item in" in item.dump:
        raise SpecError(f"{item.type}: give the inner list or map a model of its own")
    return item.dump.replace("{x}", "item")
