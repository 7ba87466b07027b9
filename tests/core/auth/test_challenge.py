"""Challenges in the syntax of RFC 9110, and with the deviations of servers."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.auth.challenge import Challenge, parse_challenges

TOKEN = st.text("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
QUOTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.just("\t"), max_size=20)
PARAMETERS = st.dictionaries(TOKEN, QUOTABLE, max_size=4)
BLANKS = st.sampled_from(["", " ", "\t", "  "])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('Basic realm="x"', [("basic", {"realm": "x"}, "")]),
        # The example of RFC 9110 section 11.6.1.
        (
            'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
            [("basic", {"realm": "simple"}, ""), ("newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}, "")],
        ),
        ("Negotiate", [("negotiate", {}, "")]),
        (
            "Bearer realm='https://a/t',scope='repository:a:pull,push'",
            [("bearer", {"realm": "https://a/t", "scope": "repository:a:pull,push"}, "")],
        ),
        ("Basic realm='it''s'", [("basic", {"realm": "'it''s'"}, "")]),
        ("Negotiate abc", [("negotiate", {}, "abc")]),
        ("x/", [("x", {}, "")]),
        ("Negotiate YII=", [("negotiate", {}, "YII=")]),
        ('Negotiate YII==, Basic realm="x"', [("negotiate", {}, "YII=="), ("basic", {"realm": "x"}, "")]),
        ('Negotiate, Basic realm="x"', [("negotiate", {}, ""), ("basic", {"realm": "x"}, "")]),
        (
            'Bearer realm="https://a/t",service="s",scope="repository:a:pull,push registry:catalog:*"',
            [("bearer", {"realm": "https://a/t", "service": "s", "scope": "repository:a:pull,push registry:catalog:*"}, "")],
        ),
        ("Bearer realm=https://a/t?x=y,service=s", [("bearer", {"realm": "https://a/t?x=y", "service": "s"}, "")]),
        ('BEARER Realm = "x" , SERVICE ="y"', [("bearer", {"realm": "x", "service": "y"}, "")]),
        ('Basic realm="x" charset="UTF-8"', [("basic", {"realm": "x", "charset": "UTF-8"}, "")]),
        (', ,Basic realm="x",,', [("basic", {"realm": "x"}, "")]),
        ('Basic realm="one", realm="two"', [("basic", {"realm": "one"}, "")]),
        ('Basic realm="never closed, Bearer', [("basic", {"realm": "never closed, Bearer"}, "")]),
        ('realm="x"', []),
        ('realm="x", Basic realm="y"', [("basic", {"realm": "y"}, "")]),
        ('"quoted", Basic realm="y"', [("basic", {"realm": "y"}, "")]),
        ("", []),
        (" ,, ", []),
    ],
)
def test_header_is_parsed(value: str, expected: list[tuple[str, dict[str, str], str]]) -> None:
    assert parse_challenges([value]) == tuple(Challenge(*one) for one in expected)


def test_several_headers_keep_their_order() -> None:
    found = parse_challenges(['Bearer realm="x"', "Negotiate", 'Basic realm="y"'])
    assert [one.scheme for one in found] == ["bearer", "negotiate", "basic"]


def test_a_challenge_ends_with_its_header() -> None:
    first, second = parse_challenges(['Bearer realm="x"', 'service="y", Basic realm="z"'])
    assert first.parameters == {"realm": "x"}
    assert second.parameters == {"realm": "z"}


@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_text_is_parsed_without_an_error(values: list[str]) -> None:
    for challenge in parse_challenges(values):
        assert challenge.scheme == challenge.scheme.lower()


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_any_header_is_parsed_without_an_error(values: list[bytes]) -> None:
    headers = httpx.Headers([(b"www-authenticate", value) for value in values])
    parse_challenges(headers.get_list("WWW-Authenticate"))


@given(st.lists(st.tuples(TOKEN, PARAMETERS), max_size=4), BLANKS, st.booleans())
def test_valid_challenges_are_parsed(expected_challenges: list[tuple[str, dict[str, str]]], blank: str, together: bool) -> None:
    def quote(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    texts = [
        f"{scheme} " + f"{blank},{blank}".join(f"{name}{blank}={blank}{quote(value)}" for name, value in parameters.items())
        for scheme, parameters in expected_challenges
    ]
    found = parse_challenges([", ".join(texts)] if together else texts)
    assert [(one.scheme, dict(one.parameters)) for one in found] == expected_challenges


def test_a_long_header_is_parsed_in_linear_time() -> None:
    for text in ("a " * 50_000, "a=" * 50_000, '"' + "\\" * 99_999, "a" * 100_000 + "=" * 50_000 + "!", "a," * 50_000):
        parse_challenges([text])
