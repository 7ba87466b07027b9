"""Strategies of hostile input: texts and JSON documents that are valid except for some changes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

_PIECES = st.one_of(
    st.text(max_size=8),
    st.text(alphabet="\"'\\/:@=,;<>[]%#?& \t\r\n\0-._~+*", max_size=12),
    st.sampled_from(["9" * 30, "a" * 300, "..", "//", "%2F", "xn--", "\u0000", "\u0130", "\ud7ff", "[::1]", "0x7f", "\\\\"]),
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    _PIECES,
    st.sampled_from([-1, 2**63, 10**400, "sha256:" + "0" * 64, "2020-01-01T00:00:00Z"]),
)


def json_values() -> st.SearchStrategy[Any]:
    """Return a strategy of JSON values."""
    return st.recursive(
        _SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_PIECES, inner, max_size=3)), max_leaves=8
    )


@st.composite
def changed_texts(draw: st.DrawFn, seeds: tuple[str, ...]) -> str:
    """Return one of some texts in which up to three places are replaced; sometimes, any text."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.text(max_size=200))
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + draw(_PIECES) * draw(st.sampled_from([1, 1, 1, 20])) + text[end:]
    return text


@st.composite
def changed_documents(draw: st.DrawFn, seeds: tuple[Any, ...]) -> bytes:
    """Return one of some JSON documents in which up to three values are replaced; sometimes, damaged or any bytes."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=200))
    if kind == 1:
        return b"[" * draw(st.sampled_from([10, 100_000]))
    document = json.loads(json.dumps(draw(st.sampled_from(seeds))))
    for _ in range(draw(st.integers(0, 3))):
        _replace(draw, document)
    content = json.dumps(document).encode("utf-8", "surrogatepass")
    return content[: draw(st.integers(0, len(content)))] if kind == 2 else content


def _replace(draw: st.DrawFn, document: Any) -> None:
    """Replace one value at any depth of a document, remove it, or add one."""
    place = document
    while isinstance(place, dict | list) and place:
        key: Any = draw(st.sampled_from(sorted(place))) if isinstance(place, dict) else draw(st.integers(0, len(place) - 1))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.integers(0, 3)) == 0:
            if draw(st.integers(0, 4)) == 0:
                del place[key]
            else:
                place[key] = draw(json_values())
            return
        place = place[key]
