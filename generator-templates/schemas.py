"""Schemas as Python code: the type of a value, the code that parses it from JSON, and the code that writes it as JSON."""

from __future__ import annotations

import keyword
import re
from typing import Any

from attrs import Factory, field, frozen
from prose import sentence
from spec_file import Located, SpecError, located

Node = dict[str, Any]

# Names that generated classes use; a class attribute of the same name would hide them.
_TYPE_NAMES = frozenset({"str", "int", "float", "bool", "bytes", "list", "dict", "datetime", "wire", "field", "optional"})


@frozen
class PythonType:
    """The Python type of a schema, with the code that parses and writes its values.

    Attributes:
        type: The type, as code.
        parse: A callable that converts a value of parsed JSON, as code; empty if values are not JSON.
        dump: An expression that converts `{x}` to JSON, as code; empty if values cannot be written as JSON.
        models: The generated classes that the code uses.
        whole: Like `parse`, but invalid items of lists and maps raise an exception.
    """

    type: str
    parse: str
    dump: str = "{x}"
    models: frozenset[str] = frozenset()
    whole: str = field(default=Factory(lambda self: self.parse, takes_self=True))


_SCALARS = {
    "string": PythonType("str", "wire.string"),
    "integer": PythonType("int", "wire.integer"),
    "number": PythonType("float", "wire.number"),
    "boolean": PythonType("bool", "wire.boolean"),
}
_FORMATS = {
    "date-time": PythonType("datetime", "wire.timestamp", "wire.format_timestamp({x})"),
    "binary": PythonType("bytes", "", ""),
    "password": _SCALARS["string"],
}

DIGEST = PythonType("Digest", "wire.digest", "str({x})")
"""The type of a property with `x-digest`."""

TEXT_LIST = PythonType("list[str]", "wire.text_list", "list({x})")
"""The type of a property with `x-text-list`."""


def python_name(wire_name: str, node: Node, taken: set[str]) -> str:
    """Return the Python name of a parameter, header or property.

    Args:
        wire_name: The name in requests and responses, such as `If-None-Match`.
        node: The node of the parameter, header or property, which may have `x-python-name`.
        taken: The names that are in use; the new name is added to them.

    Raises:
        SpecError: The name is in use, or is not a Python name.
    """
    name = node.get("x-python-name")
    if name is None:
        name = re.sub(r"[^A-Za-z0-9]+", "_", wire_name).strip("_")
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
        name = f"{name}_" if keyword.iskeyword(name) else name
    if not name.isidentifier() or keyword.iskeyword(name) or name in taken | _TYPE_NAMES:
        raise SpecError(f"{wire_name}: {name!r} cannot be used as its Python name; set x-python-name")
    taken.add(name)
    return str(name)


def class_name(name: str) -> str:
    """Return the class name of a component or an operation.

    Args:
        name: The name of the component, or the id of the operation.
    """
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name))


def notes(schema: Node) -> str:
    """Return the descriptions of a schema and of its inline parts as one text; empty if there are no descriptions.

    Args:
        schema: The schema.
    """
    parts = [schema, *schema.get("oneOf", ()), *([schema["items"]] if "items" in schema else [])]
    texts = [str(parts[0].get("description", "")), *(notes(part) for part in parts[1:])]
    return " ".join(sentence(text) for text in texts if text)


