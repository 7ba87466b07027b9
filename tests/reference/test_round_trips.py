"""Random references and texts: the text of a parsed value parses to an equal value."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from docker_registry_sdk.errors import InvalidReferenceError
from docker_registry_sdk.reference import DEFAULT_TAG, Repo, parse_index, parse_repo, parse_repo_and_ref

HEX = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a"
DIGEST = f"sha256:{HEX}"


def outcome(parse: Any, *arguments: str | None) -> tuple[Any, str]:
    """Return the result of a function and "", or None and the message of its error."""
    try:
        return parse(*arguments), ""
    except InvalidReferenceError as error:
        return None, str(error)


COMPONENT = st.from_regex(r"[a-z0-9]{1,3}((\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}", fullmatch=True)
NAME = st.lists(COMPONENT, min_size=1, max_size=4).map("/".join)
HOST = st.sampled_from(
    ["", "docker.io/", "index.docker.io/", "quay.io/", "localhost/", "localhost:5000/", "[::1]:5000/", "[::1]/", "HOST/"]
)
SCHEME = st.sampled_from(["", "https://"])
TAG = st.from_regex(r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,20})?", fullmatch=True)
ENCODED = st.sampled_from(["", f"@{DIGEST}", "@sha512:" + "0" * 128])


@given(HOST, NAME, TAG, ENCODED, st.sampled_from([None, "quay.io", "http://localhost:5000"]))
@example("docker.io/", HEX, "", "", None)
@example("docker.io/", "localhost/foo", "", "", None)
@example("docker.io/", "foo.bar/baz", "", "", None)
@example("docker.io/", "library/a/b", "", "", None)
def test_text_of_a_reference_parses_to_an_equal_value(host: str, name: str, tag: str, digest: str, default: str | None) -> None:
    try:
        ref = parse_repo_and_ref(f"{host}{name}{tag}{digest}", default)
    except InvalidReferenceError:
        return  # such as a name whose first component is parsed as a host
    for other in (None, "ghcr.io", "https://localhost:5000"):
        assert parse_repo_and_ref(str(ref), other) == ref
        repo = Repo(ref.index, ref.remote_name)
        assert parse_repo(str(repo), other) == repo
    assert parse_index(str(ref.index)) == ref.index


@given(SCHEME, HOST.filter(lambda host: host not in ("", "HOST/")), NAME, TAG, ENCODED)
def test_everything_in_the_grammar_is_accepted(scheme: str, host: str, name: str, tag: str, digest: str) -> None:
    ref = parse_repo_and_ref(f"{scheme}{host}{name}{tag}{digest}")
    assert (ref.tag or "") == (tag[1:] or ("" if digest else DEFAULT_TAG))
    assert (ref.digest or "") == digest[1:]
    assert ref.remote_name in (name, f"library/{name}")
    assert ref.index.scheme == (scheme[:5] or None)


@given(st.text() | st.text("aA0.:/@[]-_ \n", max_size=30), st.none() | st.text(max_size=10))
def test_any_text_is_parsed_or_rejected(text: str, default: str | None) -> None:
    for parse in (parse_repo_and_ref, parse_repo, parse_index):
        arguments = (text,) if parse is parse_index else (text, default)
        found, problem = outcome(parse, *arguments)
        assert problem.isprintable()
        assert len(problem) < 1500
        assert found is None or parse(str(found)) == found
