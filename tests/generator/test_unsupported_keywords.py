"""A keyword or value that the generator does not support is an error, and the message names its place.

Each case changes one thing in tricky.yaml, which is fully supported (test_golden.py).
"""

from __future__ import annotations

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.generator.projects import edit_spec, generator_folder, run_python

TRICKY = Path(__file__).with_name("tricky.yaml")
GET = "paths /t/{name}/things/{id} get"
PUT = "paths /t/{name}/things/{id} put"
PART = "paths /t/{name}/uploads/{session} patch"
DATA = "paths /t/{name}/data get"
LIST = "paths /t/list get"
WORD = "paths /w/{word} get"
FORM = "paths /w/{word} post"
SCHEMAS = "components schemas"
TEXT = {"type": "string"}
REMOVE = object()

# (place in the document, value to set there, pattern of the message)
CASES: list[tuple[str, object, str]] = [
    # The document around the operations.
    ("openapi", "3.0.3", r"openapi: the version must be 3\.1"),
    ("webhooks", {}, "the document: 'webhooks' is not supported here"),
    ("jsonSchemaDialect", "https://example.org", "the document: 'jsonSchemaDialect'"),
    ("externalDocs", {"url": "https://example.org"}, "the document: 'externalDocs'"),
    ("info summary", "Short", "info: 'summary'"),
    ("info description", REMOVE, "info: a description is missing"),
    ("info description", "  ", "info: a description is missing"),
    ("servers 0 url", "/v2", "servers: url must be /, not '/v2'"),
    ("servers 0 variables", {}, "servers: 'variables'"),
    ("tags 0 externalDocs", {"url": "https://example.org"}, "tags: 'externalDocs'"),
    ("tags 0 description", REMOVE, "tags: a description is missing"),
    ("tags 0 name", "Some things", "Some things: a tag name must be in snake case"),
    ("security", [{"token": ["a:b:c"]}], "security: scopes must be on operations"),
    ("components links", {}, "components: 'links'"),
    ("components callbacks", {}, "components: 'callbacks'"),
    ("components pathItems", {}, "components: 'pathItems'"),
    ("components examples SmallThing externalValue", "https://example.org", "components/examples/SmallThing: 'externalValue'"),
    ("components examples SmallThing value", REMOVE, "components/examples/SmallThing: value is missing"),
    ("components examples SmallThing", {"$ref": "#/components/examples/Other"}, "SmallThing: a component must not be a \\$ref"),
    ("components securitySchemes token flows", {}, "components/securitySchemes/token: 'flows'"),
    ("paths /t/list summary", "Short", "/t/list: 'summary'"),
    ("paths /t/list servers", [{"url": "/"}], "/t/list: 'servers'"),
    ("paths /t/list options", {}, "/t/list: 'options'"),
    ("paths /t/list trace", {}, "/t/list: 'trace'"),
    ("paths /t/list $ref", "#/paths/~1w", r"/t/list: '\$ref'"),
    # Operations.
    (f"{WORD} deprecated", True, "get_word: 'deprecated' is not supported here"),
    (f"{WORD} callbacks", {}, "get_word: 'callbacks'"),
    (f"{WORD} servers", [{"url": "/"}], "get_word: 'servers'"),
    (f"{WORD} x-timeout", 3, "get_word: 'x-timeout'"),
    (f"{WORD} summary", REMOVE, "get_word: summary is missing"),
    (f"{WORD} description", REMOVE, "get_word: a description is missing"),
    (f"{WORD} externalDocs", REMOVE, "get_word: externalDocs is missing"),
    (f"{WORD} externalDocs description", REMOVE, "get_word, externalDocs: a description is missing"),
    (f"{WORD} operationId", REMOVE, "GET /w/{word}: operationId is missing"),
    (f"{WORD} security", [{"token": ["a:b:c"], "basic": []}], "get_word: every security requirement must name one scheme"),
    (
        f"{WORD} security",
        [{"token": ["a:b:c"]}, {"basic": ["d:e:f"]}],
        "get_word: every security requirement must name one scheme",
    ),
    (f"{WORD} x-opaque-url", {"name": "url_given", "required": True, "rel": "next"}, "get_word, x-opaque-url: 'rel'"),
    (f"{WORD} x-opaque-url", {"name": "url_given"}, "get_word, x-opaque-url: required must be True or False"),
    # Parameters.
    ("components parameters Name in", "cookie", "parameter name: a parameter must be in path, query, header, not in cookie"),
    ("components parameters Name description", REMOVE, "components/parameters/Name: a description is missing"),
    ("components parameters Name required", False, "parameter name: required must be True, not False"),
    ("components parameters Name required", REMOVE, "parameter name: required is missing"),
    ("components parameters Name x-segments", "two", "parameter name: x-segments must be many, not 'two'"),
    ("components parameters Name style", "matrix", "parameter name: style must be simple, not 'matrix'"),
    ("components parameters Name deprecated", True, "components/parameters/Name: 'deprecated'"),
    ("components parameters Name examples", ["a/b"], "parameter name: examples must be an object with a name for each example"),
    ("components parameters Name examples", {"one": {"url": "/"}}, "parameter name, example one: 'url' is not supported here"),
    (
        "components parameters Name examples",
        {"one": {"$ref": "#/components/examples/No"}},
        "#/components/examples/No does not exist",
    ),
    (
        "components parameters Name examples",
        {"one": {"$ref": "#/components/headers/Place"}},
        "parameter name, example one: #/components/headers/Place is not in components/examples",
    ),
    ("components schemas Part example", {"size": 1}, "Part: 'example' is not supported here"),
    (f"{GET} parameters 0 allowReserved", True, "get_thing: 'allowReserved'"),
    (f"{GET} parameters 0 allowEmptyValue", True, "get_thing: 'allowEmptyValue'"),
    (f"{GET} parameters 0 x-segments", "many", "parameter class: 'x-segments' is not supported here"),
    (f"{GET} parameters 0 schema", REMOVE, "get_thing: schema is missing"),
    (f"{GET} parameters 0", {"name": "q", "in": "query", "description": "Q.", "content": {}}, "get_thing: 'content'"),
    (f"{GET} parameters 1 x-python-name", "From Repo", "parameter from: x-python-name must be in snake case"),
    (f"{GET} parameters 2 explode", False, "parameter label: explode must be True, not False"),
    (f"{GET} parameters 2 style", "pipeDelimited", "parameter label: style must be form"),
    (f"{GET} parameters 5 name", "Accept", "parameter Accept: callers cannot set a header of this name"),
    (f"{GET} parameters 5 name", "X Trace", "parameter X Trace: callers cannot set a header of this name"),
    ("paths /t/{name}/data parameters 0 required", True, r"read_data, #/components/parameters/Name: 'required'"),
    # Bodies, responses and headers.
    (f"{FORM} requestBody x-stream", True, "send_form, body: 'x-stream'"),
    (f"{FORM} requestBody x-raw-body", False, "send_form, body: x-raw-body must be True, not False"),
    (f"{FORM} requestBody description", REMOVE, "send_form, body: a description is missing"),
    (f"{FORM} requestBody content", {}, "send_form, body: content is missing"),
    (f"{FORM} requestBody content application/x-www-form-urlencoded encoding", {}, "send_form, body, .*: 'encoding'"),
    (f"{FORM} responses 204 description", REMOVE, "send_form, 204: a description is missing"),
    (f"{FORM} responses 204 links", {}, "send_form, 204: 'links'"),
    (
        f"{WORD} responses 200 content text/plain",
        {"schema": TEXT, "example": "x", "examples": {}},
        "get_word, 200, text/plain: example and examples must not be used together",
    ),
    (f"{WORD} responses 200 content text/plain schema", REMOVE, "get_word, 200, text/plain: schema is missing"),
    (f"{GET} responses 404 summary", "None", "get_thing, #/components/responses/Missing: 'summary'"),
    (f"{GET} responses 404 x-retry", True, "get_thing, #/components/responses/Missing: 'x-retry'"),
    (f"{GET} responses 200 headers Location required", True, "get_thing, 200, header Location, .*: 'required'"),
    (f"{GET} responses 200 headers X-Count deprecated", True, "get_thing, 200, header X-Count: 'deprecated'"),
    (f"{GET} responses 200 headers X-Count style", "simple", "get_thing, 200, header X-Count: 'style'"),
    (f"{GET} responses 200 headers X-Count description", REMOVE, "get_thing, 200, header X-Count: a description"),
    (f"{GET} responses 200 headers X-Count schema", REMOVE, "get_thing, 200, header X-Count: schema is missing"),
    (f"{GET} responses 200 headers Link x-opaque-url", False, "header Link: x-opaque-url must be True, not False"),
    # Schemas.
    (f"{SCHEMAS} Part nullable", True, "Part: 'nullable'"),
    (f"{SCHEMAS} Part title", "Part", "Part: 'title'"),
    (f"{SCHEMAS} Part discriminator", {}, "Part: 'discriminator'"),
    (f"{SCHEMAS} Part minProperties", 1, "Part: 'minProperties'"),
    (f"{SCHEMAS} Part allOf", [], "Part: 'allOf'"),
    (f"{SCHEMAS} Part anyOf", [], "Part: 'anyOf'"),
    (f"{SCHEMAS} Part description", REMOVE, "Part: a description is missing"),
    (f"{SCHEMAS} Part properties size description", REMOVE, r"Part\.size: a description is missing"),
    (f"{SCHEMAS} Part properties size default", 3, r"Part\.size: 'default'"),
    (f"{SCHEMAS} Part properties size const", 3, r"Part\.size: 'const'"),
    (f"{SCHEMAS} Part properties size format", "int64", r"Part\.size: format requires type: string"),
    (f"{SCHEMAS} Part properties size readOnly", True, r"Part\.size: 'readOnly'"),
    (f"{SCHEMAS} Part properties size deprecated", True, r"Part\.size: 'deprecated'"),
    (f"{SCHEMAS} Part properties size x-order", 3, r"Part\.size: 'x-order'"),
    (f"{SCHEMAS} Part properties size x-error", "kind", r"Part\.size: x-error must be code or message or detail or entries"),
    (f"{SCHEMAS} Part properties size x-digest", True, r"Part\.size: 'x-digest' is not supported here"),
    (f"{SCHEMAS} Link properties labels x-digest", True, r"Link\.labels: 'x-digest' is not supported here"),
    (f"{SCHEMAS} Link properties password x-digest", True, r"Link\.password: 'x-digest' is not supported here"),
    (f"{SCHEMAS} Link properties digest x-digest", False, r"Link\.digest: x-digest must be True, not False"),
    (f"{SCHEMAS} Secret x-digest", True, r"Secret: 'x-digest'"),
    (f"{SCHEMAS} Thing properties link x-strict", False, r"Thing\.link: x-strict must be True, not False"),
    (f"{SCHEMAS} Thing properties kind x-strict", True, r"Thing\.kind: a required field is always strict"),
    (f"{SCHEMAS} Thing properties tags x-lenient", False, r"Thing\.tags: x-lenient must be True, not False"),
    (f"{SCHEMAS} Thing properties rows x-lenient", True, r"Thing\.rows: x-lenient is supported only for a required list"),
    (f"{SCHEMAS} Thing properties kind x-lenient", True, r"Thing\.kind: x-lenient is supported only for a required list"),
    (f"{SCHEMAS} Thing properties command x-text-list", False, r"Thing\.command: x-text-list must be True, not False"),
    (f"{SCHEMAS} Thing properties rows x-text-list", True, r"Thing\.rows: 'x-text-list' is not supported here"),
    (f"{SCHEMAS} Thing x-strict", True, r"Thing: 'x-strict'"),
    (f"{SCHEMAS} Link x-frozen", False, r"Link: x-frozen must be True, not False"),
    (f"{SCHEMAS} Labels x-frozen", True, r"Labels: 'x-frozen'"),
    (f"{SCHEMAS} Link properties size x-frozen", True, r"Link\.size: 'x-frozen'"),
    (f"{SCHEMAS} Link x-self-property", "toLink", r"Link: x-self-property must be in snake case, not 'toLink'"),
    (f"{SCHEMAS} Link x-self-property", "size", r"size: 'size' cannot be used as its Python name"),
    (f"{SCHEMAS} Colours x-self-property", "same", r"Colours: 'x-self-property'"),
    (f"{SCHEMAS} Part properties size type", ["integer", "string"], r"Part\.size: the type must be one of"),
    (f"{SCHEMAS} Part properties size type", "file", r"Part\.size: the type must be one of"),
    (f"{SCHEMAS} Part properties size", {"anyOf": [TEXT], "description": "S."}, r"Part\.size: 'anyOf'"),
    (f"{SCHEMAS} Thing properties kind default", "red", r"Thing\.kind: 'default'"),
    (f"{SCHEMAS} Thing properties grid uniqueItems", True, r"Thing\.grid: 'uniqueItems'"),
    (f"{SCHEMAS} Thing properties grid prefixItems", [], r"Thing\.grid: 'prefixItems'"),
    (f"{SCHEMAS} Thing properties grid items description", "Lost.", r"Thing\.grid: 'description'"),
    (f"{SCHEMAS} Colour x-enum-varnames", ["A", "B", "C"], "Colour: 'x-enum-varnames'"),
    (f"{SCHEMAS} Colour default", "red", "Colour: 'default'"),
]


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(TRICKY.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return document


def changed(where: str, value: object, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return tricky.yaml with one value changed, or removed by REMOVE.

    Args:
        where: The keys that lead to the value, separated by spaces; a digit is an index.
        value: The new value.
        document: Another version of tricky.yaml to change.
    """
    document = copy.deepcopy(document or _document())
    *path, last = (int(step) if step.isdigit() and len(step) == 1 else step for step in where.split())
    node: Any = document
    for step in path:
        node = node[step]
    if value is REMOVE:
        del node[last]
    else:
        node[last] = value
    return document


@pytest.mark.parametrize(("where", "value", "message"), CASES, ids=lambda one: one if isinstance(one, str) else None)
def test_unsupported_keyword_is_an_error_that_names_its_place(where: str, value: object, message: str) -> None:
    from spec_file import SpecError
    from view import spec_view

    with pytest.raises(SpecError, match=message):
        spec_view(changed(where, value))


@pytest.mark.parametrize("word", ["pattern", "examples", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"])
def test_keyword_that_only_restricts_the_server_is_accepted(word: str) -> None:
    from view import spec_view

    spec_view(changed(f"{SCHEMAS} Part properties size {word}", 1))


def test_the_command_line_stops_with_status_2_and_the_message(tmp_path: Path) -> None:
    spec, output = tmp_path / "odd.yaml", tmp_path / "package"
    spec.write_text(TRICKY.read_text(encoding="utf-8"), encoding="utf-8")
    edit_spec(spec, lambda document: document["paths"]["/t/list"]["get"].update(deprecated=True))
    generate = generator_folder() / "generate.py"
    done = run_python(tmp_path, generate, "--spec", spec, "--output", output)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"odd\.yaml:\d+: list_things: 'deprecated' is not supported here\n", done.stderr)
    assert not output.exists()
