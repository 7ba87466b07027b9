"""What a specification may say, word by word: whatever the generator would not read stops it, with the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from schemas import Document, Node, SpecError
from words import SNAKE_CASE, check_name, check_value, check_words, refuse_circles

METHODS = ("get", "head", "post", "put", "patch", "delete")

# These bind the other side of the wire, or are there for readers: the generated code takes what comes.
_DOCUMENTATION = {"examples", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"}
_SHAPES = {
    "enum": {"type", "enum"},
    "properties": {"type", "properties", "required", "additionalProperties"},
    "additionalProperties": {"type", "additionalProperties"},
    "items": {"type", "items"},
    "oneOf": {"oneOf"},
}
_TYPE_OF = {"enum": "string", "properties": "object", "additionalProperties": "object", "items": "array"}
_COMPONENTS = ("parameters", "headers", "responses", "requestBodies", "schemas", "securitySchemes")
_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_STYLES = {"path": ("simple", False), "query": ("form", True), "header": ("simple", False)}
_OWN_HEADERS = ("accept", "content-type", "authorization")

_PATH = re.compile(r"(/([A-Za-z0-9._~-]|\{[A-Za-z0-9_]+\})*)+")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SCOPE = re.compile(r"([A-Za-z0-9_.:/*,-]|\{[A-Za-z0-9_]+\})+")


def check_vocabulary(document: Document) -> None:
    """Check that a specification says nothing that the generator would not read.

    Args:
        document: The specification.

    Raises:
        SpecError: It does; the message names the place and the word.
    """
    _Reader(document).root()


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.ids: set[str] = set()

    def root(self) -> None:
        root = self.document.root
        check_words(root, "the document", ("openapi", "info", "tags", "paths"), ("servers", "security", "components"))
        if not str(root["openapi"]).startswith("3.1."):
            raise SpecError(f"openapi: this is written in 3.1, not {root['openapi']}")
        check_words(root["info"], "info", ("title", "version", "description"), ("license",))
        for server in root.get("servers", ()):
            check_words(server, "servers", ("url",), ("description",))
            check_value(server, "url", "servers", "/")
        for tag in root["tags"]:
            check_words(tag, "tags", ("name", "description"))
            if not SNAKE_CASE.fullmatch(str(tag["name"])):
                raise SpecError(f"tags, {tag['name']}: a tag is named in snake case")
        self.components(root.get("components", {}))
        self.security(root, "security")
        if any(scopes for choice in root.get("security", ()) for scopes in choice.values()):
            raise SpecError("security: scopes stand on operations")
        for path, item in root["paths"].items():
            if not _PATH.fullmatch(path):
                raise SpecError(f"{path}: this is no path that requests can be made of")
            check_words(item, path, (), ("parameters", *METHODS))
            for method in METHODS:
                if method in item:
                    self.operation(item[method], item, f"{method.upper()} {path}")

    def components(self, components: Node) -> None:
        check_words(components, "components", (), _COMPONENTS)
        for group, nodes in components.items():
            for name, node in nodes.items():
                if isinstance(node, dict) and "$ref" in node:
                    raise SpecError(f"components/{group}/{name}: a component is no reference to another one")
        for name, node in components.get("schemas", {}).items():
            self.schema(node, name, component=True)
        refuse_circles(components.get("schemas", {}))
        for name, node in components.get("parameters", {}).items():
            self.parameter(node, f"components/parameters/{name}")
        for name, node in components.get("headers", {}).items():
            self.header(name, node, f"components/headers/{name}")
        for name, node in components.get("responses", {}).items():
            self.response(node, f"components/responses/{name}", "2XX")
        for name, node in components.get("requestBodies", {}).items():
            self.body(node, f"components/requestBodies/{name}")
        for name, node in components.get("securitySchemes", {}).items():
            check_words(
                node, f"components/securitySchemes/{name}", ("type", "description"), ("scheme", "in", "name", "bearerFormat")
            )

    def operation(self, node: Node, item: Node, where: str) -> None:
        where = str(node.get("operationId") or where) if isinstance(node, dict) else where
        check_words(
            node,
            where,
            ("operationId", "tags", "summary", "description", "externalDocs", "responses"),
            ("security", "parameters", "requestBody", "x-opaque-url"),
        )
        if not SNAKE_CASE.fullmatch(where) or where in self.ids:
            raise SpecError(f"{where}: an operationId is a name of its own, in snake case")
        self.ids.add(where)
        names = [tag["name"] for tag in self.document.root["tags"]]
        if len(node["tags"]) != 1 or node["tags"][0] not in names or where in names:
            raise SpecError(f"{where}: an operation has one tag, which is described, and is not called like a tag")
        check_words(node["externalDocs"], f"{where}, externalDocs", ("description", "url"))
        if "x-opaque-url" in node:
            check_words(node["x-opaque-url"], f"{where}, x-opaque-url", ("name",), ("required",))
            check_value({"required": None} | node["x-opaque-url"], "required", f"{where}, x-opaque-url", True, False)
        self.security(node, where)
        for parameter in (*item.get("parameters", ()), *node.get("parameters", ())):
            self.parameter(self.target(parameter, "parameters", where), where)
        if "requestBody" in node:
            self.body(self.target(node["requestBody"], "requestBodies", where), f"{where}, body")
        for status, response in node["responses"].items():
            if not isinstance(status, str) or not re.fullmatch(r"2[0-9]{2}|[345]([0-9]{2}|XX)", status):
                raise SpecError(f"{where}: {status} is no status; each is documented by its number in quotes, errors also as 5XX")
            self.response(self.target(response, "responses", where), f"{where}, {status}", status)

    def security(self, node: Node, where: str) -> None:
        schemes = self.document.root.get("components", {}).get("securitySchemes", {})
        choices: list[Node] = node.get("security", [])
        if any(len(choice) > 1 for choice in choices) or sum(any(choice.values()) for choice in choices) > 1:
            raise SpecError(f"{where}: security is a choice of single schemes, of which one has scopes")
        for scheme, scopes in ((scheme, scopes) for choice in choices for scheme, scopes in choice.items()):
            if scheme not in schemes or not all(_SCOPE.fullmatch(scope) for scope in scopes):
                raise SpecError(f"{where}: security, {scheme}: no such scheme in components, or no scope that can be asked for")

    def target(self, node: Node, group: str, where: str) -> Node:
        """Return the node, or what it refers to."""
        if not isinstance(node, dict) or "$ref" not in node:
            return node
        check_words(node, f"{where}, {node['$ref']}", ("$ref",), ("description",))
        self.reference(node, group, where)
        return self.document.resolve(node)

    def reference(self, node: Node, group: str, where: str) -> None:
        self.document.resolve(node)
        if str(node["$ref"]).rpartition("/")[0] != f"#/components/{group}":
            raise SpecError(f"{where}: {node['$ref']} is none of components/{group}")

    def parameter(self, node: Node, where: str) -> None:
        allowed = ("required", "style", "explode", "x-python-name", "x-segments")
        check_words(node, where, ("name", "in", "description", "schema"), allowed)
        where = f"{where}, parameter {node['name']}"
        if node["in"] not in _STYLES:
            raise SpecError(f"{where}: a parameter stands in {', '.join(_STYLES)}, not in {node['in']}")
        if node["in"] == "header" and (not _TOKEN.fullmatch(node["name"]) or node["name"].lower() in _OWN_HEADERS):
            raise SpecError(f"{where}: no header of this name can be given by a caller")
        style, explode = _STYLES[node["in"]]
        check_value(node, "style", where, style)
        check_value(node, "explode", where, explode)
        check_value(node, "required", where, *((True,) if node["in"] == "path" else (True, False)))
        check_name(node, where)
        if node["in"] == "path":
            check_words({"required": node.get("required")}, where, ("required",))
        check_value(node, "x-segments", where, *(("many",) if node["in"] == "path" else ()))
        self.schema(node["schema"], where, secret=True, plain=True)

    def header(self, name: str, node: Node, where: str) -> None:
        check_words(node, where, ("description", "schema"), ("required", "x-opaque-url", "x-python-name"))
        if not _TOKEN.fullmatch(name):
            raise SpecError(f"{where}: {name!r} is no name of a header")
        check_value(node, "required", where, True, False)
        check_value(node, "x-opaque-url", where, True)
        check_name(node, where)
        self.schema(node["schema"], where, secret=True, plain=True)

    def response(self, node: Node, where: str, status: str) -> None:
        check_words(node, where, ("description",), ("headers", "content", "x-may-be-empty"))
        check_value(node, "x-may-be-empty", where, *((True,) if status.startswith("2") else ()))
        for name, header in node.get("headers", {}).items():
            place = f"{where}, header {name}"
            self.header(name, self.target(header, "headers", place), place)
        self.content(node.get("content", {}), where)
        for media, one in node.get("content", {}).items():
            # What an exception cannot parse it keeps as bytes, which is in full for text.
            if not status.startswith("2") and media != "application/json" and one["schema"].get("type") != "string":
                raise SpecError(f"{where}, {media}: an error is described as application/json, or as text")

    def body(self, node: Node, where: str) -> None:
        check_words(node, where, ("description", "content"), ("required", "x-raw-body"))
        check_value(node, "required", where, True, False)
        check_value(node, "x-raw-body", where, True)
        self.content(node["content"], where)

    def content(self, content: Node, where: str) -> None:
        for media, node in content.items():
            check_words(node, f"{where}, {media}", ("schema",))
            if not _MEDIA_TYPE.fullmatch(media):
                raise SpecError(f"{where}: {media} is no single media type in lower case, without parameters")
            self.schema(node["schema"], f"{where}, {media}", described=True)

    def schema(
        self,
        node: Any,
        where: str,
        *,
        component: bool = False,
        field: bool = False,
        described: bool = False,
        secret: bool = False,
        plain: bool = False,
    ) -> None:
        """Check a schema.

        Args:
            node: The schema.
            where: Its place.
            component: It stands in `components/schemas`.
            field: It is a property of a model.
            described: Its description is printed.
            secret: `format: password` counts here.
            plain: It stands in a header or URL, where there is no null.
        """
        described = described or component or field
        words = {*(("x-error", "x-python-name") if field else ()), *(("description",) if described else ())}
        if isinstance(node, dict) and "$ref" in node:
            check_words(node, where, ("$ref",), words)
            self.reference(node, "schemas", where)
        else:
            if not isinstance(node, dict):
                raise SpecError(f"{where}: this should be a schema, not {node!r}")
            if not component and ("enum" in node or "properties" in node or node.get("type") == "object"):
                raise SpecError(f"{where}: objects, maps and enumerations stand in components/schemas")
            shape = next((shape for word, shape in _SHAPES.items() if word in node), {"type", "format"})
            check_words(node, where, (), words | shape | _DOCUMENTATION)
            self.type_of(node, where, plain=plain)
        check_value(node, "x-error", where, "code", "message", "detail", "entries")
        check_name(node, where)
        if not (secret or field or component) and self.document.resolve(node).get("format") == "password":
            raise SpecError(f"{where}: a secret stands in a field, a parameter or a header of its own")
        for name, part in node.get("properties", {}).items():
            self.schema(part, f"{where}.{name}", field=True)
        for part in (*_values(node, "items"), *node.get("oneOf", ()), *_values(node, "additionalProperties")):
            self.schema(part, where, described=described and not (component or field), plain=plain)

    def type_of(self, node: Node, where: str, *, plain: bool) -> None:
        kind = node.get("type")
        words = [kind] if isinstance(kind, str) else (kind or [])
        if (
            any(word not in _TYPES for word in words)
            or words.count("null") > 1
            or len(words) - words.count("null") != bool(words)
        ):
            raise SpecError(f"{where}: the type is one of {', '.join(_TYPES[:-1])}, or a list of one of them and 'null'")
        for word, needed in _TYPE_OF.items():
            if (word in node and needed not in words) or (word == "items" and "array" in words and word not in node):
                raise SpecError(f"{where}: {word} and type: {needed} go together")
        if "null" in words and plain:
            raise SpecError(f"{where}: there is no null in URLs and headers")
        if "format" in node and (kind != "string" and "string" not in words):
            raise SpecError(f"{where}: a format is for strings")


def _values(node: Node, word: str) -> Iterator[Any]:
    if isinstance(node.get(word), dict):
        yield node[word]
