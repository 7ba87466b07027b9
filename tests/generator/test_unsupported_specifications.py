"""A specification whose keywords are supported, but not their combination or values, is an error that names the place.

Each case changes one thing in tricky.yaml, which is fully supported (test_golden.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.generator.test_unsupported_keywords import DATA, FORM, GET, LIST, PART, PUT, REMOVE, SCHEMAS, TEXT, WORD, changed

NUMBER = {"type": "integer"}
BYTES = {"type": "string", "format": "binary"}
PART_MODEL = {"$ref": "#/components/schemas/Part"}
FORM_MODEL = {"$ref": "#/components/schemas/Form"}
COLOUR = {"$ref": "#/components/schemas/Colour"}
OBJECT = {"type": "object", "properties": {"a": TEXT}}
FAULTS = {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}, "description": "F."}


def json_of(schema: object, *media_types: str) -> dict[str, Any]:
    return {media: {"schema": schema} for media in media_types or ("application/json",)}


def described(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "description": "Something."}


def query(name: str, schema: object = TEXT, **more: object) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": "Something.", "schema": schema, **more}


CASES: list[tuple[str, object, str]] = [
    # Names.
    (f"{WORD} tags", ["words", "things"], "get_word: an operation must have exactly one of the tags"),
    (f"{WORD} tags", ["unknown"], "get_word: an operation must have exactly one of the tags"),
    (f"{WORD} operationId", "words", "words: an operation must have exactly one .* not be the name of a tag"),
    (f"{WORD} operationId", "send_form", "send_form: an operationId must be unique"),
    (f"{WORD} operationId", "getWord", "getWord: an operationId must be unique and in snake case"),
    (f"{WORD} parameters", [query("WORD")], "WORD: 'word' cannot be used as its Python name; set x-python-name"),
    (f"{WORD} parameters", [query("timeout")], "timeout: 'timeout' cannot be used as its Python name"),
    (f"{WORD} parameters", [query("url")], "url: 'url' cannot be used as its Python name"),
    (f"{WORD} parameters", [query("9")], "9: '9' cannot be used as its Python name"),
    (f"{WORD} parameters", [query("a", **{"x-python-name": "lambda"})], "a: 'lambda' cannot be used as its Python name"),
    (f"{GET} responses 200 headers Status", described({"schema": TEXT}), "Status: 'status' cannot be used as its Python name"),
    (f"{GET} responses 200 headers x-COUNT", described({"schema": TEXT}), "x-COUNT: 'x_count' cannot be used as its Python name"),
    (f"{SCHEMAS} Part properties Size", described(TEXT), "Size: 'size' cannot be used as its Python name"),
    (f"{SCHEMAS} Part properties to-dict", described(TEXT), "to-dict: 'to_dict' cannot be used as its Python name"),
    (f"{SCHEMAS} Part properties field", described(TEXT), "field: 'field' cannot be used as its Python name"),
    (f"{SCHEMAS} thing_name", described(TEXT), "thing_name: a name in components/schemas must be in PascalCase"),
    (
        f"{SCHEMAS} Success",
        described(OBJECT | {"properties": {"a": described(TEXT)}}),
        "Success: generated code already has a class",
    ),
    (
        f"{SCHEMAS} GetThingOk",
        described({"type": "object", "additionalProperties": TEXT}),
        "GetThingOk: generated code already has",
    ),
    # Paths and URLs.
    ("paths t/list", {}, "t/list: this is not a valid path"),
    ("paths /t/a?b", {}, r"/t/a\?b: this is not a valid path"),
    (
        f"{WORD} parameters",
        [query("a", **{"in": "path", "required": True})],
        r"get_word: the path parameters do not match the path",
    ),
    ("paths /w/{word} parameters", [], r"get_word: the path parameters do not match the path /w/\{word\}"),
    (f"{LIST} parameters 0 required", True, "list_things: no query parameter may be required beside an optional opaque URL"),
    (f"{PART} x-opaque-url name", "last", "last: 'last' cannot be used as its Python name"),
    (
        f"{PUT} security",
        [{"token": ["repository:{nobody}:pull"]}],
        r"put_thing: every parameter in the scope .*\{nobody\}.* must be a string",
    ),
    (f"{GET} security", [{"token": ["repository:{label}:pull"]}], "get_thing: every parameter in the scope .* must be a string"),
    (f"{GET} security", [{"token": ['a:"b":c']}], "get_thing: security, token: the scheme .* or a scope is invalid"),
    (f"{GET} security", [{"unknown": []}], "get_thing: security, unknown: the scheme is not in components"),
    # Parameters and headers.
    (f"{WORD} parameters", [query("a", COLOUR)], "get_word, parameter a: a parameter in query cannot be Colour"),
    (
        f"{WORD} parameters",
        [query("A", {"type": "string", "format": "date-time"}, **{"in": "header"})],
        "parameter A: a parameter in header cannot be datetime",
    ),
    (f"{WORD} parameters", [query("a", {"type": "array", "items": NUMBER})], r"a parameter in query cannot be list\[int\]"),
    (f"{WORD} parameters", [query("a", {"type": ["string", "null"]})], "parameter a: null is not possible in URLs and headers"),
    (f"{WORD} parameters", [query("a", {"enum": ["a"]})], "parameter a: objects, maps and enumerations must be in components"),
    (
        f"{WORD} parameters",
        [query("A", {"type": "array", "items": TEXT}, **{"in": "header"})],
        r"a parameter in header cannot be",
    ),
    (f"{GET} responses 200 headers X-Count schema", {"type": "number"}, "header X-Count: a header cannot be float"),
    (f"{GET} responses 200 headers X-Count x-opaque-url", True, "header X-Count: a URL must be a string, not int"),
    (f"{GET} responses 200 headers X(1)", described({"schema": TEXT}), r"'X\(1\)' is not a valid header name"),
    # References.
    (f"{GET} responses 404", {"$ref": "#/components/responses/Nowhere"}, "#/components/responses/Nowhere does not exist"),
    (f"{GET} responses 404", {"$ref": "other.yaml#/Missing"}, "other.yaml#/Missing does not exist"),
    (f"{GET} responses 404", {"$ref": "#/components/schemas/Part"}, "get_thing: .* is not in components/responses"),
    (f"{SCHEMAS} Other", described(PART_MODEL), "components/schemas/Other: a component must not be a"),
    (
        "components parameters Other",
        {"$ref": "#/components/parameters/Name"},
        "components/parameters/Other: a component must not be",
    ),
    (
        f"{SCHEMAS} Part properties more",
        described({"$ref": "#/components/schemas/Thing"}),
        "Part -> Thing -> Part: the schemas form",
    ),
    (
        f"{SCHEMAS} Loop",
        described({"type": "array", "items": {"$ref": "#/components/schemas/Loop"}}),
        "Loop -> Loop: the schemas form",
    ),
    # Schemas.
    (f"{SCHEMAS} Part properties more", described(OBJECT), r"Part\.more: objects, maps and enumerations must be in components"),
    (f"{SCHEMAS} Part properties more", described({"type": "string", "enum": ["a"]}), r"Part\.more: objects, maps and enum"),
    (f"{SCHEMAS} Part properties more", described(BYTES), r"Part\.more: a field of a model cannot have this schema"),
    (f"{SCHEMAS} Part properties more", described({"type": "array", "items": BYTES}), r"Part\.more: raw bytes cannot be part"),
    (f"{SCHEMAS} Part properties more", described({"type": "string", "format": "uuid"}), r"Part\.more: no Python type"),
    (f"{SCHEMAS} Part properties more", described({"type": "null"}), r"Part\.more: the type must be one of"),
    (f"{SCHEMAS} Part properties more", described({"type": "array"}), r"Part\.more: "),
    (
        f"{SCHEMAS} Thing properties either oneOf",
        [TEXT, NUMBER, {"type": "boolean"}],
        r"Thing\.either: oneOf must have two schemas",
    ),
    (f"{SCHEMAS} Thing properties either oneOf 1", {"type": "null"}, r"Thing\.either: the type must be one of"),
    (f"{SCHEMAS} Thing properties either type", "string", r"Thing\.either: 'type'"),
    (f"{SCHEMAS} Thing properties grid items format", "password", r"Thing\.grid: "),
    (
        f"{SCHEMAS} Labels additionalProperties",
        {"$ref": "#/components/schemas/Secret"},
        "Labels: format: password is supported only",
    ),
    (f"{SCHEMAS} Labels additionalProperties", True, "Labels: an object must have properties, or additionalProperties"),
    (f"{SCHEMAS} Part additionalProperties", False, "Part: an object with properties must not have additionalProperties"),
    (f"{SCHEMAS} Part required", ["size", "weight"], "Part: every required field must be in properties"),
    (f"{SCHEMAS} Colour enum", ["a b", "a-b"], "Colour: the values of an enumeration must be strings that differ"),
    (f"{SCHEMAS} Colour enum", ["a", 1], "Colour: the values of an enumeration must be strings"),
    (f"{SCHEMAS} Colour enum", ["2fast"], "Colour: a value of an enumeration must begin with a letter"),
    (f"{SCHEMAS} Colour enum", ["_private_"], "Colour: a value of an enumeration must begin with a letter"),
    (f"{SCHEMAS} Colour type", "integer", "Colour: enum and type: string must be used together"),
    (f"{SCHEMAS} Part type", "string", "Part: properties and type: object must be used together"),
    (f"{SCHEMAS} Part properties size items", TEXT, r"Part\.size: items and type: array must be used together"),
    (f"{SCHEMAS} Colours items", {"type": "string", "format": "email"}, "Colours: no Python type is known"),
    # Request bodies.
    (f"{PUT} requestBody x-raw-body", REMOVE, r"put_thing: a body with several media types must be raw \(x-raw-body\)"),
    (f"{WORD[:-3]}put requestBody content", json_of(TEXT, "text/plain"), "put_word: a body of text/plain .* is not supported"),
    (
        f"{PART} requestBody content application/json",
        {"schema": PART_MODEL},
        "upload_part: a body with several media types must be raw",
    ),
    (
        f"{FORM} requestBody content",
        json_of(TEXT, "application/x-www-form-urlencoded"),
        "send_form: the schema of a form must be a model",
    ),
    (
        f"{SCHEMAS} Form properties more",
        described({"type": "boolean"}),
        "send_form: the schema of a form must be a model of strings and numbers",
    ),
    (f"{FORM} requestBody content", json_of(FORM_MODEL, "multipart/form-data"), "send_form: a body of multipart/form-data"),
    (
        f"{FORM} requestBody content",
        json_of(FORM_MODEL, "Application/JSON"),
        "send_form, body: Application/JSON must be a single media",
    ),
    (
        f"{FORM} requestBody content",
        json_of(FORM_MODEL, "application/*"),
        r"send_form, body: application/\* must be a single media type",
    ),
    # Responses.
    (f"{FORM} responses", {"default": {"description": "Any."}}, "send_form: default is not a status"),
    (
        f"{FORM} responses",
        {204: {"description": "Taken."}},
        "send_form: 204 is not a status: use a quoted number",
    ),
    (f"{FORM} responses", {"2XX": {"description": "Taken."}}, "send_form: 2XX is not a status"),
    (f"{FORM} responses", {"5xx": {"description": "Taken."}}, "send_form: 5xx is not a status"),
    (f"{FORM} responses", {"101": {"description": "Taken."}}, "send_form: 101 is not a status"),
    (f"{FORM} responses", {"299": {"description": "Taken."}}, "send_form, 299: the status of a success must be registered"),
    (f"{FORM} responses", {"404": {"description": "Gone."}}, "send_form: an operation must have a success"),
    (
        f"{DATA} responses 200 content",
        json_of(PART_MODEL),
        "read_data: either all successes or no success must have a body of raw bytes",
    ),
    (
        f"{DATA} responses 200 content application/json",
        {"schema": PART_MODEL},
        "read_data, 200: the bodies of one status must all be JSON, all text or all raw",
    ),
    (
        f"{GET} responses 200 content text/plain",
        {"schema": TEXT},
        "get_thing, 200: the bodies of one status must all be JSON, all text or all raw",
    ),
    (
        f"{GET} responses 200 content image/svg",
        {"schema": TEXT},
        "get_thing, 200: the bodies of one status must all be JSON, all text or all raw",
    ),
    (f"{GET} responses 200 content application/json schema", OBJECT, "get_thing, 200, application/json: objects, maps and"),
    (
        f"{WORD} responses 200 content text/plain schema",
        NUMBER,
        "get_word, 200: the bodies of one status must all be JSON, all text or all raw",
    ),
    (f"{FORM} responses 400", {"description": "No.", "content": json_of(PART_MODEL)}, "send_form: Part is the body of an error"),
    (f"{FORM} responses 400", {"description": "No.", "content": json_of(TEXT)}, "send_form: str is the body of an error"),
    (
        f"{FORM} responses 400",
        {"description": "No.", "content": json_of(PART_MODEL, "a/b+json")},
        "the body of an error must be app",
    ),
    (
        f"{GET} responses 400",
        {"description": "No.", "content": json_of(FAULTS["items"])},
        "get_thing: .* one model for its errors",
    ),
    (
        f"{SCHEMAS} Fault properties other",
        described({**NUMBER, "x-error": "message"}),
        r"Fault\.other: the message of an error must be",
    ),
    (
        f"{SCHEMAS} Failure properties errors",
        {**FAULTS, "items": TEXT, "x-error": "entries"},
        r"Failure\.errors: the entries of an error must",
    ),
    (f"{SCHEMAS} Failure properties errors items", PART_MODEL, r"Failure\.errors: the entries of an error must be models"),
]


@pytest.mark.parametrize(("where", "value", "message"), CASES, ids=lambda one: one if isinstance(one, str) else None)
def test_unsupported_specification_is_an_error_that_names_the_place(where: str, value: object, message: str) -> None:
    from spec_file import SpecError
    from view import spec_view

    with pytest.raises(SpecError, match=message):
        spec_view(changed(where, value))


def write(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "odd.yaml"
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("paths: [", r"odd.yaml:\d+: while parsing"),
        ("openapi: 3.1.0\nopenapi: 3.1.0", 'odd.yaml:2: .*found duplicate key "openapi"'),
        ("just text", "odd.yaml: "),
        (changed("paths", []), r"odd.yaml:\d+: the document: paths is missing"),
        (changed(f"{WORD} responses", []), r"odd.yaml:\d+: get_word: responses is missing"),
        (changed(f"{WORD} tags", "words"), r"odd.yaml:\d+: get_word: an operation must have exactly one"),
        (changed(f"{WORD} security", ["basic"]), r"odd.yaml:\d+: get_word: every security requirement"),
        (changed(f"{SCHEMAS} Part properties", ["size"]), r"odd.yaml:\d+: Failed to parse OpenAPI document"),
        (changed(f"{SCHEMAS} Thing2d", described(OBJECT | {"properties": {"a": described(TEXT)}})), "Thing2d.*class_overrides"),
    ],
)
def test_file_that_is_not_a_specification_is_an_error(tmp_path: Path, document: object, message: str) -> None:
    from generate import generate_package
    from spec_file import SpecError

    with pytest.raises(SpecError, match=f"(?s){message}"):
        generate_package(write(tmp_path, document), tmp_path / "package")


def test_two_models_with_the_same_module_name_are_an_error(tmp_path: Path) -> None:
    from generate import generate_package
    from spec_file import SpecError

    document = changed(f"{SCHEMAS} PART", described({**OBJECT, "properties": {"a": described(TEXT)}}))
    with pytest.raises(SpecError, match=r"odd.yaml:\d+: PART and Part would have the same module name"):
        generate_package(write(tmp_path, document), tmp_path / "package")


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    from generate import generate_package
    from spec_file import SpecError

    with pytest.raises(SpecError, match=r"absent.yaml: .*No such file"):
        generate_package(tmp_path / "absent.yaml", tmp_path / "package")


def test_missing_formatter_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from generate import generate_package
    from spec_file import SpecError

    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SpecError, match=r"ruff check .*not found"):
        generate_package(Path(__file__).with_name("tricky.yaml"), tmp_path / "package")


@pytest.mark.parametrize(
    ("old", "new", "marker", "message"),
    [
        ("operationId: get_word", "operationId: get_word\n      deprecated: true", "deprecated: true", "'deprecated'"),
        ("name: X-Trace", "name: X Trace", "name: X Trace", "callers cannot set"),
        ("X-Kinds: {", "X-Kinds: {x-needed: true, ", "X-Kinds", "x-needed and required: true must be used together"),
        ("X-Kinds: {description: Its kinds., ", "X-Kinds: {", "X-Kinds", "a description is missing"),
        ("X-Done:", "X Done:", "X Done:", "'X Done' is not a valid header name"),
        ("'204': {description: Taken.}", "'204': {$ref: '#/components/responses/No'}", "responses/No'", ".*/No does not exist"),
        ("'204': {description: Taken.}", "'299': {description: Taken.}", "'299'", "the status of a success"),
        ("size: {type: integer, minimum", "size: {type: whole, minimum", "type: whole", "the type must be one of"),
        ("v1Compatibility: {type: string, ", "v1Compatibility: {type: string, format: uuid, ", "format: uuid", "no Python type"),
        ("required: [size]\n", "required: [weight]\n", "required: [weight]", "every required field"),
        ("enum: [red,", "enum: [red, 5,", "enum: [red, 5,", "the values of an enumeration must be strings"),
        ("'repository:{source}:pull'", "'repository:{nobody}:pull'", "{nobody}", "every parameter in the scope"),
        ("summary: Send a form\n", "summary: {}\n", "summary: {}", "send_form: summary is missing"),
    ],
)
def test_message_names_the_file_and_the_line(tmp_path: Path, old: str, new: str, marker: str, message: str) -> None:
    from packages import read_spec
    from spec_file import SpecError

    text = Path(__file__).with_name("tricky.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    edited = text.replace(old, new)
    line = edited[: edited.index(marker)].count("\n") + 1
    with pytest.raises(SpecError, match=rf"^odd\.yaml:{line}: .*{message}"):
        read_spec(write(tmp_path, edited), tmp_path / "package")
