"""Operations as the templates print them: arguments, request, successes and errors."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Literal

from attrs import frozen
from schemas import Document, Kind, Node, SpecError, class_name, python_name

_RESPONSE_NAMES = {"status", "headers", "media_type", "body", "raw"}
_ARGUMENT_NAMES = {"client", "timeout", "body", "content_type", "accept"}
_MODULE_NAMES = {"wire", "request", "parse", "sync", "asyncio", "stream", "asyncio_stream", "response", "status"}
_IN_BRACES = re.compile(r"\{([^}]+)\}")

Location = Literal["path", "query", "header", "url"]


@frozen(kw_only=True)
class ParameterView:
    """An argument of an operation."""

    name: str
    wire_name: str
    location: Location
    type: str
    required: bool
    many: bool
    description: str


@frozen(kw_only=True)
class BodyView:
    """The body that an operation takes."""

    kind: Literal["raw", "json", "form"]
    type: str
    dump: str
    media_types: tuple[str, ...]
    required: bool
    description: str


@frozen(kw_only=True)
class HeaderView:
    """A documented response header."""

    name: str
    wire_name: str
    type: str
    read: str
    required: bool
    secret: bool
    description: str


@frozen(kw_only=True)
class SuccessView:
    """A success of an operation: one status, or several that mean the same."""

    name: str
    statuses: tuple[str, ...]
    description: str
    headers: tuple[HeaderView, ...]
    kind: Literal["none", "binary", "json", "text"]
    type: str
    media_types: dict[str, Kind]


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
    repo: str | None
    models: tuple[str, ...]

    @property
    def class_name(self) -> str:
        """The operation's name as classes begin with it."""
        return class_name(self.id)

    @property
    def streams(self) -> bool:
        """Whether the successes are raw bytes, and so streamed."""
        return all(success.kind == "binary" for success in self.successes)

    @property
    def accept(self) -> tuple[str, ...]:
        """The media types that the successes may have."""
        return tuple(dict.fromkeys(media for success in self.successes for media in success.media_types))

    def located(self, location: Location) -> tuple[ParameterView, ...]:
        """Return the parameters that go to one place."""
        return tuple(parameter for parameter in self.parameters if parameter.location == location)


def operation_view(document: Document, method: str, path: str, item: Node, node: Node) -> OperationView:
    """Return what the templates print for an operation.

    Args:
        document: The specification.
        method: The HTTP method in lower case.
        path: The path.
        item: The path's node, with what its operations share.
        node: The operation's node.

    Raises:
        SpecError: Something in it cannot be expressed in full.
    """
    where = str(node.get("operationId") or f"{method} {path}")
    for needed in ("operationId", "summary", "description", "externalDocs", "responses"):
        if needed not in node:
            raise SpecError(f"{where}: {needed} is missing")
    if len(node.get("tags", ())) != 1:
        raise SpecError(f"{where}: an operation has one tag")
    opaque_node = node.get("x-opaque-url")
    nodes = [document.resolve(parameter) for parameter in (*item.get("parameters", ()), *node.get("parameters", ()))]
    scopes = tuple(scope for choice in node.get("security", ()) for names in choice.values() for scope in names)
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
            description="The URL that the server gave, followed as it is.",
        )
        if opaque.required:  # it takes the place of what no scope names
            named = {name for scope in scopes for name in _IN_BRACES.findall(scope)}
            nodes = [one for one in nodes if one["in"] != "path" or one["name"] in named]
    parameters = [_parameter(document, one, where, taken) for one in nodes]
    in_path = set(_IN_BRACES.findall(path))
    if opaque is None and {one.wire_name for one in parameters if one.location == "path"} != in_path:
        raise SpecError(f"{where}: the parameters and the path {path} do not agree")
    names = {one.wire_name: one.name for one in parameters}
    many = [one.name for one in parameters if one.many]
    body, body_models = _body(document, node.get("requestBody"), where)
    successes, errors, error_models, models = _responses(document, node, where)
    if any(one.kind == "binary" for one in successes) and not all(one.kind == "binary" for one in successes):
        raise SpecError(f"{where}: successes are all raw bytes, or none is")
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
        scopes=tuple(_scope(scope, names, {one.name for one in parameters if one.required}, where) for scope in scopes),
        repo=many[0] if many else None,
        models=tuple(sorted(models | body_models | ({error_models} if error_models else set()))),
    )


def _scope(scope: str, names: dict[str, str], required: set[str], where: str) -> str:
    """Return the scope as a Python expression, None where a parameter in it is not given."""
    used = _IN_BRACES.findall(scope)
    if set(used) - set(names):
        raise SpecError(f"{where}: the scope {scope} names no parameter")
    code = _IN_BRACES.sub(lambda match: f"{{{names[match[1]]}}}", scope)
    optional = [names[name] for name in used if names[name] not in required]
    text = f'f"{code}"' if used else f'"{code}"'
    return f"{text} if {' and '.join(f'{name} is not None' for name in optional)} else None" if optional else text


