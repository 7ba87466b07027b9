"""URLs in the headers Link and Location: which of them mean the server itself."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.names.origin import Origin, is_private_host
from docker_registry_sdk._core.wire import encode_url, name_url, url_header
from docker_registry_sdk._core.wire.named_urls import Purpose

HTTPS = "https://r.example.com/v2/a/blobs/uploads/"
HTTP = "http://r.example.com:5000/v2/a/blobs/uploads/"
PRIVATE = "http://127.0.0.1:5000/v2/a/blobs/uploads/"
PATH = "/v2/a/blobs/uploads/u1?_state=%2f~"
OWN, OTHER = "own", "other"


@pytest.mark.parametrize(
    ("base", "named", "page", "location", "redirect"),
    [
        # The host of the server by another scheme or port.
        (HTTPS, "http://r.example.com", OWN, OWN, OWN),
        (HTTPS, "http://R.example.com.", OWN, OWN, OWN),
        (HTTPS, "http://r.example.com:443", OWN, OWN, OWN),
        (HTTPS, "http://r.example.com:5000", OWN, OWN, OTHER),
        (HTTPS, "https://r.example.com:5000", OWN, OWN, OTHER),
        (HTTPS.replace(".com", ".com:8443"), "http://r.example.com:8443", OWN, OWN, OWN),
        (HTTPS.replace(".com", ".com:8443"), "http://r.example.com", OWN, OWN, OWN),
        (HTTPS.replace(".com", ".com:8443"), "https://r.example.com", OWN, OWN, OTHER),
        (HTTP, "http://r.example.com", OWN, OWN, OTHER),
        (HTTP, "https://r.example.com:5000", OWN, OWN, OTHER),
        (HTTP, "https://r.example.com", OWN, OWN, OTHER),
        # A name or an address of a private network, with the path of the server's uploads.
        (HTTPS, "http://registry:5000", OWN, OWN, OTHER),
        (HTTPS, "http://registry.default.svc.cluster.local", OWN, OWN, OTHER),
        (HTTPS, "https://10.0.0.1", OWN, OWN, OTHER),
        (HTTPS, "http://[::1]:5000", OWN, OWN, OTHER),
        (HTTPS, "http://localhost", OWN, OWN, OTHER),
        (PRIVATE, "http://localhost:5000", OWN, OWN, OTHER),
        (PRIVATE, "http://docker-registry", OWN, OWN, OTHER),
        # Another host.
        (HTTPS, "https://upload.example.com", OTHER, OTHER, OTHER),
        (HTTPS, "http://upload.example.com", OTHER, OTHER, OTHER),
        (HTTPS, "https://r.example.com.evil.net", OTHER, OTHER, OTHER),
        (HTTPS, "https://8.8.8.8", OTHER, OTHER, OTHER),
        (PRIVATE, "https://upload.example.com", OTHER, OTHER, OTHER),
    ],
)
def test_a_url_means_the_server_itself_or_another_host(base: str, named: str, page: str, location: str, redirect: str) -> None:
    expected: dict[Purpose, str] = {"page": page, "location": location, "redirect": redirect}
    for purpose, meaning in expected.items():
        server = str(Origin.from_url(base)) if meaning == OWN else named
        assert name_url(base, f"{named}{PATH}", purpose) == f"{server}{PATH}", purpose


def test_a_private_host_with_another_path_than_the_uploads_may_be_storage() -> None:
    url = "http://storage:9000/bucket/u1?sig=x"
    assert name_url(PRIVATE, url, "location") == url
    assert name_url(f"{PRIVATE}u1?_state=x", f"http://registry:5000{PATH}", "location") == f"http://127.0.0.1:5000{PATH}"


@pytest.mark.parametrize(
    "named", ["https://[::1", "https://r.example.com:port/x", "ftp://r.example.com/x", "https://u@r.example.com/x", "http://\\/x"]
)
def test_a_url_that_cannot_be_parsed_stays(named: str) -> None:
    assert name_url(HTTPS, named, "location") == named


ORIGINS = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(
        [
            "r.example.com",
            "R.EXAMPLE.com",
            "r.example.com.",
            "registry",
            "10.0.0.1",
            "[::1]",
            "localhost",
            "cdn.example.net",
            "8.8.8.8",
        ]
    ),
    st.sampled_from(["", ":80", ":443", ":5000", ":8443"]),
)
TARGETS = st.sampled_from([PATH, "/x/../y?z=%2f", "/v2/a/tags/list?last=b", "?x", "", "/v2/a/blobs/uploads/../../../x"])
PURPOSES: st.SearchStrategy[Purpose] = st.sampled_from(["page", "location", "redirect"])


@given(ORIGINS, st.sampled_from(["/v2/a/blobs/uploads/", "/v2/a/tags/list?n=1", ""]), ORIGINS, TARGETS, PURPOSES)
def test_a_url_leads_to_the_named_host_or_to_the_server_with_the_same_target(
    server: str, path: str, named: str, target: str, purpose: Purpose
) -> None:
    found = name_url(f"{server}{path}", f"{named}{target}", purpose)
    own, other, result = (Origin.from_url(url) for url in (server, named, found))
    assert result in (own, other)
    assert httpx.URL(found).raw_path.decode().endswith(target.rpartition("/")[2])
    assert urlsplit(found).query == urlsplit(target).query
    if result == own:
        assert other.host == own.host or is_private_host(other.host)  # no name on the internet means another one
    if result != own and other.host == own.host:
        assert purpose == "redirect"
        assert not (own.is_secure and other.scheme == "http" and other.port in (80, own.port))
    if purpose == "page":
        assert result == own or not (other.is_private or other.host == own.host)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("/x?q=é".encode(), "/x?q=%C3%A9"),
        ("/x?q=é".encode("latin-1"), "/x?q=%E9"),
        ("https://h.test/☃/a?last=\u00a0".encode(), "https://h.test/%E2%98%83/a?last=%C2%A0"),
        (b"/x?last=1 2&n=3", "/x?last=1%202&n=3"),
        (b"/x?a|b{c}^`<>\"'%zz%2f", "/x?a|b{c}^`<>\"'%zz%2f"),
    ],
)
def test_spaces_and_other_letters_than_ascii_are_percent_encoded(sent: bytes, expected: str) -> None:
    request = httpx.Request("POST", "https://h.test/v2/a/blobs/uploads/")
    response = httpx.Response(202, headers=[(b"Location", sent)], request=request)
    assert url_header(response, "Location") == (expected if "://" in expected else f"https://h.test{expected}")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_encoded_url_is_visible_ascii_or_has_a_control_character(text: str) -> None:
    encoded = encode_url(text, "utf-8")
    assert all("\x21" <= letter <= "\x7e" for letter in encoded) or any(letter < " " or letter == "\x7f" for letter in encoded)
    assert encode_url(encoded, "utf-8") == encoded
