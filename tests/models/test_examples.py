"""The examples in openapi/: each parameter, header and body has one, it is valid, and the generated functions read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from docker_registry_sdk.errors import StatusError
from tests.models.specification import PACKAGES, generated, load, operations, resolve

_METHODS = ("get", "head", "put", "post", "patch", "delete")


def described(package: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every parameter, header and media type of a specification, each with its place; no node that is a `$ref`."""
    document = load(package)
    components = document["components"]
    for group in ("parameters", "headers"):
        yield from ((f"{group} {name}", node) for name, node in components.get(group, {}).items())
    for name, node in components.get("responses", {}).items():
        yield from of_response(f"response {name}", node)
    for path, item in document["paths"].items():
        yield from ((f"{path} {node.get('name')}", node) for node in item.get("parameters", ()))
        for operation in (item[method] for method in _METHODS if method in item):
            name = operation["operationId"]
            yield from ((f"{name} {node.get('name')}", node) for node in operation.get("parameters", ()))
            yield from of_response(f"{name}, body", operation.get("requestBody", {}))
            for status, node in operation["responses"].items():
                yield from of_response(f"{name} {status}", node)


def of_response(place: str, node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((f"{place}, {name}", header) for name, header in node.get("headers", {}).items())
    yield from ((f"{place}, {media}", one) for media, one in node.get("content", {}).items())


def values(package: str, node: dict[str, Any]) -> list[Any]:
    """Return the examples of a parameter, a header or a media type."""
    named = [resolve(package, one)["value"] for one in node.get("examples", {}).values()]
    return [node["example"]] if "example" in node else named


def violations(package: str, schema: dict[str, Any], value: Any) -> list[str]:
    """Return what is wrong with a value under a schema of a specification."""
    root = {**schema, "components": load(package)["components"]}
    errors = OAS31Validator(root, format_checker=oas31_format_checker).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in errors]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_parameter_header_and_media_type_has_valid_examples(package: str) -> None:
    found = [(place, node) for place, node in described(package) if "$ref" not in node]
    assert len(found) > 20
    assert [place for place, node in found if not values(package, node)] == []
    wrong = {place: violations(package, node["schema"], value) for place, node in found for value in values(package, node)}
    assert {place: messages for place, messages in wrong.items() if messages} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_examples_of_schemas_are_valid(package: str) -> None:
    schemas = load(package)["components"]["schemas"]
    wrong = {name: violations(package, node, value) for name, node in schemas.items() for value in node.get("examples", ())}
    assert {name: messages for name, messages in wrong.items() if messages} == {}


def test_a_wrong_example_is_found() -> None:
    schema = {"$ref": "#/components/schemas/Descriptor"}
    assert violations("v2", schema, {"mediaType": "a/b", "digest": "sha256:00", "size": "11"}) != []


def responses() -> Iterator[tuple[str, str, int, dict[str, str], str, bytes]]:
    """Yield package, operation, status, headers, media type and body of each documented response with examples."""
    for (package, name), operation in operations().items():
        for code, reference in operation["responses"].items():
            node = resolve(package, reference)
            headers = {}
            for header, one in node.get("headers", {}).items():
                value = values(package, resolve(package, one))[0]
                headers[header] = ", ".join(value) if isinstance(value, list) else str(value)
            headers.pop("Content-Length", None)
            content = {} if operation["method"] == "HEAD" else node.get("content", {})
            for media, one in content.items() or [("", {})]:
                for value in values(package, one) or [""]:
                    is_text = media in ("application/octet-stream", "text/html", "text/plain", "")
                    body = str(value) if is_text else json.dumps(value)
                    yield package, name, int(code.replace("XX", "02")), headers, media, body.encode()


RESPONSES = list(responses())


@pytest.mark.parametrize("package", PACKAGES)
def test_generated_functions_parse_the_example_of_each_response(package: str) -> None:
    for _, name, status, headers, media, body in (one for one in RESPONSES if one[0] == package):
        module = getattr(generated(package, "api"), name)
        sent = {**headers, **({"Content-Type": media} if media else {})}
        response = httpx.Response(
            status, headers=sent, content=body, request=httpx.Request("GET", "https://registry.example.com/x")
        )
        where = f"{name} {status} {media}"
        if status < 300:
            parsed = module.parse(response)
            assert parsed.status == status, where
            assert getattr(parsed.body, "problems", ()) == (), where
            if isinstance(parsed.body, bytes):
                assert parsed.body == body, where
            continue
        with pytest.raises(StatusError) as caught:
            module.parse(response)
        assert caught.value.status == status, where
        if media == "application/json":
            assert caught.value.errors, where


def test_docstrings_show_the_examples() -> None:
    list_tags = generated("v2", "api").list_tags
    assert "Pulling manifests). Example: `library/greeting`." in " ".join(list_tags.sync.__doc__.split())
    assert 'Example of a body: `{"name": "library/greeting", "tags": ["1.0", "latest"]}`' in " ".join(
        list_tags.ListTagsOk.__doc__.split()
    )
    assert 'Example: `{"access": "private"}`.' in generated("v1", "api").put_repo_properties.sync.__doc__
