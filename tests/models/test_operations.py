"""Every operation of the three specifications has its functions, and `parse` raises only our exceptions."""

from __future__ import annotations

import inspect
import json
import re
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docker_registry_sdk._core import wire
from docker_registry_sdk._core.wire.operations import Operation
from docker_registry_sdk.errors import ParseError, RegistryError, StatusError, UnexpectedContentTypeError
from tests.models.specification import JSON, PACKAGES, documents, generated, minimal, operations, resolve

ALL: list[tuple[str, Operation]] = [(package, one) for package in PACKAGES for one in generated(package, "operations").OPERATIONS]
each_operation = pytest.mark.parametrize(("package", "operation"), ALL, ids=[f"{package}.{one.id}" for package, one in ALL])
sometimes = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])

STATUSES = st.sampled_from([200, 200, 201, 202, 204, 206, 304, 307, 400, 401, 404, 429, 500, 520]) | st.integers(100, 999)
HEADER_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
MEDIA_TYPES = st.sampled_from(
    ["application/json", "text/html", "application/octet-stream", "application/json; charset=utf-16", ";", ""]
)


def test_table_lists_every_operation_of_the_specification() -> None:
    table = {(package, one.id): (one.method, one.path, one.tag, one.summary) for package, one in ALL}
    assert table == {
        key: (found["method"], found["path"], found["tags"][0], found["summary"]) for key, found in operations().items()
    }


@each_operation
def test_module_has_its_functions_with_the_arguments_of_the_table(package: str, operation: Operation) -> None:
    module = operation.load()
    assert module is getattr(generated(package, "api"), operation.id)
    functions = ["request", "parse", "sync", "asyncio", *(["stream", "asyncio_stream"] if operation.streams else [])]
    for name in functions:
        assert inspect.getdoc(getattr(module, name))
    assert hasattr(module, "stream") is operation.streams
    request_parameters = inspect.signature(module.request).parameters
    for one in operation.parameters:
        assert (request_parameters[one.name].default is inspect.Parameter.empty) is one.required
        assert one.description
    extra = set(request_parameters) - {one.name for one in operation.parameters}
    assert extra <= {"body", "content_type", "accept"}
    assert ("body" in extra) is (operation.body is not None)
    for name in functions[2:]:
        assert list(inspect.signature(getattr(module, name)).parameters) == ["client", *request_parameters, "timeout", "deadline"]


@each_operation
def test_every_argument_is_explained_in_the_docstrings(package: str, operation: Operation) -> None:
    module = operation.load()
    for name in ("request", "sync", "asyncio"):
        text = inspect.getdoc(getattr(module, name)) or ""
        documented = re.findall(r"^    (\w+): ", text, flags=re.MULTILINE)
        for argument in inspect.signature(getattr(module, name)).parameters:
            assert argument in documented, f"{name} does not explain {argument}"


@each_operation
def test_every_documented_error_status_is_in_the_docstring(package: str, operation: Operation) -> None:
    text = inspect.getdoc(operation.load().sync) or ""
    for status in operations()[package, operation.id]["responses"]:
        if not status.startswith("2"):
            assert re.search(rf"^        {status}: ", text, flags=re.MULTILINE), status


def arguments(package: str, operation: Operation) -> dict[str, Any]:
    """Return the required arguments of an operation."""
    given: dict[str, Any] = {
        one.name: "https://h.test/u?x=%7e" if one.location == "url" else "a" for one in operation.parameters if one.required
    }
    if operation.body is not None and operation.body.required:
        given["body"] = body(package, operation)
        if operation.body.kind == "raw" and "content_type" in inspect.signature(operation.load().request).parameters:
            given["content_type"] = "application/octet-stream"
    return given


def body(package: str, operation: Operation) -> Any:
    """Return the smallest request body of an operation."""
    assert operation.body is not None
    if operation.body.kind == "raw":
        return b"{}"
    content = operations()[package, operation.id]["requestBody"]["content"]
    schema = next(iter(content.values()))["schema"]
    document = minimal(package, schema)
    model = getattr(generated(package), operation.body.type, None)
    from_dict = getattr(model, "from_dict", None)
    return document if from_dict is None else from_dict(document)


@each_operation
def test_request_is_made_of_the_required_arguments(package: str, operation: Operation) -> None:
    given = arguments(package, operation)
    made = operation.load().request(**given)
    assert isinstance(made, wire.Request)
    assert made.method == operation.method
    assert made.context.operation_id == operation.id
    assert made.context.repo == given.get("name")
    assert made.context.opaque is any(one.location == "url" and one.required for one in operation.parameters)
    if not made.context.opaque:
        assert made.url == re.sub(r"\{\w+\}", "a", operation.path)
    assert made.headers["Accept-Encoding"] == "identity"


