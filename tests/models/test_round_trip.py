"""Models parse and write random documents of their schemas without loss, and raise only ParseError."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docker_registry_sdk.errors import ParseError
from docker_registry_sdk.v2.models import ImageManifest
from tests.models.specification import DIGEST, canonical, generated, has_null_list, minimal, model_documents, models, schemas

MODELS = models()
IDS = [f"{package}.{name}" for package, name in MODELS]
each_model = pytest.mark.parametrize(("package", "name"), MODELS, ids=IDS)
often = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def model_of(package: str, name: str) -> Any:
    """Return a generated class."""
    return getattr(generated(package), name)


def test_every_model_has_a_schema_of_its_name() -> None:
    assert [(package, name) for package, name in MODELS if "properties" not in schemas(package)[name]] == []
    assert len(MODELS) > 30


@each_model
@often
@given(data=st.data())
def test_document_survives_the_round_trip(package: str, name: str, data: st.DataObject) -> None:
    schema, model = schemas(package)[name], model_of(package, name)
    document = data.draw(model_documents(package, name))
    before = copy.deepcopy(document)
    parsed = model.from_dict(document)
    written = parsed.to_dict()
    assert canonical(package, schema, written) == canonical(package, schema, document)
    assert document == before
    if not has_null_list(package, schema, document):
        assert model.from_dict(written) == parsed
    assert json.loads(json.dumps(written)) == written


@each_model
@often
@given(data=st.data())
def test_model_survives_copying_and_pickling(package: str, name: str, data: st.DataObject) -> None:
    parsed = model_of(package, name).from_dict(data.draw(model_documents(package, name)))
    for twin in (pickle.loads(pickle.dumps(parsed)), copy.deepcopy(parsed)):
        assert twin == parsed
        assert twin.to_dict() == parsed.to_dict()


@each_model
@often
@given(data=st.data())
def test_junk_is_parsed_or_raises_a_parse_error_that_names_the_model(package: str, name: str, data: st.DataObject) -> None:
    model = model_of(package, name)
    document = data.draw(model_documents(package, name, junk=True))
    found: Any
    try:
        found = model.from_dict(document)
    except ParseError as error:
        found = error
    if isinstance(found, ParseError):
        assert found.model == name
        assert found.problem
        assert "\n" not in str(found)
        assert str(found).encode()
    else:
        assert json.dumps(found.to_dict())
        assert repr(found)


@each_model
def test_missing_or_null_required_field_is_named(package: str, name: str) -> None:
    schema, model = schemas(package)[name], model_of(package, name)
    whole = minimal(package, schema)
    assert model.from_dict(whole).to_dict() == whole
    for missing in schema.get("required", []):
        with pytest.raises(ParseError) as caught:
            model.from_dict({key: value for key, value in whole.items() if key != missing})
        assert (caught.value.model, caught.value.field, caught.value.reason) == (name, missing, "is missing")


@each_model
def test_change_of_a_parsed_model_is_written(package: str, name: str) -> None:
    parsed = model_of(package, name).from_dict(minimal(package, schemas(package)[name]))
    parsed.additional_properties["x.own"] = [None]
    assert parsed.to_dict()["x.own"] == [None]


def test_written_document_shares_no_objects_with_the_model() -> None:
    layer = {"mediaType": "a/b", "digest": DIGEST, "size": 1, "urls": ["https://h.test/"], "annotations": {"a": "b"}}
    parsed = ImageManifest.from_dict({"schemaVersion": 2, "config": layer, "layers": [layer], "own": {"deep": [1]}})
    written = parsed.to_dict()
    written["config"]["urls"].append("https://evil.test/")
    written["config"]["annotations"]["c"] = "d"
    assert parsed.config.urls == ["https://h.test/"]
    assert parsed.config.annotations == {"a": "b"}
