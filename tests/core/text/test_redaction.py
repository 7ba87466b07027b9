"""URLs in messages: no secret of a URL is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.text.redaction import redact_url

# The public parts below contain no digits: if a secret of digits is found, it has leaked.
SECRET = st.text("0123456789", min_size=6, max_size=20)
NAME = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
# Not & and #: they would start another parameter or the fragment.
GLUE = st.text("=:;@/?[]!$'()*+,.%-_~|\"<> \\^`{}\n\t", max_size=6)


@given(scheme=st.sampled_from(["https", "http", "HTTPS"]), name=NAME, secret=SECRET, path=st.text("abc/:@.-~;=", max_size=20))
def test_user_info_is_removed(scheme: str, name: str, secret: str, path: str) -> None:
    for user_info in (f"{name}:{secret}", secret, f"{secret}:{name}", f":{secret}", f"{name}@{secret}", f"{secret}:"):
        redacted = redact_url(f"{scheme}://{user_info}@host.test/{path}")
        assert secret not in redacted
        assert redacted.startswith(f"{scheme}://host.test/")


@given(name=NAME, secret=SECRET, glue=GLUE, after=NAME)
def test_query_values_are_removed(name: str, secret: str, glue: str, after: str) -> None:
    for value in (secret, f"{glue}{secret}", f"{secret}{glue}", f"{after}{glue}{secret}{glue}{after}"):
        assert secret not in redact_url(f"https://host.test/v2/?n=a&{name}={value}&{after}=b")
        assert secret not in redact_url(f"/v2/?{name}={value}")


@given(secret=SECRET, glue=GLUE)
def test_query_without_names_is_removed(secret: str, glue: str) -> None:
    assert secret not in redact_url(f"https://host.test/x?{secret}")
    assert secret not in redact_url(f"https://host.test/x?a=b&{secret}&c=d")
    assert secret not in redact_url(f"https://host.test/x?{glue}{secret}")


@given(secret=SECRET, glue=GLUE)
def test_fragment_is_removed(secret: str, glue: str) -> None:
    assert secret not in redact_url(f"https://host.test/x#{glue}{secret}")
    assert secret not in redact_url(f"/x?a=b#{glue}{secret}{glue}")
    assert secret not in redact_url(f"https://host.test#{secret}")


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@host.test/a://b",
        "//user:secret@host.test/a",
        "https://user:secret@host.test",
        "https://user:secret@host.test?a=b",
        "https://user:se@cret@host.test/",
        "https://user:secret@[::1]:5000/v2/",
        "https://host.test/?next=https://user:secret@other.test/",
    ],
)
def test_user_info_is_removed_from_unusual_urls(url: str) -> None:
    assert "secret" not in redact_url(url)
    assert "cret" not in redact_url(url)


@pytest.mark.parametrize(
    "url", ["https://user:pa/secret@host.test/x", "https://user:pa?secret@host.test/x", "https://user:secret#@h/"]
)
def test_password_with_an_unencoded_delimiter_is_removed(url: str) -> None:
    assert "secret" not in redact_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://registry.test:5000/v2/library/busybox/manifests/sha256:abc",
        "/v2/a/tags/list",
        "https://h.test",
        "",
        "http://[::1]/v2/a@b",
    ],
)
def test_url_without_secrets_is_unchanged(url: str) -> None:
    assert redact_url(url) == url


def test_names_of_query_parameters_are_kept() -> None:
    assert redact_url("https://h.test/v2/?n=5&last=x&digest=sha256%3Aabc") == "https://h.test/v2/?n=…&last=…&digest=…"


@given(st.text())
def test_redacting_any_text_raises_nothing_and_is_idempotent(text: str) -> None:
    once = redact_url(text)
    assert redact_url(once) == once
