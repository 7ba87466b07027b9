"""The responses of an operation for the templates: a class for each success, and the documented errors."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Literal

from attrs import frozen
from examples import with_example
from prose import sentence
from schemas import Document, Node, PythonType, class_name, notes, python_name
from spec_file import SpecError, at, line_of, located

# The last one is the suffix of signed schema 1 manifests, which are JSON.
JSON = ("/json", "+json", "+prettyjws")
_RESPONSE_NAMES = {"status", "headers", "media_type", "body", "raw"}
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


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
    """A success of an operation, for one status or for several statuses that share a response."""

    name: str
    statuses: tuple[str, ...]
    description: str
    headers: tuple[HeaderView, ...]
    kind: Literal["none", "binary", "json", "text"]
    type: str
    media_types: dict[str, PythonType]
    may_be_empty: bool

    @property
    def names_models(self) -> bool:
        """Return whether the type of the body uses generated classes."""
        return self.kind == "json" and any(kind.models for kind in self.media_types.values())


def response_views(
    document: Document, node: Node, where: str, *, head: bool
) -> tuple[tuple[SuccessView, ...], tuple[tuple[str, str], ...], str | None, set[str]]:
    """Return the successes of an operation, its errors, the model of error bodies, and the models of the success bodies.

    Args:
        document: The specification.
        node: The node of the operation.
        where: The id of the operation, for error messages.
        head: Whether the method is HEAD, whose responses have no body.

    Raises:
        SpecError: A response is not supported.
    """
    successes: dict[str, tuple[list[str], Node]] = {}
    errors: list[tuple[str, str]] = []
    error_models: set[str] = set()
    for status, reference in node["responses"].items():
        with at(node["responses"], status):
            response = document.resolve(reference)
        if status.startswith("2"):
            same = repr(sorted(reference.items())) if "$ref" in reference else status
            successes.setdefault(same, ([], response))[0].append(status)
            continue
        errors.append((status, " ".join(response["description"].split())))
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            error_models.add(document.python_type(schema, f"{where}, {status}").type)
    if not successes or len(error_models) > 1:
        text = f"{where}: an operation must have a success, and at most one model for its errors"
        raise SpecError(text, line=line_of(node, "responses"))
    views = tuple(_success(document, statuses, response, where, head=head) for statuses, response in successes.values())
    models = {model for view in views for kind in view.media_types.values() for model in kind.models}
    return views, tuple(errors), next(iter(error_models), None), models


@located("response")
def _success(document: Document, statuses: list[str], response: Node, where: str, *, head: bool) -> SuccessView:
    place = f"{where}, {statuses[0]}"
    content = response.get("content", {})
    schemas = [node["schema"] for node in content.values()]
    kinds = {media: document.python_type(node["schema"], f"{place}, {media}") for media, node in content.items()}
    shape: Literal["none", "binary", "json", "text"] = "none"
    if head:
        pass  # the documented content is that of GET
    elif kinds and all(kind.type == "bytes" for kind in kinds.values()):
        shape = "binary"
    elif kinds and all(media.startswith("text/") and kind.type == "str" for media, kind in kinds.items()):
        shape = "text"
    elif kinds:
        shape = "json"
        if any(not kind.parse or not media.endswith(JSON) for media, kind in kinds.items()):
            raise SpecError(f"{place}: the bodies of one status must all be JSON, all text or all raw bytes")
    named = [kind.type for kind in kinds.values()] + (["None"] if response.get("x-may-be-empty") else [])
    types = {"none": "None", "binary": "BodyT", "text": "str"}
    if int(statuses[0]) not in _PHRASES:
        raise SpecError(f"{place}: the status of a success must be registered with a phrase, which names its class")
    words = "".join(word.capitalize() for word in re.findall("[A-Za-z]+", _PHRASES[int(statuses[0])]))
    may_be_empty = bool(response.get("x-may-be-empty"))
    if may_be_empty and shape != "json":
        raise SpecError(f"{place}: x-may-be-empty requires a JSON body")
    description = " ".join([sentence(response["description"]), *filter(None, map(notes, schemas))])
    if shape == "json":
        description = with_example(description, document, next(iter(content.values())), "Example of a body")
    taken = set(_RESPONSE_NAMES)
    return SuccessView(
        name=f"{class_name(where)}{words}",
        statuses=tuple(statuses),
        description=description,
        headers=tuple(
            _header(document, name, document.resolve(node), f"{place}, header {name}", taken)
            for name, node in response.get("headers", {}).items()
        ),
        kind=shape,
        type=types.get(shape) or " | ".join(dict.fromkeys(named)),
        media_types=kinds,
        may_be_empty=may_be_empty,
    )


@located("node")
def _header(document: Document, name: str, node: dict[str, Any], place: str, taken: set[str]) -> HeaderView:
    kind = document.python_type(node["schema"], place)
    readers = {"str": "text_header", "int": "integer_header", "bool": "boolean_header", "list[str]": "list_header"}
    if kind.type not in readers:
        raise SpecError(f"{place}: a header cannot be {kind.type}")
    opaque = bool(node.get("x-opaque-url"))
    if opaque and kind.type != "str":
        raise SpecError(f"{place}: a URL must be a string, not {kind.type}")
    if opaque and name.lower() == "link":
        read = "wire.next_link(response)"
    else:
        read = f'wire.{"url_header" if opaque else readers[kind.type]}(response, "{name}")'
    return HeaderView(
        name=python_name(name, node, taken),
        wire_name=name,
        type=kind.type,
        read=read,
        required=bool(node.get("x-needed")),
        secret=opaque or document.resolve(node["schema"]).get("format") == "password",
        description=with_example(node["description"].strip(), document, node, "Example of the header" if opaque else "Example"),
    )
