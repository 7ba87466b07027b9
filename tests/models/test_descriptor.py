"""Equality and hashes of descriptors, which are values: frozen, and usable as keys."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.v2.models import Descriptor

TEXTS = st.text(max_size=3)
# Few values for each field, so that two documents are often equal, or differ in one field.
DOCUMENTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "mediaType": st.sampled_from(["a/b", "c/d"]),
        "digest": st.sampled_from([digest_of(b""), digest_of(b"a")]),
        "size": st.integers(0, 1),
    },
    optional={
        "urls": st.lists(TEXTS, max_size=2),
        "annotations": st.dictionaries(TEXTS, TEXTS, max_size=2),
        "artifactType": TEXTS,
        "platform": st.fixed_dictionaries(
            {"os": st.just("linux"), "architecture": TEXTS}, optional={"os.features": st.lists(TEXTS)}
        ),
        "x-more": st.lists(st.none() | st.booleans() | TEXTS, max_size=2),
    },
)


@given(DOCUMENTS, DOCUMENTS)
def test_descriptors_are_equal_if_their_documents_are_and_then_have_the_same_hash(first: Any, second: Any) -> None:
    one, other = Descriptor.from_dict(first), Descriptor.from_dict(second)
    assert (one == other) == (one.to_dict() == other.to_dict())
    assert one != other or hash(one) == hash(other)
    assert len({one, other}) == (1 if one == other else 2)


@given(DOCUMENTS)
def test_a_descriptor_is_a_key(document: Any) -> None:
    descriptor = Descriptor.from_dict(document)
    for twin in (
        Descriptor.from_dict(json.loads(json.dumps(document))),
        Descriptor.from_dict(descriptor.to_dict()),
        copy.deepcopy(descriptor),
        evolve(descriptor),
    ):
        assert {descriptor: "found"}[twin] == "found"
    assert evolve(descriptor, size=descriptor.size + 1) not in {descriptor}


@pytest.mark.parametrize("name", ["media_type", "digest", "size", "urls", "annotations", "platform", "new"])
def test_a_descriptor_cannot_be_changed(name: str) -> None:
    descriptor = Descriptor(media_type="a/b", digest=digest_of(b""), size=0)
    with pytest.raises((FrozenInstanceError, AttributeError)):
        setattr(descriptor, name, None)
