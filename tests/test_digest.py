"""Digests: parsing, computing and verifying."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.digest import Digest, Verifier, digest_of, to_digest, to_reference
from docker_registry_sdk.errors import DigestMismatchError, InvalidDigestError, InvalidReferenceError

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LONG = "sha512:" + "0a" * 64


@pytest.mark.parametrize(("text", "algorithm"), [(EMPTY, "sha256"), (LONG, "sha512"), ("blake3:" + "9" * 64, "blake3")])
def test_registered_algorithms_are_parsed(text: str, algorithm: str) -> None:
    digest = Digest(text)
    assert (digest.algorithm, digest.encoded) == (algorithm, text.partition(":")[2])
    assert str(digest) == f"{digest}" == text
    assert type(str(digest)) is str


# The examples of https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests, and the empty MD5.
@pytest.mark.parametrize(
    "text",
    [
        "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8",
        "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
    ],
)
def test_other_algorithms_are_parsed_but_not_verified(text: str) -> None:
    digest = Digest(text)
    assert (f"{digest.algorithm}:{digest.encoded}", to_digest(text), to_reference(text)) == (text, digest, digest)
    with pytest.raises(InvalidDigestError, match=r"is not supported\. Use sha256 or sha512"):
        Verifier(digest.algorithm)
    with pytest.raises(InvalidDigestError, match=r"is not supported\. Use sha256 or sha512"):
        Verifier().verify(None, text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "has no colon"),
        ("sha256", "has no colon"),
        (EMPTY.removeprefix("sha256:"), "has no colon"),
        ("sha256:", "64 hexadecimal digits after sha256:, not 0"),
        ("sha256:cafebabe", "64 hexadecimal digits after sha256:, not 8"),
        (EMPTY + "0", "not 65"),
        (LONG[:-1], "128 hexadecimal digits after sha512:, not 127"),
        (EMPTY.upper().replace("SHA", "sha"), "lower case"),
        ("SHA256:" + "a" * 64, "algorithm 'SHA256' is malformed"),
        ("a..b:aa", "malformed"),
        (".:aa", "malformed"),
        (":aa", "algorithm '' is malformed"),
        ("a/b:aa", "/ and @ are not allowed. Pass the tag or the digest alone"),
        ("localhost:5000/a:1", "/ and @ are not allowed"),
        ("a@" + EMPTY, "/ and @ are not allowed"),
        ("md5:", "at least one"),
        ("md5:..", "only letters"),
        ("md5:a/b", "/ and @ are not allowed"),
        ("md5:a:b", "only letters"),
        ("md5:a\n", "only letters"),
        ("md5:\u0661", "only letters"),
        ("sha256:" + "g" * 64, "only the digits"),
        ("sha256:" + "../" * 21 + "a", "only the digits"),
        ("sha256:" + "\u0661" * 64, "only the digits"),
        (EMPTY + "\n", "not 65"),
        (" " + EMPTY, "malformed"),
    ],
)
def test_invalid_digest_is_rejected_with_the_reason(text: str, part: str) -> None:
    with pytest.raises(InvalidDigestError, match=part) as caught:
        Digest(text)
    assert isinstance(caught.value, InvalidReferenceError)
    assert isinstance(caught.value, ValueError)


@given(st.text() | st.from_regex(r"sha(256|512):[0-9a-fA-F]{60,130}"))
def test_any_text_parses_to_itself_or_is_rejected_in_one_printable_line(text: str) -> None:
    try:
        found = Digest(text)
    except InvalidDigestError as error:
        problem = str(error)
    else:
        problem = ""
        assert found == text
    assert problem.isprintable()
    assert len(problem) < 1500


@pytest.mark.parametrize("thing", [None, 5, b"sha256:", ["sha256:"]])
def test_other_types_than_str_are_rejected(thing: object) -> None:
    with pytest.raises(InvalidDigestError, match="must be a string"):
        Digest(thing)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_digest_is_an_immutable_str() -> None:
    digest = Digest(EMPTY)
    assert isinstance(digest, str)
    assert digest == EMPTY
    assert EMPTY in {digest}
    assert json.dumps({"digest": digest}) == json.dumps({"digest": EMPTY})
    assert repr(digest) == f"Digest('{EMPTY}')"
    assert Digest(digest) is digest
    with pytest.raises(AttributeError):
        digest.algorithm = "sha512"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        digest.other = 1  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def test_copies_are_digests() -> None:
    for twin in (pickle.loads(pickle.dumps(Digest(EMPTY))), copy.copy(Digest(EMPTY)), copy.deepcopy(Digest(EMPTY))):
        assert twin == EMPTY
        assert type(twin) is Digest


@given(st.binary(), st.sampled_from(["sha256", "sha512"]))
def test_digest_of_equals_hashlib(data: bytes, algorithm: str) -> None:
    assert digest_of(data, algorithm) == f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def test_default_algorithm_is_sha256() -> None:
    assert digest_of(b"") == EMPTY


@given(st.lists(st.binary(max_size=20)))
def test_verifier_accepts_bytes_in_any_pieces(pieces: list[bytes]) -> None:
    verifier = Verifier()
    for piece in pieces:
        verifier.update(piece)
    whole = b"".join(pieces)
    assert verifier.size == len(whole)
    assert verifier.verify(len(whole), digest_of(whole)) == verifier.digest == digest_of(whole)
    assert verifier.verify(None, str(digest_of(whole))) == digest_of(whole)


def test_verifier_counts_bytes_rather_than_items() -> None:
    verifier = Verifier()
    verifier.update(memoryview(bytes(8)).cast("I"))
    verifier.update(bytearray(2))
    assert verifier.verify(10, digest_of(bytes(10)))


@pytest.mark.parametrize(("size", "digest"), [(3, digest_of(b"other")), (None, digest_of(b"other")), (4, digest_of(b"abc"))])
def test_mismatch_shows_expected_and_actual(size: int | None, digest: Digest) -> None:
    verifier = Verifier()
    verifier.update(b"abc")
    with pytest.raises(DigestMismatchError) as caught:
        verifier.verify(size, digest)
    error = caught.value
    assert (error.expected, error.actual) == (digest, digest_of(b"abc"))
    assert (error.expected_size, error.actual_size) == (size, 3)
    assert digest in str(error)
    assert digest_of(b"abc") in str(error)


def test_verifier_can_be_updated_after_verify() -> None:
    verifier = Verifier("sha512")
    verifier.update(b"a")
    assert verifier.verify(1, digest_of(b"a", "sha512"))
    verifier.update(b"b")
    assert verifier.verify(2, digest_of(b"ab", "sha512"))


@pytest.mark.parametrize("algorithm", ["blake3", "md5", "sha1", "", "SHA256", "shake_128"])
def test_verifier_rejects_other_algorithms(algorithm: str) -> None:
    with pytest.raises(InvalidDigestError, match=r"is not supported\. Use sha256 or sha512"):
        Verifier(algorithm)


def test_digest_of_another_algorithm_is_not_a_mismatch() -> None:
    with pytest.raises(InvalidDigestError, match="Create the verifier with sha512"):
        Verifier().verify(0, LONG)


def test_verify_rejects_an_invalid_digest() -> None:
    with pytest.raises(InvalidDigestError):
        Verifier().verify(0, "sha256:e3b0")


@frozen
class Named:
    """An object with a digest, as a descriptor or the result of a call is."""

    digest: str | None


DIGESTS = st.from_regex(
    r"(sha256|blake3):[0-9a-f]{64}|sha512:[0-9a-f]{128}|[a-z]{1,3}[+._-][0-9]:[A-Za-z0-9=_-]{1,9}", fullmatch=True
)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", fullmatch=True)


@given(DIGESTS)
def test_each_form_of_a_digest_is_the_same_digest(text: str) -> None:
    forms = (text, Digest(text), Named(text), Named(Digest(text)))
    for form in forms:
        assert type(to_digest(form)) is Digest
        assert type(to_reference(form)) is Digest
        assert to_digest(form) == to_reference(form) == text


@given(TAGS)
def test_tag_is_a_reference_but_no_digest(tag: str) -> None:
    assert to_reference(tag) is tag
    with pytest.raises(InvalidDigestError):
        to_digest(tag)


@pytest.mark.parametrize("tag", ["v1", "1.0-rc.1", "a" * 63, "A" * 64])
def test_error_for_a_tag_says_how_to_get_the_digest(tag: str) -> None:
    with pytest.raises(InvalidDigestError) as caught:
        to_digest(tag)
    assert str(caught.value) == f"'{tag}' is a tag. Resolve the tag first: client.resolve('{tag}')."


@given(st.text() | st.from_regex(r"sha(256|512):[0-9a-fA-F]{60,130}"))
def test_text_that_is_no_digest_is_rejected_in_each_form(text: str) -> None:
    try:
        Digest(text)
    except InvalidDigestError:
        for value in (text, Named(text)):
            with pytest.raises(InvalidDigestError):
                to_digest(value)
        with pytest.raises(InvalidDigestError):
            to_reference(Named(text))


@pytest.mark.parametrize("convert", [to_digest, to_reference])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "not NoneType"),
        (5, "not int"),
        (EMPTY.encode(), "not bytes"),
        ([EMPTY], "not list"),
        (Named(None), "has no digest"),
        (Named(5), "must be a string, not int"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ],
)
def test_value_without_a_digest_is_rejected(convert: Callable[[Any], object], value: object, problem: str) -> None:
    with pytest.raises(InvalidDigestError, match=problem):
        convert(value)


def test_the_hint_for_an_object_without_a_digest_depends_on_the_argument() -> None:
    with pytest.raises(InvalidDigestError, match="Resolve its tag first"):
        to_digest(Named(None))
    with pytest.raises(InvalidDigestError, match="Pass its tag"):
        to_reference(Named(None))


def test_text_with_a_colon_is_never_a_tag() -> None:
    with pytest.raises(InvalidDigestError):
        to_reference("sha256:cafe")


def test_hexadecimal_digits_without_an_algorithm_are_no_tag() -> None:
    with pytest.raises(InvalidDigestError, match="has no colon"):
        to_digest(EMPTY.removeprefix("sha256:"))
