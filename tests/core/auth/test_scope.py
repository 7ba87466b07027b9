"""Scopes: parsing, merging and comparing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.auth.scope import Scope, ScopeSet

WORD = st.text("abc/:-", min_size=1, max_size=6)
ACTIONS = st.frozensets(st.sampled_from(["pull", "push", "delete", "*"]), min_size=1)
SCOPES = st.lists(st.builds(lambda name, actions: Scope(f"repository:{name}", actions), WORD, ACTIONS), max_size=4)


def parse(*texts: str) -> ScopeSet:
    """Return the set of the scopes in the texts."""
    return ScopeSet.parse(texts)


def shown(scopes: ScopeSet) -> list[str]:
    """Return the scopes as a token request contains them."""
    return [str(scope) for scope in scopes.scopes]


@pytest.mark.parametrize(
    "text",
    [
        "repository:a:pull",
        "repository:library/busybox:pull,push",
        "repository:localhost:5000/name:pull",
        "repository(plugin):a:pull",
        "registry:catalog:*",
        "repository:a:",
        "profile",
    ],
)
def test_a_scope_is_sent_unchanged(text: str) -> None:
    assert shown(parse(text)) == [text]


def test_the_name_may_contain_a_colon() -> None:
    scope = Scope.parse("repository:localhost:5000/name:push,pull")
    assert scope == Scope("repository:localhost:5000/name", frozenset({"pull", "push"}))


def test_one_text_may_contain_several_scopes() -> None:
    assert shown(parse("repository:a:pull  repository:b:push")) == ["repository:a:pull", "repository:b:push"]


def test_actions_of_one_resource_are_merged() -> None:
    assert shown(parse("repository:a:push", "repository:b:pull", "repository:a:pull")) == [
        "repository:a:pull,push",
        "repository:b:pull",
    ]


def test_new_scopes_come_first() -> None:
    assert shown(parse("repository:a:pull").with_scopes(parse("repository:b:pull").scopes)) == [
        "repository:b:pull",
        "repository:a:pull",
    ]


@pytest.mark.parametrize(
    ("have", "want", "covered"),
    [
        ("repository:a:pull,push", "repository:a:pull", True),
        ("repository:a:pull", "repository:a:pull,push", False),
        ("repository:a:*", "repository:a:pull,delete", True),
        ("repository:a:pull", "repository:b:pull", False),
        ("repository:a:pull repository:b:pull", "repository:b:pull", True),
        ("registry:catalog:*", "registry:catalog:*", True),
        ("repository:a:pull", "", True),
        ("", "profile", False),
        ("", "repository:a:", False),
        ("", "", True),
    ],
)
def test_a_set_covers_another_if_it_allows_each_action(have: str, want: str, covered: bool) -> None:
    assert parse(have).covers(parse(want)) is covered


def test_sets_touch_when_they_share_a_resource() -> None:
    assert parse("repository:a:pull").touches(parse("repository:b:pull", "repository:a:push"))
    assert not parse("repository:a:pull").touches(parse("repository:b:pull"))


@given(SCOPES)
def test_the_text_of_scopes_is_parsed_to_equal_scopes(scopes: list[Scope]) -> None:
    expected = ScopeSet().with_scopes(scopes)
    assert ScopeSet.parse(shown(expected)) == expected


@given(SCOPES, SCOPES)
def test_a_widened_set_covers_both(one: list[Scope], other: list[Scope]) -> None:
    first, second = ScopeSet().with_scopes(one), ScopeSet().with_scopes(other)
    both = first.with_scopes(second.scopes)
    assert both.covers(first)
    assert both.covers(second)


@given(st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_parsed_without_an_error(texts: list[str]) -> None:
    shown(ScopeSet.parse(texts))