@each_operation
def test_path_values_are_checked(package: str, operation: Operation) -> None:
    given = arguments(package, operation)
    for one in operation.parameters:
        if one.location in ("path", "url"):
            for bad in ("..", "", "a b", "a\n", "a#b", "../a"):
                with pytest.raises(RegistryError):
                    operation.load().request(**{**given, one.name: bad})


@each_operation
def test_documented_statuses_are_successes_or_typed_errors(package: str, operation: Operation) -> None:
    for status, node in operations()[package, operation.id]["responses"].items():
        response = resolve(package, node)
        content = response.get("content", {}) if operation.method != "HEAD" else {}
        media_type, media = next(iter(content.items()), ("application/json", {"schema": {}}))
        document = minimal(package, media["schema"])
        received = httpx.Response(
            int(status.replace("XX", "20")),
            headers={"Location": "/u", "Content-Type": media_type},
            content=json.dumps(document).encode() if content else b"",
            request=httpx.Request(operation.method, "https://h.test/v2/"),
        )
        if status.startswith("2"):
            parsed = operation.load().parse(received)
            assert isinstance(parsed, wire.Response)
            assert parsed.status == received.status_code
        else:
            with pytest.raises(StatusError) as caught:
                operation.load().parse(received)
            assert type(caught.value) is StatusError.for_status(received.status_code)


@each_operation
def test_every_2xx_is_the_only_success_if_the_response_has_what_the_call_needs(package: str, operation: Operation) -> None:
    found = operations()[package, operation.id]["responses"]
    documented = [int(status) for status in found if status.startswith("2")]
    bodies = [resolve(package, found[str(status)]).get("content") for status in documented]
    has_no_body = operation.method == "HEAD" or not any(bodies)
    needs_document = not has_no_body and any("json" in media for body in bodies for media in body or ())
    for status in set(range(200, 300)) - set(documented):
        received = httpx.Response(
            status, headers={"Location": "/u"}, request=httpx.Request(operation.method, "https://h.test/v2/")
        )
        if has_no_body or (status not in (204, 205, 206) and not needs_document):
            assert operation.load().parse(received).status == status
        elif needs_document and status not in (204, 205, 206):
            if any(resolve(package, found[str(one)]).get("x-may-be-empty") for one in documented):
                assert operation.load().parse(received).body is None
                continue
            with pytest.raises((ParseError, UnexpectedContentTypeError)):
                operation.load().parse(received)
        else:
            with pytest.raises(StatusError):
                operation.load().parse(received)


@cache
def responses(package: str, id: str) -> st.SearchStrategy[httpx.Response]:
    """Return a strategy for responses to an operation: documented ones, and any others."""
    operation = next(one for name, one in ALL if (name, one.id) == (package, id))
    documented = operations()[package, id]["responses"]
    schemas = [
        media["schema"]
        for node in documented.values()
        for media_type, media in resolve(package, node).get("content", {}).items()
        if "json" in media_type
    ]
    bodies = JSON
    for schema in schemas[:3]:
        bodies |= documents(package, schema, junk=True)
    media_types = MEDIA_TYPES | st.sampled_from(getattr(operation.load(), "ACCEPT", ("x/y",))) | HEADER_TEXT
    names = ("Location", "Link", "Retry-After", "Content-Length", "OCI-Chunk-Min-Length", "X-Docker-Registry-Standalone")
    return st.builds(
        httpx.Response,
        STATUSES | st.sampled_from([int(status) for status in documented if status.isdigit()]),
        headers=st.fixed_dictionaries({"Content-Type": media_types, **dict.fromkeys(names, HEADER_TEXT)}),
        content=st.binary(max_size=40) | bodies.map(lambda one: json.dumps(one).encode()),
        request=st.sampled_from([httpx.Request(operation.method, "https://h.test/v2/"), None]),
    )


@each_operation
@sometimes
@given(data=st.data())
def test_parse_raises_only_registry_errors(package: str, operation: Operation, data: st.DataObject) -> None:
    module = operation.load()
    response = data.draw(responses(package, operation.id))
    found: Any
    try:
        found = module.parse(response)
    except RegistryError as error:
        found = error
    assert repr(found)
    if isinstance(found, StatusError):
        assert found.raw == response.content
        assert found.retry_after is None or found.retry_after >= 0
    elif not isinstance(found, RegistryError):
        assert 200 <= found.status < 300
