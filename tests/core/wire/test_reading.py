"""Parsing of JSON values: valid values, absent values, and error messages."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from dateutil.parser import isoparse
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core import wire
from docker_registry_sdk._core.wire.json_values import Mismatch, Parse
from docker_registry_sdk.errors import ParseError
from docker_registry_sdk.v1.models import ContainerConfig as V1Config
from docker_registry_sdk.v2.models import Descriptor, ImageConfig, ImageIndex, ImageManifest, TagList

DIGEST = "sha256:" + "0a" * 32
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Colour(StrEnum):
    """An open enumeration with one known value."""

    RED = "red"


def read(parse: Parse[Any], value: Any) -> Any:
    """Return the result of a parser for a field with a value, which is read strictly."""
    return wire.Reader("Model", {"field": value}, wire.STRICT).optional("field", parse)


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (wire.string, "", ""),
        (wire.integer, 3.0, 3),
        (wire.integer, -(2**70), -(2**70)),
        (wire.number, 5, 5),
        (wire.number, 0.5, 0.5),
        (wire.boolean, False, False),
        (wire.anything, {"a": [None]}, {"a": [None]}),
        (wire.list_of(wire.string), [], []),
        (wire.map_of(wire.string), {"": "x"}, {"": "x"}),
        (wire.map_of(wire.string), {"a": None, "b": "c"}, {"b": "c"}),
        (wire.map_of(wire.anything), {"a": None}, {"a": None}),
        (wire.open_enum(Colour), "red", Colour.RED),
        (wire.open_enum(Colour), "blue", "blue"),
        (wire.either(wire.integer, wire.string), 5, 5),
        (wire.either(wire.integer, wire.string), "5", "5"),
    ],
)
def test_valid_value_is_parsed(parse: Parse[Any], value: Any, expected: Any) -> None:
    found = read(parse, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("parse", "value", "problem"),
    [
        (wire.string, 5, "should be text, not a number"),
        (wire.string, True, "should be text, not true or false"),
        (wire.integer, True, "should be a whole number, not true or false"),
        (wire.integer, "5", "should be a whole number, not text"),
        (wire.integer, 1.5, "should be a whole number"),
        (wire.integer, math.inf, "should be a whole number"),
        (wire.integer, math.nan, "should be a whole number"),
        (wire.number, True, "should be a number, not true or false"),
        (wire.boolean, 0, "should be true or false, not a number"),
        (wire.list_of(wire.string), {}, "should be a list, not an object"),
        (wire.list_of(wire.string), "ab", "should be a list, not text"),
        (wire.map_of(wire.string), [], "should be an object, not a list"),
        (wire.open_enum(Colour), 1, "should be text, not a number"),
    ],
)
def test_error_for_an_invalid_value_names_model_field_and_problem(parse: Parse[Any], value: Any, problem: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(parse, value)
    assert (caught.value.model, caught.value.field) == ("Model", "field")
    assert caught.value.reason.startswith(problem)
    assert caught.value.__cause__ is None


def test_error_names_the_path_of_a_nested_field() -> None:
    layer = {"mediaType": "a/b", "digest": DIGEST, "size": 1}
    manifest = {"schemaVersion": 2, "config": layer, "layers": [layer, layer, {**layer, "size": "big"}]}
    with pytest.raises(ParseError, match=r"^ImageManifest, field layers\[2\]\.size: should be a whole number, not text"):
        ImageManifest.from_dict(manifest)
    with pytest.raises(ParseError, match=r"^ImageManifest, field config\.platform\.os\.features\[0\]: should be text"):
        ImageManifest.from_dict({**manifest, "config": {**layer, "platform": {"os.features": [1]}}}, strict=True)
    with pytest.raises(ParseError, match=r"^Descriptor, field annotations\['a'\]: should be text"):
        Descriptor.from_dict({**layer, "annotations": {"a": 1}}, strict=True)


def test_null_counts_as_absent() -> None:
    reader = wire.Reader("Model", {"a": None}, wire.Report())
    assert reader.optional("a", wire.string) is None
    assert reader.optional("b", wire.string) is None
    for name in ("a", "b"):
        with pytest.raises(ParseError, match=f"Model, field {name}: is missing"):
            reader.required(name, wire.string)


def test_null_in_a_required_list_is_an_empty_list_and_is_not_written() -> None:
    for model, name in ((TagList, "tags"), (ImageIndex, "manifests")):
        parsed: Any = model.from_dict({"schemaVersion": 2, name: None})
        assert getattr(parsed, name) == []
        assert name not in parsed.to_dict()
        entry = Descriptor(media_type="a/b", digest=DIGEST, size=1)
        getattr(parsed, name).append(entry if name == "manifests" else "v1")
        assert len(parsed.to_dict()[name]) == 1
        with pytest.raises(ParseError, match="is missing"):
            model.from_dict({"schemaVersion": 2})


@pytest.mark.parametrize("value", [None, [], "text", 5, 1.5, True])
def test_model_must_be_an_object(value: Any) -> None:
    with pytest.raises(ParseError, match="ImageConfig: should be an object, not"):
        ImageConfig.from_dict(value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29T12:34:56Z", datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC)),
        ("2024-02-29t12:34:56z", datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC)),
        ("2024-02-29T12:34:56.123456789Z", datetime(2024, 2, 29, 12, 34, 56, 123456, tzinfo=UTC)),
        ("2024-02-29T12:34:56.1Z", datetime(2024, 2, 29, 12, 34, 56, 100000, tzinfo=UTC)),
        ("2024-02-29T12:34:56-00:00", datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC)),
        ("2024-02-29T12:34:56+05:30", datetime(2024, 2, 29, 12, 34, 56, tzinfo=timezone(timedelta(hours=5, minutes=30)))),
        (
            "2024-02-29T12:34:56.999999999-23:59",
            datetime(2024, 2, 29, 12, 34, 56, 999999, tzinfo=timezone(-timedelta(hours=23, minutes=59))),
        ),
        ("2024-02-29 12:34:56Z", datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
    ],
)
def test_timestamp_is_parsed_and_formatted_as_the_same_moment(text: str, moment: datetime) -> None:
    found = wire.timestamp(text)
    assert found == moment
    assert found.utcoffset() == moment.utcoffset()
    assert isoparse(wire.format_timestamp(found)) == moment


def test_utc_is_written_as_z() -> None:
    assert wire.format_timestamp(wire.timestamp("2024-02-29T12:34:56+00:00")) == "2024-02-29T12:34:56Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-13-01T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2024-01-01T00:00:00+24:00",
        "9999-12-31T24:00:00Z",
        "2024-02-29",
        "2024-02",
        "2024",
        "2024-W09-4T12:34:56Z",
        "2024-060T12:34:56Z",
        "20240229T123456Z",
        "2024-02-29T12:34Z",
        "2024-02-29T12Z",
        "2024-02-29T24:00:00Z",
        "2024-02-29_12:34:56Z",
        "2024-02-29T12:34:56,5Z",
        "2024-02-29T12:34:56.Z",
        "2024-02-29T12:34:56+05",
        "2024-02-29T12:34:56+0530",
        "2024-02-29T12:34:56+05:30:15",
        "2024-02-29T12:34:56+05:60",
        "2024-02-29T12:34:56Z\n",
        "\x00",
        "٢٠٢٤-01-01",
        "٢٠٢٤-01-01T00:00:00Z",
    ],
)
def test_error_for_an_invalid_timestamp_names_the_field(text: str) -> None:
    with pytest.raises(ParseError, match="ImageConfig, field created: should be an RFC 3339 timestamp"):
        ImageConfig.from_dict({"created": text}, strict=True)


@given(st.text() | st.text("0123456789-+:.TZWtz ,", max_size=30))
def test_any_text_is_parsed_as_a_timestamp_or_a_mismatch(text: str) -> None:
    try:
        found: datetime | Mismatch = wire.timestamp(text)
    except Mismatch as error:
        found = error
    if isinstance(found, Mismatch):
        assert "timestamp" in found.problem.encode().decode()
    else:
        assert isoparse(wire.format_timestamp(found)) == found


def test_command_may_be_text_or_a_list() -> None:
    assert V1Config.from_dict({"Cmd": "sh"}).cmd == "sh"
    assert V1Config.from_dict({"Cmd": ["sh", "-c"]}).cmd == ["sh", "-c"]
    odd = V1Config.from_dict({"Cmd": ["sh", 5, "-c"]})
    assert (odd.cmd, len(odd.problems), odd.to_dict()) == (None, 1, {"Cmd": ["sh", 5, "-c"]})
    with pytest.raises(ParseError, match="ContainerConfig, field Cmd"):
        V1Config.from_dict({"Cmd": [1]}, strict=True)


def test_error_about_hostile_keys_is_one_short_line() -> None:
    for document in ({"annotations": {"x" * 60_000: 1}}, {"annotations": {"\r\n\x1b[2J\ud800": 1}}):
        with pytest.raises(ParseError) as caught:
            Descriptor.from_dict({"mediaType": "a/b", "digest": "sha256:ab", "size": 1, **document}, strict=True)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 2_000


PARSERS: list[Parse[Any]] = [
    wire.string,
    wire.integer,
    wire.number,
    wire.boolean,
    wire.timestamp,
    wire.anything,
    wire.text_list,
    wire.list_of(wire.map_of(wire.integer)),
    wire.open_enum(Colour),
    wire.either(wire.boolean, wire.list_of(wire.string)),
]


@given(JSON, st.sampled_from(PARSERS))
def test_any_value_is_parsed_or_a_parse_error(value: Any, parse: Parse[Any]) -> None:
    found: Any = None
    try:
        read(parse, value)
    except ParseError as error:
        found = error
    assert found is None or (found.model == "Model" and found.field.startswith("field"))


def test_large_integers_are_parsed_but_infinity_is_refused() -> None:
    huge = json.loads(f'{{"mediaType": "a/b", "digest": "{DIGEST}", "size": 1e308}}')
    assert Descriptor.from_dict(huge).size == int(1e308)
    with pytest.raises(ParseError, match="Descriptor, field size"):
        Descriptor.from_dict(json.loads(f'{{"mediaType": "a/b", "digest": "{DIGEST}", "size": 1e999}}'))
