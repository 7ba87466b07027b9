"""The fallback tag of referrers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.client.fallback import fallback_tag
from docker_registry_sdk.reference import parse_repo_and_ref

A = "a" * 200
PARTS = st.text(st.characters(codec="utf-8"), min_size=1)


@pytest.mark.parametrize(
    ("digest", "tag"),
    [
        (f"sha256:{A[:64]}", f"sha256-{A[:64]}"),
        (f"sha512:{A[:128]}", f"sha512-{A[:64]}"),
        (
            "test+algorithm+using+algorithm+separators+and+lots+of+characters+to+excercise+overall+truncation:"
            "alsoSome=InTheEncodedSectionToShowHyphenReplacementAndLotsAndLotsOfCharactersToExcerciseEncodedTruncation",
            "test-algorithm-using-algorithm-s-alsoSome-InTheEncodedSectionToShowHyphenReplacementAndLotsAndLot",
        ),
    ],
)
def test_the_examples_of_the_specification(digest: str, tag: str) -> None:
    assert fallback_tag(digest) == tag


@given(st.from_regex(r"[a-z0-9]+([+._-][a-z0-9]+)*", fullmatch=True), PARTS)
def test_every_digest_has_a_valid_fallback_tag(algorithm: str, encoded: str) -> None:
    tag = fallback_tag(f"{algorithm}:{encoded}")
    assert re.fullmatch("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", tag)
    assert parse_repo_and_ref(f"example.com/a:{tag}").tag == tag
    assert len(tag) == min(len(algorithm), 32) + 1 + min(len(encoded), 64)


@given(PARTS.filter(lambda text: ":" not in text), PARTS)
def test_characters_that_are_valid_in_tags_are_kept(algorithm: str, encoded: str) -> None:
    whole = f"{algorithm[:32]}-{encoded[:64]}"
    tag = fallback_tag(f"{algorithm}:{encoded}")
    assert len(tag) == len(whole)
    for before, after in zip(whole, tag, strict=True):
        assert after == (before if re.fullmatch("[A-Za-z0-9._-]", before) else "-")
