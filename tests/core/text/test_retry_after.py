"""Retry-After as seconds (RFC 9110 section 10.2.3)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.errors import RateLimitedError, ServerError


def retry_after(value: str | bytes, **more: str) -> float | None:
    """Return `retry_after` of an error with a Retry-After header."""
    pairs = [("Retry-After", value), *more.items()]
    headers = httpx.Headers([(name.encode(), item if isinstance(item, bytes) else item.encode()) for name, item in pairs])
    return RateLimitedError(method="GET", url="https://registry.test/", status=429, headers=headers).retry_after


def http_date(moment: datetime) -> str:
    """Return a moment as an HTTP date."""
    return format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("007", 7.0),
        ("1.5", 1.5),
        ("2.", 2.0),
        ("-5", 0.0),
        ("-1.5", 0.0),
        ("999999999", 999999999.0),
        ("5, 5", 5.0),
        ("9,10, -1", 10.0),
    ],
)
def test_seconds(value: str, seconds: float) -> None:
    assert retry_after(value) == seconds


def test_date_is_relative_to_the_date_of_the_response() -> None:
    answered = datetime(2001, 1, 1, tzinfo=UTC)
    assert retry_after(http_date(answered + timedelta(seconds=90)), Date=http_date(answered)) == 90.0


@pytest.mark.parametrize("later", [0, 1, 90, 3600])
@pytest.mark.parametrize("form", ["{:.0f}", "{:.1f}", "{:.0f}000", "{:.0f}000000", "{:.0f}000000000"])
def test_a_unix_time_is_relative_to_the_date_of_the_response(form: str, later: int) -> None:
    answered = datetime(2026, 11, 29, 12, tzinfo=UTC)
    value = form.format((answered + timedelta(seconds=later)).timestamp())
    assert retry_after(value, Date=http_date(answered)) == later


def test_a_unix_time_in_the_past_gives_zero() -> None:
    assert retry_after("1000000000") == retry_after("1000000000000") == 0.0


def test_a_unix_time_without_a_date_of_the_response_is_relative_to_now() -> None:
    found = retry_after(f"{datetime.now(UTC).timestamp() + 100:.0f}")
    assert found is not None
    assert 90 < found <= 101


@pytest.mark.parametrize("date", [None, "nonsense", ""])
def test_date_is_relative_to_now_without_a_valid_date_of_the_response(date: str | None) -> None:
    more = {} if date is None else {"Date": date}
    found = retry_after(http_date(datetime.now(UTC) + timedelta(seconds=100)), **more)
    assert found is not None
    assert 90 < found <= 100


def test_date_in_the_past_gives_zero() -> None:
    assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT") == 0.0


@pytest.mark.parametrize("value", ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
def test_obsolete_formats_of_dates(value: str) -> None:
    assert retry_after(value, Date="Sun, 06 Nov 1994 08:49:30 GMT") == 7.0


@pytest.mark.parametrize(
    "value",
    ["", "soon", "--5", "+5", ".5", "1.5.0", "٣", "1e3", "5 seconds", "5, soon", ",", "0x10", "Sun, 32 Nov 1994 08:49:37 GMT"],
)
def test_invalid_value_counts_as_absent(value: str) -> None:
    assert retry_after(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999",
        "Mon, 01 Jan 2024 99999999999999:00:00 GMT",
    ],
)
def test_date_out_of_range_counts_as_absent(value: str) -> None:
    assert retry_after(value) is None
    assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT", Date=value) == 0.0


def test_huge_number_is_limited() -> None:
    found = retry_after("9" * 400)
    assert found is None or math.isfinite(found)


def test_without_the_header_it_is_none() -> None:
    assert ServerError(method="GET", url="https://registry.test/", status=503, headers={}).retry_after is None


NUMBER = st.integers(0, 10**12).map(str)
DATE_LIKE = st.builds(
    "{} {} {} {}:{}:{} {}".format,
    NUMBER,
    st.sampled_from(["Jan", "Feb", "Foo", ""]),
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    st.sampled_from(["GMT", "-0000", ""]) | NUMBER.map("+{}".format),
)


@given(st.text(st.characters(codec="ascii", exclude_characters="\r\n\x00")) | DATE_LIKE, DATE_LIKE)
def test_random_values_raise_nothing_and_give_no_negative_wait(value: str, date: str) -> None:
    found = retry_after(value, Date=date)
    assert found is None or found >= 0
