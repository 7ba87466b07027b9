"""The parsers of Range and Content-Range."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.testing.byte_ranges import MAX_RANGES, ByteRange, RangeError, parse_range
from docker_registry_sdk.testing.v2.errors import ApiError
from docker_registry_sdk.testing.v2.request_headers import parse_content_range, requested_ranges

SIZES = st.integers(0, 50)
PARTS = st.one_of(
    st.builds("{}-{}".format, st.integers(0, 60), st.integers(0, 60)),
    st.builds("{}-".format, st.integers(0, 60)),
    st.builds("-{}".format, st.integers(0, 60)),
)


def expected_positions(part: str, size: int) -> set[int] | None:
    """Return the positions of the bytes in a range, or None if the range is malformed."""
    first, last = part.split("-")
    if not first:
        return set(range(max(size - int(last), 0), size))
    if last and int(last) < int(first):
        return None
    return set(range(int(first), min(int(last) + 1 if last else size, size)))


@given(st.lists(PARTS, min_size=1, max_size=MAX_RANGES), SIZES)
def test_ranges_cover_the_requested_bytes(parts: list[str], size: int) -> None:
    wanted = [expected_positions(part, size) for part in parts]
    header = "bytes=" + ", ".join(parts)
    if None in wanted or not any(wanted):
        with pytest.raises(ApiError) as caught:
            requested_ranges(header, size)
        assert caught.value.status == 416
        assert caught.value.headers == {"content-range": f"bytes */{size}"}
        return
    ranges = requested_ranges(header, size)
    positions = [position for part in ranges for position in range(part.first, part.last + 1)]
    assert positions == sorted({position for each in wanted if each for position in each})
    assert all(left.last + 1 < right.first for left, right in itertools.pairwise(ranges))


@given(st.text(max_size=40), SIZES)
def test_arbitrary_headers(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        try:
            ranges = parse_range(header, size)
        except RangeError as error:
            assert error.headers == {"content-range": f"bytes */{size}"}
        else:
            assert all(0 <= part.first <= part.last < size for part in ranges)


@pytest.mark.parametrize("header", [None, "", "items=0-1", "bytes=" + ",".join(["0-0"] * (MAX_RANGES + 1))])
def test_whole_content(header: str | None) -> None:
    assert parse_range(header, 10) == []


@given(st.integers(0, 10**17), st.integers(0, 10**17))
def test_content_range(first: int, last: int) -> None:
    if first > last:
        with pytest.raises(ApiError):
            parse_content_range(f"{first}-{last}")
    else:
        assert parse_content_range(f"{first}-{last}") == ByteRange(first, last)


@given(st.text(max_size=30))
def test_content_range_is_strict(text: str) -> None:
    try:
        found = parse_content_range(text)
    except ApiError as error:
        assert error.status == 416
    else:
        assert text.isascii()
        assert [int(part) for part in text.split("-")] == [found.first, found.last]


@pytest.mark.parametrize("header", ["bytes 0-1/2", "0-", "-1", "0-1\n", "+0-1", "0-1,2-3", "\u0660-\u0661", "0-" + "9" * 5000])
def test_content_range_malformed(header: str) -> None:
    with pytest.raises(ApiError):
        parse_content_range(header)