def _parameter(document: Document, node: Node, where: str, taken: set[str]) -> ParameterView:
    place = f"{where}, parameter {node['name']}"
    kind = document.kind(node["schema"], place)
    location = node["in"]
    allowed = {"path": {"str"}, "query": {"str", "int", "bool", "list[str]"}, "header": {"str", "int", "bool"}}
    if kind.type not in allowed.get(location, set()):
        raise SpecError(f"{place}: a parameter in {location} cannot be {kind.type}")
    if not node.get("description"):
        raise SpecError(f"{place}: a description is missing")
    return ParameterView(
        name=python_name(node["name"], node, taken),
        wire_name=node["name"],
        location=location,
        type=kind.type,
        required=bool(node.get("required")),
        many=node.get("x-segments") == "many",
        description=node["description"].strip(),
    )


def _body(document: Document, node: Node | None, where: str) -> tuple[BodyView | None, set[str]]:
    if node is None:
        return None, set()
    node = document.resolve(node)
    media_types = tuple(node["content"])
    schemas = [media["schema"] for media in node["content"].values()]
    binary = all(document.resolve(schema).get("format") == "binary" for schema in schemas)
    shape: Literal["raw", "json", "form"]
    if node.get("x-raw-body") or binary:
        shape, kind = "raw", Kind("wire.AsyncRawBody", "")
    elif len(media_types) != 1:
        raise SpecError(f"{where}: a body of several media types is raw (x-raw-body)")
    else:
        shape = "form" if media_types[0] == "application/x-www-form-urlencoded" else "json"
        kind = document.kind(schemas[0], f"{where}, body")
        if not kind.dump or (shape == "form" and not kind.type.isidentifier()):
            raise SpecError(f"{where}: no form in Python is known for the body")
    if not node.get("description"):
        raise SpecError(f"{where}, body: a description is missing")
    return BodyView(
        kind=shape,
        type=kind.type,
        dump=kind.dump.replace("{x}", "body").replace("{{", "{").replace("}}", "}"),
        media_types=media_types,
        required=bool(node.get("required")),
        description=node["description"].strip(),
    ), set(kind.models)


def _responses(
    document: Document, node: Node, where: str
) -> tuple[tuple[SuccessView, ...], tuple[tuple[str, str], ...], str | None, set[str]]:
    successes: dict[str, tuple[list[str], Node]] = {}
    errors: list[tuple[str, str]] = []
    error_models: set[str] = set()
    for status, reference in node["responses"].items():
        if not re.fullmatch(r"[1-5]([0-9]{2}|XX)", status):
            raise SpecError(f"{where}: {status} is no status; every status is documented by its number, or as 5XX")
        response = document.resolve(reference)
        if status.startswith("2"):
            successes.setdefault(reference.get("$ref", status), ([], response))[0].append(status)
            continue
        errors.append((status, " ".join(response["description"].split())))
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            error_models.add(document.kind(schema, f"{where}, {status}").type)
    if not successes or len(error_models) > 1:
        raise SpecError(f"{where}: an operation has a success, and one model for its errors")
    views = tuple(_success(document, statuses, response, where) for statuses, response in successes.values())
    models = {model for view in views for kind in view.media_types.values() for model in kind.models}
    return views, tuple(errors), next(iter(error_models), None), models


def _success(document: Document, statuses: list[str], response: Node, where: str) -> SuccessView:
    place = f"{where}, {statuses[0]}"
    content = response.get("content", {})
    kinds = {media: document.kind(node["schema"], f"{place}, {media}") for media, node in content.items()}
    shape: Literal["none", "binary", "json", "text"] = "none"
    if kinds and all(kind.type == "bytes" for kind in kinds.values()):
        shape = "binary"
    elif kinds and all(media.startswith("text/") for media in kinds):
        shape = "text"
    elif kinds:
        shape = "json"
        if any(not kind.parse or media.startswith("text/") for media, kind in kinds.items()):
            raise SpecError(f"{place}: JSON does not mix with other bodies")
    types = {"none": "None", "binary": "BodyT", "text": "str"}
    words = "".join(word.capitalize() for word in HTTPStatus(int(statuses[0])).phrase.split())
    taken = set(_RESPONSE_NAMES)
    return SuccessView(
        name=f"{class_name(where)}{words}",
        statuses=tuple(statuses),
        description=response["description"].strip(),
        headers=tuple(
            _header(document, name, document.resolve(node), f"{place}, header {name}", taken)
            for name, node in response.get("headers", {}).items()
        ),
        kind=shape,
        type=types.get(shape) or " | ".join(dict.fromkeys(kind.type for kind in kinds.values())),
        media_types=kinds,
    )


def _header(document: Document, name: str, node: dict[str, Any], place: str, taken: set[str]) -> HeaderView:
    kind = document.kind(node["schema"], place)
    readers = {"str": "text_header", "int": "integer_header", "bool": "boolean_header", "list[str]": "list_header"}
    if kind.type not in readers:
        raise SpecError(f"{place}: a header cannot be {kind.type}")
    if not node.get("description"):
        raise SpecError(f"{place}: a description is missing")
    opaque = bool(node.get("x-opaque-url"))
    if opaque and name.lower() == "link":
        read = "wire.next_link(response)"
    else:
        read = f'wire.{"url_header" if opaque else readers[kind.type]}(response, "{name}")'
    return HeaderView(
        name=python_name(name, node, taken),
        wire_name=name,
        type=kind.type,
        read=read,
        required=bool(node.get("required")),
        secret=opaque or document.resolve(node["schema"]).get("format") == "password",
        description=node["description"].strip(),
    )
