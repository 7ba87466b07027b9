"""Documents with values of a wrong type: what can be read is read, the rest is named, and nothing of the document is lost."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from docker_registry_sdk.errors import ParseError
from docker_registry_sdk.token_auth.models import TokenResponse
from docker_registry_sdk.v1.models import SearchResults
from docker_registry_sdk.v2.models import ContainerConfig, Descriptor, ErrorResponse, ImageConfig, ImageManifest, TagList
from tests.models.specification import (
    DIGEST,
    JSON,
    generated,
    has_null_list,
    is_anything,
    minimal,
    model_documents,
    models,
    resolve,
    schemas,
)

often = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
# A value of each JSON type except null, which counts as absent.
VALUES: dict[str, Any] = {"string": "x", "integer": 1, "number": 0.5, "boolean": True, "array": [[]], "object": {"x": []}}
MANY = 300_000


def optional_fields() -> Iterator[Any]:
    """Yield each optional field of each model: package, model, name in JSON, and whether the field is strict."""
    for package, model in models():
        schema = schemas(package)[model]
        for name, node in schema["properties"].items():
            if name not in schema.get("required", ()) and not is_anything(resolve(package, node)):
                yield pytest.param(package, model, name, bool(node.get("x-strict")), id=f"{package}.{model}-{name}")


def types_of(package: str, node: dict[str, Any]) -> set[str]:
    """Return the JSON types that a schema accepts, with those that are read as a list."""
    schema = resolve(package, node)
    kinds = {kind for part in schema.get("oneOf", [schema]) for kind in [part["type"]] if isinstance(kind, str)}
    kinds |= set(schema["type"]) if isinstance(schema.get("type"), list) else set()
    kinds |= {"string"} if "x-text-list" in node else set()
    kinds |= {"string", "object"} if node.get("x-error") == "entries" else set()
    return kinds | ({"integer"} if "number" in kinds else set())


def attribute_of(model: Any, name: str) -> str:
    """Return the name in Python of a field."""
    names = [one.name for one in attrs.fields(model) if one.name not in ("additional_properties", "problems")]
    schema = next(schemas(package)[model.__name__] for package, one in models() if getattr(generated(package), one) is model)
    return str(dict(zip(schema["properties"], names, strict=True))[name])


@pytest.mark.parametrize(("package", "model_name", "name", "strict"), list(optional_fields()))
def test_optional_field_of_each_wrong_type_is_read_as_none_named_and_kept(
    package: str, model_name: str, name: str, strict: bool
) -> None:
    model, schema = getattr(generated(package), model_name), schemas(package)[model_name]
    for kind in VALUES.keys() - types_of(package, schema["properties"][name]):
        document = {**minimal(package, schema), name: VALUES[kind]}
        with pytest.raises(ParseError, match="should be"):
            model.from_dict(document, strict=True)
        if strict:
            with pytest.raises(ParseError, match="should be"):
                model.from_dict(document)
            continue
        parsed = model.from_dict(document)
        assert getattr(parsed, attribute_of(model, name)) is None
        (problem,) = parsed.problems
        assert problem.startswith(f"{name} should be ")
        assert problem.endswith("; it is read as None")
        assert parsed.to_dict() == document
        assert parsed == model.from_dict(minimal(package, schema))


@cache
def odd_documents(package: str, name: str) -> st.SearchStrategy[Any]:
    """Return a strategy for objects whose required fields are well-formed, and whose others may have any value."""
    schema = schemas(package)[name]
    fields = [one for one, node in schema["properties"].items() if one not in schema.get("required", ())]
    odd = {one: JSON | model_documents(package, name, junk=True).map(partial(_part, one)) for one in fields}
    return st.builds(
        lambda whole, some: {**whole, **some}, model_documents(package, name), st.fixed_dictionaries({}, optional=odd)
    )


def _part(name: str, document: Any) -> Any:
    return document.get(name) if isinstance(document, dict) else document


@pytest.mark.parametrize(("package", "name"), models(), ids=lambda one: str(one))
@often
@given(data=st.data())
def test_any_optional_values_are_read_in_part_and_written_unchanged(package: str, name: str, data: st.DataObject) -> None:
    model = getattr(generated(package), name)
    document = data.draw(odd_documents(package, name))
    before = copy.deepcopy(document)
    try:
        parsed = model.from_dict(document)
    except ParseError as error:
        strict = [one for one, node in schemas(package)[name]["properties"].items() if node.get("x-strict")]
        assert error.field.partition(".")[0].partition("[")[0] in strict
        return
    assert document == before
    written = parsed.to_dict()
    assert json.loads(json.dumps(written)) == written
    if not has_null_list(package, schemas(package)[name], document):
        again = model.from_dict(written)
        assert (again, again.problems) == (parsed, parsed.problems)
    for twin in (copy.deepcopy(parsed), pickle.loads(pickle.dumps(parsed)), attrs.evolve(parsed)):
        assert twin.to_dict() == written
        assert twin.problems == parsed.problems
    assert all(text.isprintable() for text in parsed.problems)
    try:
        strictly = model.from_dict(document, strict=True)
    except ParseError:
        assert parsed.problems
    else:
        assert parsed.problems == ()
        assert strictly == parsed


@often
@given(st.lists(st.text() | JSON, max_size=6))
def test_tags_that_are_no_text_are_left_out(tags: list[Any]) -> None:
    parsed = TagList.from_dict({"tags": tags})
    assert parsed.tags == [tag for tag in tags if isinstance(tag, str)]
    assert len(parsed.problems) == len(tags) - len(parsed.tags)
    assert parsed.to_dict() == {"tags": tags}


def test_problems_of_nested_models_have_the_whole_path() -> None:
    document = {
        "config": {"User": 0, "Env": ["A=b", None], "Labels": {"a": 1, "b": "c"}, "Healthcheck": {"Retries": "3"}},
        "rootfs": {"diff_ids": ["a", None]},
        "history": [{"created": ""}, None, {"empty_layer": "true", "author": "me"}],
    }
    parsed = ImageConfig.from_dict(document)
    assert parsed.problems == (
        "config.User should be text, not a number; it is read as None",
        "config.Env[1] should be text, not null; it is left out",
        "config.Labels['a'] should be text, not a number; it is left out",
        "config.Healthcheck.Retries should be a whole number, not text; it is read as None",
        "rootfs.diff_ids[1] should be text, not null; rootfs is read as None",
        "history[0].created should be an RFC 3339 timestamp; it is read as None",
        "history[1] should be an object, not null; it is left out",
        "history[2].empty_layer should be true or false, not text; it is read as None",
    )
    assert parsed.config is not None
    assert parsed.config.problems[0] == "User should be text, not a number; it is read as None"
    assert (parsed.config.env, parsed.config.labels) == (["A=b"], {"b": "c"})
    assert parsed.history is not None
    assert [one.author for one in parsed.history] == [None, "me"]
    assert parsed.to_dict() == document


@pytest.mark.parametrize("name", ["Entrypoint", "Cmd", "Shell", "OnBuild"])
@pytest.mark.parametrize(
    ("value", "read", "problem"),
    [
        ("/bin/sh", ["/bin/sh"], " should be a list, not text; it is read as a list of one text"),
        ("", [""], " should be a list, not text; it is read as a list of one text"),
        (["sh", None, "x"], ["sh", "", "x"], "[1] should be text, not null; it is read as empty text"),
        (["rm", 5, "/"], None, "[1] should be text, not a number; {name} is read as None"),
        ({"a": "b"}, None, " should be a list, not an object; it is read as None"),
        (5, None, " should be a list, not a number; it is read as None"),
    ],
)
def test_commands_are_read_as_docker_reads_them(name: str, value: Any, read: Any, problem: str) -> None:
    parsed = ContainerConfig.from_dict({name: value})
    assert getattr(parsed, attribute_of(ContainerConfig, name)) == read
    assert parsed.problems == (f"{name}{problem.format(name=name)}",)
    assert parsed.to_dict() == {name: value}
    with pytest.raises(ParseError):
        ContainerConfig.from_dict({name: value}, strict=True)


def test_a_value_of_the_user_replaces_the_odd_one() -> None:
    parsed = ImageConfig.from_dict({"config": {"Cmd": "x", "User": 0, "Env": ["A=b", None]}, "history": [None, {"author": "a"}]})
    assert parsed.config is not None
    assert parsed.config.cmd is not None
    assert parsed.config.env is not None
    assert parsed.history is not None
    parsed.config.cmd.append("y")
    parsed.config.user = "root"
    parsed.config.env = None
    parsed.history[0].author = "b"
    assert parsed.to_dict() == {"config": {"Cmd": ["x", "y"], "User": "root"}, "history": [{"author": "b"}]}
    assert attrs.evolve(ContainerConfig.from_dict({"User": 0}), problems=()).to_dict() == {}


def test_written_odd_values_share_no_objects_with_the_model() -> None:
    parsed = ContainerConfig.from_dict({"User": {"a": []}})
    parsed.to_dict()["User"]["a"].append(1)
    assert parsed.to_dict() == {"User": {"a": []}}


LAYER = {"mediaType": "a/b", "digest": DIGEST, "size": 1}
MANIFEST = {"schemaVersion": 2, "config": LAYER, "layers": [LAYER]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"layers": [LAYER, None]}, "layers[1]"),
        ({"layers": [{**LAYER, "size": "1"}]}, "layers[0].size"),
        ({"layers": [{**LAYER, "digest": 5}]}, "layers[0].digest"),
        ({"layers": [{**LAYER, "mediaType": None}]}, "layers[0].mediaType"),
        ({"layers": {}}, "layers"),
        ({"config": []}, "config"),
        ({"config": {**LAYER, "digest": "sha256:ab"}}, "config.digest"),
        ({"subject": "x"}, "subject"),
        ({"subject": {**LAYER, "size": None}}, "subject.size"),
        ({"mediaType": 5}, "mediaType"),
        ({"mediaType": ["application/vnd.oci.image.manifest.v1+json"]}, "mediaType"),
    ],
)
def test_fields_that_safety_rests_on_are_never_odd(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ParseError) as caught:
        ImageManifest.from_dict({**MANIFEST, **change})
    assert caught.value.field == field


def test_optional_fields_of_descriptors_may_be_odd() -> None:
    odd = {**LAYER, "urls": ["https://h.test/", 5], "annotations": {"a": 1}, "platform": {"os": 5, "architecture": "arm64"}}
    parsed = ImageManifest.from_dict({**MANIFEST, "layers": [odd]})
    (layer,) = parsed.layers
    assert (layer.urls, layer.annotations) == (["https://h.test/"], {})
    assert layer.platform is not None
    assert (layer.platform.os, layer.platform.architecture) == (None, "arm64")
    assert parsed.problems[0] == "layers[0].urls[1] should be text, not a number; it is left out"
    assert hash(layer) == hash(Descriptor.from_dict({**odd, "urls": ["https://h.test/"]}))
    assert parsed.to_dict()["layers"] == [odd]


def test_values_of_secret_fields_are_not_in_problems() -> None:
    parsed = TokenResponse.from_dict({"token": "a", "refresh_token": {"s3cr3t": "s3cr3t"}, "issued_at": "s3cr3t"})
    assert len(parsed.problems) == 2
    assert "s3cr3t" not in f"{parsed} {parsed.problems}"


def test_search_results_that_are_no_objects_are_left_out() -> None:
    parsed = SearchResults.from_dict({"results": [None, {"name": "a", "star_count": "5"}]})
    assert [one.name for one in parsed.results] == ["a"]
    assert parsed.problems[0] == "results[0] should be an object, not null; it is left out"


def test_error_entries_keep_what_can_be_read() -> None:
    parsed = ErrorResponse.from_dict({"errors": [None, {"code": 5, "message": "no"}, {"code": "DENIED", "message": []}]})
    assert [(one.code, one.message) for one in parsed.error_details()] == [(None, "no"), ("DENIED", None)]
    assert ErrorResponse.from_dict({"errors": 5}).error_details() == ()


def test_long_lists_of_problems_are_cut_and_nothing_is_lost() -> None:
    document = {"history": [{"author": number} for number in range(500)], "config": {"Env": [1] * MANY}, "author": 5}
    parsed = ImageConfig.from_dict(document)
    assert len(parsed.problems) == 101
    assert parsed.problems[-1] == f"{500 + MANY + 1 - 100} more problems are not listed"
    assert parsed.to_dict() == document
    assert parsed.history is not None
    assert parsed.history[-1].problems


@given(st.text(min_size=1))
def test_keys_from_documents_make_short_printable_problems(key: str) -> None:
    assume(key.strip())
    for name in (key, key * 1_000):
        (problem,) = ContainerConfig.from_dict({"Labels": {name: 1}}).problems
        assert problem.isprintable()
        assert len(problem) < 400


@pytest.mark.parametrize(
    ("document", "messages"),
    [
        ({"errors": [{"code": "DENIED", "message": "no"}]}, ["DENIED: no"]),
        ({"errors": {"code": "DENIED", "message": "no"}}, ["DENIED: no"]),
        ({"errors": "no"}, ["no"]),
        ({"errors": ["no", {"code": "DENIED"}, 5]}, ["no", "DENIED"]),
        ({"errors": [{"code": "DENIED", "message": "", "detail": "why"}]}, ["DENIED: why"]),
        ({"errors": [{"code": 403, "message": "no"}]}, ["no"]),
        ({"errors": []}, []),
        ({"errors": None, "message": "no"}, ["no"]),
        ({"message": "no", "status": 403}, ["no"]),
        ({"error": "no"}, ["no"]),
        ({"title": "Forbidden", "detail": "no"}, ["no"]),
        ({"title": "Forbidden"}, ["Forbidden"]),
        ({"error": {"code": 403}, "message": ["no"]}, []),
    ],
)
def test_the_messages_of_error_bodies_are_found_in_all_forms(document: dict[str, Any], messages: list[str]) -> None:
    parsed = ErrorResponse.from_dict(document)
    assert [str(detail) for detail in parsed.error_details()] == messages
    assert parsed.to_dict() == {name: value for name, value in document.items() if value is not None}
    if isinstance(document.get("errors"), dict | str):
        assert "it is read as a list of one entry" in parsed.problems[0]
        with pytest.raises(ParseError):
            ErrorResponse.from_dict(document, strict=True)
