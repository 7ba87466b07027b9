"""Paths with checked values, added queries, and absolute URLs."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.wire import check_path_value, fill_path, follow_url, refuse_query
from docker_registry_sdk._core.wire.request import add_query
from docker_registry_sdk._core.wire.urls import make_absolute, request_target
from docker_registry_sdk.errors import InvalidReferenceError
from docker_registry_sdk.v1.api import get_img_json, put_repo_tag
from docker_registry_sdk.v2.api import create_blob_read_stream, get_manifest, list_referrers, list_tags, start_blob_upload
from tests.core.wire.loopback import Loopback

DIGEST = "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"

REFUSED = [
    "",
    ".",
    "..",
    "%2e%2e",
    "%2e",
    "a%2fb",
    "a%",
    "a?b",
    "a#b",
    "a b",
    " a",
    "a\n",
    "a\r\nX: y",
    "a\tb",
    "a\x00b",
    "a\x7fb",
    "a\\b",
    "ä",
    "\uff0e\uff0e",
    "a\u2028b",
    "a\ud800",
    "a;b",
    "a&b",
    "a'b",
    'a"b',
    "a<b>",
    "{name}",
    "a|b",
    "a^b",
    "a`b",
    "a$b",
    "a!b",
    "(a)",
    "a*b",
    "[a]",
]
REFUSED_IN_NAMES = [*REFUSED, "/a", "a/", "a//b", "a/./b", "a/../b", "../a", "a/..", "/", "//", "https://a.test/b"]

URLS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#\\@"))


def test_slashes_and_colons_are_not_encoded() -> None:
    assert get_manifest.request("library/busybox", DIGEST).url == f"/v2/library/busybox/manifests/{DIGEST}"
    assert get_manifest.request("a/b/c-d.e__f", "v1.0_x-y").url == "/v2/a/b/c-d.e__f/manifests/v1.0_x-y"
    assert create_blob_read_stream.request("a", "sha512:ab").url == "/v2/a/blobs/sha512:ab"
    assert list_referrers.request("a/b", DIGEST).url == f"/v2/a/b/referrers/{DIGEST}"
    assert put_repo_tag.request("library/busybox", "latest", "0123").url == "/v1/repositories/library/busybox/tags/latest"


def test_slashes_and_colons_are_sent_unencoded(loopback: Loopback, http: httpx.Client) -> None:
    loopback.answer = lambda handler: handler.reply(200, b"{}", Content_Type="application/vnd.oci.image.index.v1+json")
    with pytest.raises(Exception, match="ImageIndex"):
        get_manifest.sync(http, "library/busy+box", DIGEST)
    assert loopback.seen[0].line == f"GET /v2/library/busy+box/manifests/{DIGEST} HTTP/1.1"


@pytest.mark.parametrize("value", REFUSED_IN_NAMES)
def test_name_that_is_invalid_in_a_path_is_refused(value: str) -> None:
    with pytest.raises(InvalidReferenceError, match=r"^name .* is invalid: "):
        get_manifest.request(value, "latest")
    with pytest.raises(InvalidReferenceError):
        start_blob_upload.request(value)
    with pytest.raises(InvalidReferenceError):
        list_tags.request(value, next_url="/v2/a/tags/list?n=1")


@pytest.mark.parametrize("value", [*REFUSED, "a/b", "/"])
def test_reference_that_is_invalid_in_a_path_is_refused(value: str) -> None:
    with pytest.raises(InvalidReferenceError, match=r"^reference .* is invalid: "):
        get_manifest.request("a", value)
    with pytest.raises(InvalidReferenceError):
        get_img_json.request(value)


@pytest.mark.parametrize("value", [None, 5, b"a", ["a"]])
def test_path_value_must_be_text(value: object) -> None:
    with pytest.raises(InvalidReferenceError, match="must be a string"):
        check_path_value("name", value, slashes=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_error_does_not_show_a_password() -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        get_manifest.request("https://user:secret@registry.test/library/busybox", "latest")
    assert "secret" not in str(caught.value)


@given(st.text())
def test_any_text_in_a_path_is_refused_or_kept_verbatim(text: str) -> None:
    try:
        path = fill_path("/v2/{name}/tags/{tag}", {"name": text, "tag": "x"}, frozenset(["name"]))
    except InvalidReferenceError as error:
        str(error).encode()
    else:
        assert path == f"/v2/{text}/tags/x"
        assert httpx.URL(f"http://h.test{path}").raw_path.decode() == path


def test_values_are_not_expanded_as_placeholders() -> None:
    assert fill_path("/{a}/{b}", {"a": "b", "b": "a"}) == "/b/a"
    with pytest.raises(InvalidReferenceError):
        fill_path("/{a}/{b}", {"a": "{b}", "b": "x"})


def test_query_values_are_encoded_and_repeated() -> None:
    assert add_query("/x", {"a": "b c/d&e=f", "n": 5, "none": None, "yes": True, "no": False, "tag": ["v1", "v 2"]}) == (
        "/x?a=b%20c%2Fd%26e%3Df&n=5&yes=true&no=false&tag=v1&tag=v%202"
    )
    assert add_query("/x", {"a": None, "b": []}) == "/x"
    assert add_query("/x", {"at": datetime(2024, 5, 1, 10, tzinfo=UTC)}) == "/x?at=2024-05-01T10%3A00%3A00Z"
    with pytest.raises(InvalidReferenceError, match="at is a datetime without a time zone"):
        add_query("/x", {"at": datetime(2024, 5, 1)})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h.test/u", "https://h.test/u?digest=d"),
        ("https://h.test/u?", "https://h.test/u?digest=d"),
        ("https://h.test/u?a=b", "https://h.test/u?a=b&digest=d"),
        ("https://h.test/u?a=b&", "https://h.test/u?a=b&digest=d"),
        ("https://h.test/u?a=%7e+b%2F&c", "https://h.test/u?a=%7e+b%2F&c&digest=d"),
        ("https://h.test?a", "https://h.test?a&digest=d"),
        ("https://h.test/u&", "https://h.test/u&?digest=d"),
        ("/u&", "/u&?digest=d"),
    ],
)
def test_query_is_appended_to_an_existing_query(url: str, expected: str) -> None:
    assert add_query(url, {"digest": "d"}) == expected


@given(URLS.map("/{}".format), st.text(st.characters(exclude_categories=["Cs"])))
def test_added_query_can_be_parsed_and_the_url_before_it_is_kept(url: str, value: str) -> None:
    added = add_query(url, {"digest": value})
    assert added.startswith(url)
    assert parse_qsl(added.partition("?")[2], keep_blank_values=True)[-1] == ("digest", value)


def test_parameters_that_an_opaque_url_contains_are_refused() -> None:
    with pytest.raises(ValueError, match="next_url already contains n and last"):
        list_tags.request("a", next_url="/v2/a/tags/list?n=5", n=5, last="x")
    refuse_query("next_url", n=None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a/b",
        "?a=b",
        "//other.test/a",
        "ftp://h.test/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:",
        "https://",
        "https:///a",
        "https:a",
        "https://:443/a",
        "https://h.test:x/",
        "https://h.test:99999/",
        "https://[::1/",
        "https://user@h.test/",
        "https://user:secret@h.test/",
        "https://@h.test/",
        "https://h.test/a#b",
        "/a#",
        "/a b",
        "/a\tb",
        "/a\r\nX: y",
        "/a\x00",
        "/ä",
        "/a\\b",
        "\\\\h.test\\a",
        "/\\h.test/a",
        " /a",
        "https://h\u3002test/",
        "https://a..b/",
        f"https://{'a' * 64}.test/",
        "https://xn--a/",
    ],
)
def test_unsafe_opaque_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        follow_url("location", url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "/v2/a/blobs/uploads/1?_state=x%2By",
        "/a/../b/./c//d",
        "/a%2fb%zz%7E~",
        "/a\"b'c<d>{e}|f^g`h",
        "https://h.test",
        "HTTPS://H.test:443/a?b=c;d&e&f=%20+",
        "http://[::1]:5000/a?@b",
        "/a?http://x.test/@",
        "/?",
        "http://under_score.test/a",
    ],
)
def test_opaque_url_is_returned_verbatim(url: str) -> None:
    assert follow_url("location", url) == url


def test_opaque_url_must_be_text() -> None:
    with pytest.raises(InvalidReferenceError):
        follow_url("location", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@given(st.text() | URLS | URLS.map("https://{}".format) | URLS.map("/{}".format))
def test_any_opaque_url_is_refused_or_kept_verbatim(url: str) -> None:
    try:
        followed = follow_url("location", url)
        assert followed == url
        absolute = url if "://" in url[:8] else make_absolute("https://h.test/", url)
        assert request_target(absolute).startswith("/")
    except InvalidReferenceError as error:
        str(error).encode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/x?a=b", "https://h.test:5000/x?a=b"),
        ("/x/../y/.?", "https://h.test:5000/x/../y/.?"),
        ("//other.test/x?", "https://other.test/x?"),
        ("https://other.test/a/../b?", "https://other.test/a/../b?"),
        ("https://other.test/b;?c", "https://other.test/b;?c"),
        ("http://other.test/b?", "http://other.test/b?"),
        ("HTTPS://Other.test/b", "HTTPS://Other.test/b"),
        ("z?b=c", "https://h.test:5000/v2/z?b=c"),
        ("?b=c", "https://h.test:5000/v2/a?b=c"),
    ],
)
def test_url_is_made_absolute_and_kept_verbatim(url: str, expected: str) -> None:
    assert make_absolute("https://h.test:5000/v2/a?x=/y", url) == expected


def test_user_info_of_the_request_is_not_added_to_a_url() -> None:
    assert make_absolute("https://user:secret@h.test/v2/", "/x") == "https://h.test/x"
    assert make_absolute("https://user:secret@h.test/v2/", "x") == "https://h.test/v2/x"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h.test", "/"),
        ("https://h.test?a", "/?a"),
        ("https://h.test/a/../b?c=://d", "/a/../b?c=://d"),
        ("http://[::1]/", "/"),
    ],
)
def test_request_target_is_path_and_query(url: str, expected: str) -> None:
    assert request_target(url) == expected
    assert urlsplit(url).path in expected
