"""Parsing of response headers into typed values."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urljoin

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.wire import (
    CALL,
    CallContext,
    boolean_header,
    integer_header,
    list_header,
    next_link,
    required,
    text_header,
    url_header,
)
from docker_registry_sdk.errors import ParseError, TransportError
from docker_registry_sdk.v2.api import list_tags, put_manifest, start_blob_upload

REQUEST = httpx.Request("GET", "https://h.test/v2/a/tags/list?n=2")


def with_header(name: str, *values: str, status: int = 200) -> httpx.Response:
    """Return a response with a header, repeated for several values."""
    return httpx.Response(status, headers=[(name, value) for value in values], request=REQUEST)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("1_000", None),
        ("", None),
        ("abc", None),
        ("5, 5", None),
        ("9" * 5000, None),
    ],
)
def test_integer_header_is_parsed_or_none(value: str, expected: int | None) -> None:
    assert integer_header(with_header("X", value), "x") == expected


@pytest.mark.parametrize("value", ["²", "٣"])
def test_digits_of_other_scripts_are_not_a_number(value: str) -> None:
    response = httpx.Response(200, headers=[(b"X", value.encode())])
    assert integer_header(response, "X") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("True", True), ("1", True), ("0", False), ("FALSE", False), ("mirror", None), ("", None)],
)
def test_boolean_header_is_parsed_or_none(value: str, expected: bool | None) -> None:
    assert boolean_header(with_header("X", value), "x") is expected


def test_absent_headers_are_none() -> None:
    response = httpx.Response(200, request=REQUEST)
    assert text_header(response, "X") is None
    assert integer_header(response, "X") is None
    assert boolean_header(response, "X") is None
    assert list_header(response, "X") is None
    assert url_header(response, "X") is None
    assert next_link(response) is None


def test_list_may_be_repeated_or_joined() -> None:
    assert list_header(with_header("OCI-Tag", "v1", "v2, v3,,"), "oci-tag") == ["v1", "v2", "v3"]
    assert list_header(with_header("OCI-Tag", ""), "oci-tag") == []
    assert put_manifest.parse(with_header("OCI-Tag", "v1", "v2", status=201)).oci_tag == ["v1", "v2"]


def test_required_header_that_is_missing_names_class_and_header() -> None:
    for response in (httpx.Response(202, request=REQUEST), with_header("Location", "", status=202)):
        with pytest.raises(ParseError, match="StartBlobUploadAccepted, field Location: is missing") as caught:
            start_blob_upload.parse(response)
        assert (caught.value.model, caught.value.field) == ("StartBlobUploadAccepted", "Location")
    assert required(0, "X", "Y") == 0


def test_url_is_made_absolute_if_the_request_is_known() -> None:
    assert url_header(with_header("Location", " /x?y "), "location") == "https://h.test/x?y"
    assert url_header(httpx.Response(202, headers={"Location": "/x"}), "Location") == "/x"
    assert url_header(with_header("Location", "https://[::1"), "Location") == "https://[::1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('</v2/a/tags/list?last=b&n=2>; rel="next"', "/v2/a/tags/list?last=b&n=2"),
        ("</x>; rel=next", "/x"),
        ("</x>;rel=next", "/x"),
        ('</x> ; rel = "next"', "/x"),
        ('</x>; REL="next"', "/x"),
        ('</x>; rel="NEXT"', "/x"),
        ('</x>; rel="last next"', "/x"),
        ('</x>; title="a; b, <c>"; rel="next"', "/x"),
        ('</x>; rel="next"; title="a; b"', "/x"),
        ('</a>; rel="prev", </x>; rel="next"', "/x"),
        ('</a>; rel="prev",</x>; rel="next"', "/x"),
        ('</x>; rel="next", </z>; rel="next"', "/x"),
        ('</x>; rel="next"; rel="prev"', "/x"),
        ('</x?a=1;b=2>; rel="next"', "/x?a=1;b=2"),
        ('</x?a=1,b=2>; rel="next"', "/x?a=1,b=2"),
        ("</x?a='b'>; rel=next", "/x?a='b'"),
        ("</x'>; rel=next", "/x'"),
        ('</x?q="b">; rel="next"', '/x?q="b"'),
        ('</x/../y?>; rel="next"', "/x/../y?"),
        # A link without `rel`: other clients take it for the link to the next page.
        ("</x>", "/x"),
        ('</x>; title="next"', "/x"),
        ('</a>; rel="prev", </x>', "/x"),
        ('</a>, </x>; rel="next"', "/x"),
        # Without angle brackets, or with only one.
        ('/x?a=1,2; rel="next"', "/x?a=1,2"),
        ("/x?a=1;b=2;rel=next", "/x?a=1;b=2"),
        ('https://h.test/x?a=1; rel="next", </a>; rel="prev"', "/x?a=1"),
        ('</a>; rel="prev", /x; title="t"; rel="next"', "/x"),
        ('</x; rel="next"', "/x"),
        ('< /x >; rel="next"', "/x"),
        # Quotes and separators that the grammar does not allow.
        ("</x>; rel='next'", "/x"),
        ("</x>; rel='prev next'; title='a b'", "/x"),
        ('</x>; rel="next', "/x"),
        ('</x>; rel="prev,next"', "/x"),
        ("</x>;;rel=next;", "/x"),
        ('</x>; rel="prev"; rel="next"', "/x"),
        ("garbage, </x>; rel=next", "/x"),
        # Characters that should be percent-encoded.
        ('</x?last=1 2>; rel="next"', "/x?last=1%202"),
        ('</x?a|b^c`{d}>; rel="next"', "/x?a|b^c`{d}"),
    ],
)
def test_next_link_is_found_and_kept_verbatim(value: str, expected: str) -> None:
    assert next_link(with_header("Link", value)) == f"https://h.test{expected}"


def test_next_link_may_be_in_a_second_link_header() -> None:
    assert next_link(with_header("Link", '</a>; rel="prev"', '</x>; rel="next"')) == "https://h.test/x"


@pytest.mark.parametrize(
    "value", ['<?last=b>; rel="next"', '<list?last=b>; rel="next"', '<https://h.test/v2/a/tags/list?last=b>; rel="next"']
)
def test_next_link_is_relative_to_the_request(value: str) -> None:
    assert next_link(with_header("Link", value)) == "https://h.test/v2/a/tags/list?last=b"


@pytest.mark.parametrize(
    "value",
    ["", "garbage", "<", '</x>; rel="prev"', "</x>; rel=nextish", ";;;=,<", '<>; rel="prev"', "<>"],
)
def test_header_without_a_next_link_gives_none(value: str) -> None:
    assert next_link(with_header("Link", value)) is None


@pytest.mark.parametrize(
    "value", ['<>; rel="next"', "<  >; rel=next", '; rel="next"', "rel=next", '</x?secret=1> rel="next"', "</x>; rel=prev next"]
)
def test_a_next_page_without_a_url_is_an_error(value: str) -> None:
    with pytest.raises(ParseError, match="contains no URL of a next page") as caught:
        next_link(with_header("Link", value))
    assert "secret" not in str(caught.value)


URLS = st.sampled_from(["/v2/a/tags/list?last=b&n=2", "/x?a=1,2", "/x?a=1;b=2", "https://h.test/y?z", "?last=1", "list?last=é 1"])
OTHERS = st.lists(st.sampled_from(["; title=t", "; title='a; b'", '; title="a, <b>"', ";", " ; foo", "; type=x/y"]), max_size=2)
REL = st.builds(
    "{0}{1}{2}{3}{4}{2}".format,
    st.sampled_from([";", "; ", " ; "]),
    st.sampled_from(["rel=", "REL = ", "Rel="]),
    st.sampled_from(['"', "'"]),
    st.sampled_from(["", "prev ", "last  ", "LAST "]),
    st.sampled_from(["next", "NEXT", "next last"]),
) | st.sampled_from(["; rel=next", ";REL=Next"])
BEFORE = st.lists(st.sampled_from(["</p>; rel=prev, ", "<>; rel='prev', ", '/p?b=1; rel="first last",', " , "]), max_size=2).map(
    "".join
)
AFTER = st.sampled_from(["", ";", ", </p>; rel=prev", ", /p; rel=last", ","])


@given(URLS, st.sampled_from(["<{}>", "< {} >", "{}", "<{}"]), OTHERS, REL, OTHERS, BEFORE, AFTER)
def test_each_form_of_a_next_link_is_followed(
    url: str, form: str, first: list[str], rel: str, then: list[str], before: str, after: str
) -> None:
    if ">" not in form:
        first = [one for one in first if one not in (";", " ; foo")]  # these may belong to the URL
    value = f"{before}{form.format(url)}{''.join(first)}{rel}{''.join(then)}{after}"
    response = httpx.Response(200, headers=[(b"Link", value.encode())], request=REQUEST)
    expected = url.replace("é", "%C3%A9").replace(" ", "%20")
    assert next_link(response) == urljoin(str(REQUEST.url), expected)


def test_repr_does_not_show_the_next_url() -> None:
    response = httpx.Response(200, json={"tags": []}, headers={"Link": '</x?token=secret>; rel="next"'}, request=REQUEST)
    parsed = list_tags.parse(response)
    assert parsed.next_url == "https://h.test/x?token=secret"
    assert "secret" not in repr(parsed)


@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
    | st.lists(st.sampled_from("<>;,=\"' /arelnxt?&[")).map("".join)
)
def test_any_header_value_is_parsed_without_an_error(value: str) -> None:
    for name in ("Link", "Location"):
        response = with_header(name, value)
        with suppress(ParseError):
            next_link(response)
        url_header(response, name)
        integer_header(response, name)
        list_header(response, name)


@given(st.binary().filter(lambda value: b"\r" not in value and b"\n" not in value))
def test_any_bytes_in_a_header_are_parsed_without_an_error(value: bytes) -> None:
    response = httpx.Response(202, headers=[(b"Location", value or b"x"), (b"Link", value)], request=REQUEST)
    with suppress(ParseError):
        next_link(response)
    url_header(response, "Location")


@pytest.mark.parametrize(
    ("method", "status", "query", "allowed"),
    [
        ("PUT", 201, "", True),
        ("PUT", 204, "", True),
        ("PATCH", 202, "", False),
        ("PATCH", 201, "", False),
        ("POST", 201, "", False),
        ("POST", 201, "?mount=x&from=y", True),
        ("POST", 201, "?digest=x", True),
    ],
)
def test_only_the_url_of_stored_content_may_be_on_a_third_host(method: str, status: int, query: str, allowed: bool) -> None:
    context = CallContext(elsewhere=True)
    request = httpx.Request(method, f"https://storage.example/u{query}", extensions={CALL: context})
    response = httpx.Response(status, headers={"Location": "https://other.example/v"}, request=request)
    if allowed:
        assert url_header(response, "Location") == "https://other.example/v"
    else:
        with pytest.raises(TransportError, match="another host"):
            url_header(response, "Location")
