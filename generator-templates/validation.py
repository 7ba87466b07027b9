"""Validation of a specification: every keyword that the generator does not support is an error that names its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from examples import KEYWORDS, check_example, check_examples
from keywords import SNAKE_CASE, check_cycles, check_keywords, check_name, check_value
from schemas import Document, Node
from spec_file import SpecError, at, line_of, located

METHODS = ("get", "head", "post", "put", "patch", "delete")

# Keywords that restrict the server or inform readers. The generated code does not check them.
_DOCUMENTATION = {"examples", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"}
_FIELD_EXTENSIONS = ("x-error", "x-python-name", "x-digest", "x-strict", "x-lenient", "x-text-list")
_KEYWORDS_OF_SHAPE = {
    "enum": {"type", "enum"},
    "properties": {"type", "properties", "required", "additionalProperties"},
    "additionalProperties": {"type", "additionalProperties"},
    "items": {"type", "items"},
    "oneOf": {"oneOf"},
}
_TYPE_OF_KEYWORD = {"enum": "string", "properties": "object", "additionalProperties": "object", "items": "array"}
_COMPONENTS = ("parameters", "headers", "responses", "requestBodies", "schemas", "examples", "securitySchemes")
_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_STYLES = {"path": ("simple", False), "query": ("form", True), "header": ("simple", False)}
# Headers that the generated functions set themselves.
_RESERVED_HEADERS = ("accept", "content-type", "authorization")

_PATH = re.compile(r"(/([A-Za-z0-9._~-]|\{[A-Za-z0-9_]+\})*)+")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SCOPE = re.compile(r"([A-Za-z0-9_.:/*,-]|\{[A-Za-z0-9_]+\})+")


def validate(document: Document) -> None:
    """Check that the generator supports everything in a specification.

    Args:
        document: The specification.

    Raises:
        SpecError: A keyword or value is not supported; the message names it and its place.
    """
    _Validator(document).root()


class _Validator:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.ids: set[str] = set()

    def root(self) -> None:
        root = self.document.root
        check_keywords(root, "the document", ("openapi", "info", "tags", "paths"), ("servers", "security", "components"))
        if not str(root["openapi"]).startswith("3.1."):
            raise SpecError(f"openapi: the version must be 3.1, not {root['openapi']}", line=line_of(root, "openapi"))
        check_keywords(root["info"], "info", ("title", "version", "description"), ("contact", "license"))
        for server in root.get("servers", ()):
            check_keywords(server, "servers", ("url",), ("description",))
            check_value(server, "url", "servers", "/")
        for tag in root["tags"]:
            check_keywords(tag, "tags", ("name", "description"))
            if not SNAKE_CASE.fullmatch(str(tag["name"])):
                raise SpecError(f"tags, {tag['name']}: a tag name must be in snake case", line=line_of(tag, "name"))
        self.components(root.get("components", {}))
        self.security(root, "security")
        if any(scopes for choice in root.get("security", ()) for scopes in choice.values()):
            raise SpecError("security: scopes must be on operations", line=line_of(root, "security"))
        for path, item in root["paths"].items():
            if not _PATH.fullmatch(path):
                raise SpecError(f"{path}: this is not a valid path", line=line_of(root["paths"], path))
            check_keywords(item, path, (), ("parameters", *METHODS))
            for method in METHODS:
                if method in item:
                    self.operation(item[method], item, f"{method.upper()} {path}")

    def components(self, components: Node) -> None:
        check_keywords(components, "components", (), _COMPONENTS)
        for group, nodes in components.items():
            for name, node in nodes.items():
                if isinstance(node, dict) and "$ref" in node:
                    raise SpecError(f"components/{group}/{name}: a component must not be a $ref", line=line_of(nodes, name))
        for name, node in components.get("schemas", {}).items():
            self.schema(node, name, component=True)
        check_cycles(components.get("schemas", {}))
        for name, node in components.get("examples", {}).items():
            check_example(node, f"components/examples/{name}")
        for name, node in components.get("parameters", {}).items():
            self.parameter(node, f"components/parameters/{name}")
        for name, node in components.get("headers", {}).items():
            with at(components["headers"], name):
                self.header(name, node, f"components/headers/{name}")
        for name, node in components.get("responses", {}).items():
            self.response(node, f"components/responses/{name}", "2XX")
        for name, node in components.get("requestBodies", {}).items():
            self.body(node, f"components/requestBodies/{name}")
        for name, node in components.get("securitySchemes", {}).items():
            check_keywords(
                node, f"components/securitySchemes/{name}", ("type", "description"), ("scheme", "in", "name", "bearerFormat")
            )

    @located("node")
    def operation(self, node: Node, item: Node, where: str) -> None:
        where = str(node.get("operationId") or where) if isinstance(node, dict) else where
        check_keywords(
            node,
            where,
            ("operationId", "tags", "summary", "description", "externalDocs", "responses"),
            ("security", "parameters", "requestBody", "x-opaque-url"),
        )
        if not SNAKE_CASE.fullmatch(where) or where in self.ids:
            text = f"{where}: an operationId must be unique and in snake case"
            raise SpecError(text, line=line_of(node, "operationId"))
        self.ids.add(where)
        names = [tag["name"] for tag in self.document.root["tags"]]
        if len(node["tags"]) != 1 or node["tags"][0] not in names or where in names:
            text = f"{where}: an operation must have exactly one of the tags, and its id must not be the name of a tag"
            raise SpecError(text, line=line_of(node, "tags"))
        check_keywords(node["externalDocs"], f"{where}, externalDocs", ("description", "url"))
        if "x-opaque-url" in node:
            check_keywords(node["x-opaque-url"], f"{where}, x-opaque-url", ("name",), ("required",))
            check_value({"required": None} | node["x-opaque-url"], "required", f"{where}, x-opaque-url", True, False)
        self.security(node, where)
        for parameter in (*item.get("parameters", ()), *node.get("parameters", ())):
            self.parameter(self.target(parameter, "parameters", where), where)
        if "requestBody" in node:
            self.body(self.target(node["requestBody"], "requestBodies", where), f"{where}, body")
        for status, response in node["responses"].items():
            if not isinstance(status, str) or not re.fullmatch(r"2[0-9]{2}|[345]([0-9]{2}|XX)", status):
                text = f"{where}: {status} is not a status: use a quoted number, or 3XX, 4XX or 5XX"
                raise SpecError(text, line=line_of(node["responses"], status))
            self.response(self.target(response, "responses", where), f"{where}, {status}", status)

    @located("node")
    def security(self, node: Node, where: str) -> None:
        schemes = self.document.root.get("components", {}).get("securitySchemes", {})
        choices: list[Node] = node.get("security", [])
        if any(len(choice) > 1 for choice in choices) or sum(any(choice.values()) for choice in choices) > 1:
            text = f"{where}: every security requirement must name one scheme, and only one of them may have scopes"
            raise SpecError(text, line=line_of(node, "security"))
        for scheme, scopes in ((scheme, scopes) for choice in choices for scheme, scopes in choice.items()):
            if scheme not in schemes or not all(_SCOPE.fullmatch(scope) for scope in scopes):
                text = f"{where}: security, {scheme}: the scheme is not in components, or a scope is invalid"
                raise SpecError(text, line=line_of(node, "security"))

    @located("node")
    def target(self, node: Node, group: str, where: str) -> Node:
        """Return the node, with its `$ref` resolved."""
        if not isinstance(node, dict) or "$ref" not in node:
            return node
        check_keywords(node, f"{where}, {node['$ref']}", ("$ref",), ("description",))
        self.reference(node, group, where)
        return self.document.resolve(node)

    def reference(self, node: Node, group: str, where: str) -> None:
        self.document.resolve(node)
        if str(node["$ref"]).rpartition("/")[0] != f"#/components/{group}":
            raise SpecError(f"{where}: {node['$ref']} is not in components/{group}")

    @located("node")
    def parameter(self, node: Node, where: str) -> None:
        allowed = ("required", "style", "explode", "x-python-name", "x-segments", *KEYWORDS)
        check_keywords(node, where, ("name", "in", "description", "schema"), allowed)
        where = f"{where}, parameter {node['name']}"
        if node["in"] not in _STYLES:
            text = f"{where}: a parameter must be in {', '.join(_STYLES)}, not in {node['in']}"
            raise SpecError(text, line=line_of(node, "in"))
        if node["in"] == "header" and (not _TOKEN.fullmatch(node["name"]) or node["name"].lower() in _RESERVED_HEADERS):
            raise SpecError(f"{where}: callers cannot set a header of this name", line=line_of(node, "name"))
        style, explode = _STYLES[node["in"]]
        check_value(node, "style", where, style)
        check_value(node, "explode", where, explode)
        check_value(node, "required", where, *((True,) if node["in"] == "path" else (True, False)))
        check_name(node, where)
        if node["in"] == "path":
            check_keywords({"required": node.get("required")}, where, ("required",))
        check_value(node, "x-segments", where, *(("many",) if node["in"] == "path" else ()))
        self.schema(node["schema"], where, secret=True, plain=True)
        check_examples(self.document, node, where)

    def header(self, name: str, node: Node, where: str) -> None:
        check_keywords(
            node, where, ("description", "schema"), ("required", "x-needed", "x-opaque-url", "x-python-name", *KEYWORDS)
        )
        if not _TOKEN.fullmatch(name):
            raise SpecError(f"{where}: {name!r} is not a valid header name")
        check_value(node, "required", where, True, False)
        check_value(node, "x-needed", where, True)
        if "x-needed" in node and not node.get("required"):
            raise SpecError(f"{where}: x-needed and required: true must be used together", line=line_of(node, "x-needed"))
        check_value(node, "x-opaque-url", where, True)
        check_name(node, where)
        self.schema(node["schema"], where, secret=True, plain=True)
        check_examples(self.document, node, where)

    @located("node")
    def response(self, node: Node, where: str, status: str) -> None:
        check_keywords(node, where, ("description",), ("headers", "content", "x-may-be-empty"))
        check_value(node, "x-may-be-empty", where, *((True,) if status.startswith("2") else ()))
        for name, header in node.get("headers", {}).items():
            place = f"{where}, header {name}"
            with at(node["headers"], name):
                self.header(name, self.target(header, "headers", place), place)
        self.content(node.get("content", {}), where)
        for media, one in node.get("content", {}).items():
            # Exceptions keep a body that is not JSON as bytes, so no other schema than text can be honoured.
            if not status.startswith("2") and media != "application/json" and one["schema"].get("type") != "string":
                text = f"{where}, {media}: the body of an error must be application/json or text"
                raise SpecError(text, line=line_of(node["content"], media))

    @located("node")
    def body(self, node: Node, where: str) -> None:
        check_keywords(node, where, ("description", "content"), ("required", "x-raw-body"))
        check_value(node, "required", where, True, False)
        check_value(node, "x-raw-body", where, True)
        self.content(node["content"], where)

    def content(self, content: Node, where: str) -> None:
        for media, node in content.items():
            if not _MEDIA_TYPE.fullmatch(media):
                text = f"{where}: {media} must be a single media type in lower case, without parameters"
                raise SpecError(text, line=line_of(content, media))
            check_keywords(node, f"{where}, {media}", ("schema",), KEYWORDS)
            self.schema(node["schema"], f"{where}, {media}", described=True)
            check_examples(self.document, node, f"{where}, {media}")

    @located("node")
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
            where: The place of the schema, for error messages.
            component: Whether the schema is in `components/schemas`.
            field: Whether the schema is a property of a model.
            described: Whether the schema may have a description, which is then printed.
            secret: Whether `format: password` is supported here.
            plain: Whether the value is in a header or URL, where null is not possible.
        """
        described = described or component or field
        keywords = {*(_FIELD_EXTENSIONS if field else ()), *(("description",) if described else ())}
        if isinstance(node, dict) and "$ref" in node:
            check_keywords(node, where, ("$ref",), keywords)
            self.reference(node, "schemas", where)
        else:
            if not isinstance(node, dict):
                raise SpecError(f"{where}: this must be a schema, not {node!r}")
            if not component and ("enum" in node or "properties" in node or node.get("type") == "object"):
                raise SpecError(f"{where}: objects, maps and enumerations must be in components/schemas")
            shape = next((shape for keyword, shape in _KEYWORDS_OF_SHAPE.items() if keyword in node), {"type", "format"})
            if component and "properties" in node:
                keywords |= {"x-frozen", "x-self-property"}
            check_keywords(node, where, (), keywords | shape | _DOCUMENTATION)
            self.schema_type(node, where, plain=plain)
        check_value(node, "x-error", where, "code", "message", "detail", "entries")
        check_value(node, "x-frozen", where, True)
        check_value(node, "x-digest", where, *((True,) if node.get("type") == "string" and "format" not in node else ()))
        for keyword in ("x-strict", "x-lenient"):
            check_value(node, keyword, where, True)
        is_text_list = node.get("type") == "array" and node.get("items") == {"type": "string"}
        check_value(node, "x-text-list", where, *((True,) if is_text_list else ()))
        if "x-self-property" in node and not SNAKE_CASE.fullmatch(str(node["x-self-property"])):
            text = f"{where}: x-self-property must be in snake case, not {node['x-self-property']!r}"
            raise SpecError(text, line=line_of(node, "x-self-property"))
        check_name(node, where)
        if not (secret or field or component) and self.document.resolve(node).get("format") == "password":
            raise SpecError(f"{where}: format: password is supported only for a property, a parameter or a header")
        for name, part in node.get("properties", {}).items():
            with at(node["properties"], name):
                self.schema(part, f"{where}.{name}", field=True)
        for part in (*_values(node, "items"), *node.get("oneOf", ()), *_values(node, "additionalProperties")):
            self.schema(part, where, described=described and not (component or field), plain=plain)

    @located("node")
    def schema_type(self, node: Node, where: str, *, plain: bool) -> None:
        kind = node.get("type")
        types = [kind] if isinstance(kind, str) else (kind or [])
        if (
            any(name not in _TYPES for name in types)
            or types.count("null") > 1
            or len(types) - types.count("null") != bool(types)
        ):
            raise SpecError(f"{where}: the type must be one of {', '.join(_TYPES[:-1])}, or a list of one of them and 'null'")
        for keyword, needed in _TYPE_OF_KEYWORD.items():
            if (keyword in node and needed not in types) or (keyword == "items" and "array" in types and keyword not in node):
                raise SpecError(f"{where}: {keyword} and type: {needed} must be used together")
        if "null" in types and plain:
            raise SpecError(f"{where}: null is not possible in URLs and headers")
        if "format" in node and (kind != "string" and "string" not in types):
            raise SpecError(f"{where}: format requires type: string")


def _values(node: Node, keyword: str) -> Iterator[Any]:
    if isinstance(node.get(keyword), dict):
        yield node[keyword]
