"""The operations for the templates: arguments, request body, successes and errors."""

from __future__ import annotations

import re
from typing import Literal

from attrs import frozen
from examples import with_example
from prose import sentence
from responses import JSON, SuccessView, response_views
from schemas import Document, Node, PythonType, class_name, notes, python_name
from spec_file import SpecError, at, line_of, located

_ARGUMENT_NAMES = {"client", "timeout", "deadline", "body", "content_type", "accept"}
_MODULE_NAMES = {"wire", "request", "parse", "sync", "asyncio", "stream", "asyncio_stream", "response", "url", "frozenset"}
_FORM = "application/x-www-form-urlencoded"
_IN_BRACES = re.compile(r"\{([^}]+)\}")

Location = Literal["path", "query", "header", "url"]


@frozen(kw_only=True)
class ParameterView:
    """An argument of an operation.

    The class has the same fields as `Parameter` in `_core/wire/operations.py` of the package. `Parameter` is not imported,
    because the generator must also run while the package cannot be imported.
    """

    name: str
    wire_name: str
    location: Location
    type: str
    required: bool
    many: bool
    description: str


@frozen(kw_only=True)
class BodyView:
    """The request body of an operation."""

    kind: Literal["raw", "json", "form"]
    type: str
    dump: str
    media_types: tuple[str, ...]
    required: bool
    description: str
    example: str


@frozen(kw_only=True)
class OperationView:
    """An operation."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    source: str
    source_url: str
    parameters: tuple[ParameterView, ...]
    opaque: ParameterView | None
    body: BodyView | None
    successes: tuple[SuccessView, ...]
    errors: tuple[tuple[str, str], ...]
    error_model: str | None
    scopes: tuple[str, ...]
    scoped: tuple[str, ...]
    repo: str | None
    models: tuple[str, ...]
    body_models: tuple[str, ...]

    @property
    def class_name(self) -> str:
        """Return the operation id in PascalCase, with which the names of the operation's classes start."""
        return class_name(self.id)

    @property
    def streams(self) -> bool:
        """Return whether the bodies of the successes are raw bytes, which are streamed."""
        return all(success.kind == "binary" for success in self.successes)

    @property
    def other_success(self) -> SuccessView | None:
        """Return the success that a 2xx status is which the specification does not list; None if such a status is an error.

        A success without a body says that the request was carried out, with every 2xx status. If there are several, another
        status is the one with a header that the client needs, without which it is an error. A body counts with every 2xx status
        that may have a whole body. A range has the status 206 only.
        """
        whole = [one for one in self.successes if one.statuses != ("206",)]
        if len(whole) > 1 and all(one.kind == "none" for one in whole):
            whole = [one for one in whole if any(header.required for header in one.headers)]
        return whole[0] if len(whole) == 1 else None

    @property
    def all_successes(self) -> str | None:
        """Return the name in `wire` of all statuses that are a success; None if only the documented ones are."""
        if self.other_success is None:
            return None
        if self.other_success.kind == "none":
            return "ANY_SUCCESS"
        return "DOCUMENT_SUCCESS" if len(self.successes) == 1 else "RANGE_SUCCESS"

    @property
    def accept(self) -> tuple[str, ...]:
        """Return the documented media types of the successes."""
        return tuple(dict.fromkeys(media for success in self.successes for media in success.media_types))

    def located(self, location: Location) -> tuple[ParameterView, ...]:
        """Return the parameters in one location of the request."""
        return tuple(parameter for parameter in self.parameters if parameter.location == location)