class Document:
    """A specification that resolves its `$ref`s on demand.

    Args:
        root: The parsed YAML.
    """

    def __init__(self, root: Node) -> None:
        self.root = root

    @located("node")
    def resolve(self, node: Node) -> Node:
        """Return the node, with its `$ref`, if any, replaced by the keywords of the target.

        A keyword beside `$ref` replaces the same keyword of the target.

        Raises:
            SpecError: The target does not exist.
        """
        while "$ref" in node:
            target: Any = self.root
            for step in str(node["$ref"]).removeprefix("#/").split("/"):
                if not isinstance(target, dict) or step not in target:
                    raise SpecError(f"{node['$ref']} does not exist")
                target = target[step]
            if isinstance(target, Located):
                node = target.with_keywords(node)
            else:
                node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    def schema_names(self) -> list[str]:
        """Return the names of `components/schemas`."""
        return list(self.root.get("components", {}).get("schemas", {}))

    @located("schema")
    def python_type(self, schema: Node, where: str) -> PythonType:
        """Return the Python type of a schema.

        Args:
            schema: The schema, or a `$ref`.
            where: The place of the schema, for error messages.

        Raises:
            SpecError: The schema is not supported.
        """
        if "$ref" in schema:
            return self._component(str(schema["$ref"]), where)
        return self._inline(schema, where)

    def is_model(self, name: str) -> bool:
        """Return whether a component is an object with properties, which becomes a class with fields."""
        schema = self.root["components"]["schemas"][name]
        return schema.get("type") == "object" and "properties" in schema

    def is_form(self, schema: Node) -> bool:
        """Return whether a schema is a model that can be sent as a form: every field is a string or a number."""
        fields: Node = self.resolve(schema).get("properties", {})
        types = [self.python_type(node, name).type for name, node in fields.items()]
        return "$ref" in schema and bool(types) and all(set(one.split(" | ")) & {"str", "int", "float"} for one in types)

    @located("schema")
    def map_type(self, schema: Node, where: str) -> PythonType | None:
        """Return the Python type of a map, or None if the schema is not a map (an object without properties)."""
        if schema.get("type") != "object" or "properties" in schema:
            return None
        if not isinstance(schema.get("additionalProperties"), dict):
            raise SpecError(f"{where}: an object must have properties, or additionalProperties with a schema")
        item = self._part(schema["additionalProperties"], where)
        dump = "dict({x})" if item.dump == "{x}" else ""
        if item.dump not in ("", "{x}"):
            dump = f"{{{{key: {_nest(item)} for key, item in {{x}}.items()}}}}"
        whole = f"wire.map_of({item.whole}, whole=True)"
        return PythonType(f"dict[str, {item.type}]", f"wire.map_of({item.parse})", dump, item.models, whole)

    def _component(self, reference: str, where: str) -> PythonType:
        prefix, _, name = reference.rpartition("/")
        if prefix != "#/components/schemas":
            raise SpecError(f"{where}: {reference} is not in components/schemas")
        schema = self.resolve({"$ref": reference})
        cls = class_name(name)
        if "enum" in schema:
            return PythonType(f"{cls} | str", f"wire.open_enum({cls})", "str({x})", frozenset({cls}))
        if self.is_model(name):
            return PythonType(cls, f"{cls}._parse", "{x}.to_dict()", frozenset({cls}))
        found = self.map_type(schema, where)
        if found is not None:
            return PythonType(cls, found.parse, found.dump, found.models | {cls}, found.whole)
        return self._inline(schema, where)

    def _inline(self, schema: Node, where: str) -> PythonType:
        if "oneOf" in schema:
            if len(schema["oneOf"]) != 2:
                raise SpecError(f"{where}: oneOf must have two schemas")
            first, second = (self._part(part, where) for part in schema["oneOf"])
            dump = "{x}" if {first.dump, second.dump} <= {"{x}", "list({x})", "dict({x})"} else ""
            # A list without its invalid items, such as a command, would be neither of the two.
            parse = f"wire.either({first.whole}, {second.whole})"
            return PythonType(f"{first.type} | {second.type}", parse, dump, first.models | second.models)
        kind = schema.get("type")
        if isinstance(kind, list) and len(kind) == 2 and "null" in kind:
            (kind,) = (word for word in kind if word != "null")
        if kind == "array":
            item = self._part(schema["items"], where)
            dump = "list({x})" if item.dump == "{x}" else item.dump and f"[{_nest(item)} for item in {{x}}]"
            whole = f"wire.list_of({item.whole}, whole=True)"
            return PythonType(f"list[{item.type}]", f"wire.list_of({item.parse})", dump, item.models, whole)
        if kind == "string" and "format" in schema:
            if schema["format"] in _FORMATS:
                return _FORMATS[schema["format"]]
        elif kind in _SCALARS:
            return _SCALARS[kind]
        elif kind is None:
            return PythonType("Any", "wire.anything")
        raise SpecError(f"{where}: no Python type is known for {schema}")

    def _part(self, schema: Node, where: str) -> PythonType:
        python_type = self.python_type(schema, where)
        if not python_type.parse:
            raise SpecError(f"{where}: raw bytes cannot be part of another schema")
        return python_type


def _nest(item: PythonType) -> str:
    if "for item in" in item.dump or "for key, item in" in item.dump:
        raise SpecError(
            f"{item.type}: a list or map of this type is not supported; use a model in place of the inner list or map"
        )
    return item.dump.replace("{x}", "item")
