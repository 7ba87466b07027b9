"""Parsing and formatting scopes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.testing.auth.scopes import format_scopes, from_claim, parse_scopes, to_claim
from docker_registry_sdk.testing.v2.access import Access

accesses = st.lists(
    st.builds(
        Access,
        st.text("az09", min_size=1, max_size=5),
        st.builds(str.__add__, st.sampled_from(["", "host:5000/"]), st.text("az", min_size=1, max_size=5)),
        st.sampled_from(["pull", "push", "delete", "admin"]),
    ),
    unique=True,
)


@given(accesses)
def test_round_trip(rights: list[Access]) -> None:
    assert set(parse_scopes(format_scopes(rights))) == set(rights)
    assert from_claim(to_claim(rights)) == set(rights)


@given(st.text())
def test_any_text(text: str) -> None:
    try:
        parse_scopes(text)
    except ValueError as error:
        assert "malformed" in str(error)


def test_no_duplicate_rights() -> None:
    rights = parse_scopes("repository:a:pull,pull repository(image):a:pull  repository:a:*")
    assert rights == [Access("repository", "a", action) for action in ("pull", "push", "delete")]


@pytest.mark.parametrize("text", ["a", "a:b", "a::c", ":b:c", "a(:b:c", "a():b:c", "a:b:c:d", "a:b:c,D", "a:b\u00e9:c"])
def test_malformed(text: str) -> None:
    with pytest.raises(ValueError, match="malformed"):
        parse_scopes(text)