@located("node")
def operation_view(document: Document, method: str, path: str, item: Node, node: Node) -> OperationView:
    """Return the values that the templates print for an operation.

    Args:
        document: The specification.
        method: The HTTP method in lower case.
        path: The path, with its parameters in braces.
        item: The node of the path, with the parameters that its operations share.
        node: The node of the operation.

    Raises:
        SpecError: The operation is not supported.
    """
    where: str = node["operationId"]
    opaque_node = node.get("x-opaque-url")
    nodes = [document.resolve(parameter) for parameter in (*item.get("parameters", ()), *node.get("parameters", ()))]
    scopes = tuple(scope for choice in node.get("security", ()) for names in choice.values() for scope in names)
    in_path = sorted(_IN_BRACES.findall(path))
    if sorted(one["name"] for one in nodes if one["in"] == "path") != in_path:
        raise SpecError(f"{where}: the path parameters do not match the path {path}")
    taken = _ARGUMENT_NAMES | _MODULE_NAMES
    opaque = None
    if opaque_node is not None:
        opaque = ParameterView(
            name=python_name(opaque_node["name"], {}, taken),
            wire_name=opaque_node["name"],
            location="url",
            type="str",
            required=bool(opaque_node["required"]),
            many=False,
            description="The URL that the server gave, used verbatim.",
        )
        if opaque.required:  # the URL replaces the path parameters, except those in a scope
            named = {name for scope in scopes for name in _IN_BRACES.findall(scope)}
            nodes = [one for one in nodes if one["in"] != "path" or one["name"] in named]
    parameters = [_parameter(document, one, where, taken) for one in nodes]
    if opaque is not None and not opaque.required and any(one.required for one in parameters if one.location == "query"):
        raise SpecError(f"{where}: no query parameter may be required beside an optional opaque URL, which has its own query")
    many = [one.name for one in parameters if one.many]
    with at(node, "requestBody"):
        body, body_models = _body(document, node.get("requestBody"), where)
    successes, errors, error_models, models = response_views(document, node, where, head=method == "head")
    if any(one.kind == "binary" for one in successes) and not all(one.kind == "binary" for one in successes):
        raise SpecError(f"{where}: either all successes or no success must have a body of raw bytes")
    return OperationView(
        id=where,
        tag=node["tags"][0],
        method=method.upper(),
        path=path,
        summary=node["summary"].strip(),
        description=node["description"].strip(),
        source=node["externalDocs"]["description"],
        source_url=node["externalDocs"]["url"],
        parameters=tuple(sorted(parameters, key=lambda one: one.location != "path")),
        opaque=opaque,
        body=body,
        successes=successes,
        errors=errors,
        error_model=error_models,
        scopes=tuple(_scope(scope, parameters, where, line_of(node, "security")) for scope in scopes),
        scoped=tuple(one.name for one in parameters if one.location != "path" and f"{{{one.wire_name}}}" in "".join(scopes)),
        repo=many[0] if many else None,
        models=tuple(sorted((models | ({error_models} if error_models else set())) - body_models)),
        body_models=tuple(sorted(body_models)),
    )


def _scope(scope: str, arguments: list[ParameterView], where: str, line: int | None) -> str:
    """Return a scope as a Python expression, which is None if a parameter of the scope is None."""
    parameters = {one.wire_name: one for one in arguments}
    used = _IN_BRACES.findall(scope)
    if any(name not in parameters or parameters[name].type != "str" for name in used):
        text = f"{where}: every parameter in the scope {scope} must be a string parameter of the operation"
        raise SpecError(text, line=line)
    code = _IN_BRACES.sub(lambda match: f"{{{parameters[match[1]].name}}}", scope)
    optional = [parameters[name].name for name in used if not parameters[name].required]
    text = f'f"{code}"' if used else f'"{code}"'
    return f"{text} if {' and '.join(f'{name} is not None' for name in optional)} else None" if optional else text


@located("node")
def _parameter(document: Document, node: Node, where: str, taken: set[str]) -> ParameterView:
    place = f"{where}, parameter {node['name']}"
    kind = document.python_type(node["schema"], place)
    location = node["in"]
    allowed = {"path": {"str"}, "query": {"str", "int", "bool", "datetime", "list[str]"}, "header": {"str", "int", "bool"}}
    if kind.type not in allowed.get(location, set()):
        raise SpecError(f"{place}: a parameter in {location} cannot be {kind.type}")
    return ParameterView(
        name=python_name(node["name"], node, taken),
        wire_name=node["name"],
        location=location,
        type=kind.type,
        required=bool(node.get("required")),
        many=node.get("x-segments") == "many",
        description=with_example(node["description"].strip(), document, node),
    )


def _body(document: Document, node: Node | None, where: str) -> tuple[BodyView | None, set[str]]:
    if node is None:
        return None, set()
    node = document.resolve(node)
    media_types = tuple(node["content"])
    schemas = [media["schema"] for media in node["content"].values()]
    kinds = [document.python_type(schema, f"{where}, body") for schema in schemas]
    shape: Literal["raw", "json", "form"]
    if node.get("x-raw-body") or all(kind.type == "bytes" for kind in kinds):
        shape, kind = "raw", PythonType("wire.AsyncRawBody", "")
    elif len(media_types) != 1:
        raise SpecError(f"{where}: a body with several media types must be raw (x-raw-body)")
    else:
        shape, kind = ("form" if media_types[0] == _FORM else "json"), kinds[0]
        if not kind.dump or not (shape == "form" or media_types[0].endswith(JSON)):
            raise SpecError(f"{where}: a body of {media_types[0]} with this schema is not supported")
        if shape == "form" and not document.is_form(schemas[0]):
            raise SpecError(f"{where}: the schema of a form must be a model of strings and numbers")
    return BodyView(
        kind=shape,
        type=kind.type,
        dump=kind.dump.replace("{x}", "body").replace("{{", "{").replace("}}", "}"),
        media_types=media_types,
        required=bool(node.get("required")),
        description=" ".join([sentence(node["description"]), *filter(None, map(notes, schemas))]),
        example=with_example("", document, next(iter(node["content"].values()))) if kinds[0].type != "bytes" else "",
    ), set(kind.models)
