"""Platforms: parsing, compatibility, and the choice of a manifest from an index."""

from __future__ import annotations

import platform

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.client.platforms import choose, default_platform, parse_platform, rank, show, to_platform, x86_64_level
from docker_registry_sdk.errors import ImageError, InvalidPlatformError, PlatformNotFoundError
from docker_registry_sdk.v2.models import Descriptor, Platform


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("linux/amd64", "linux/amd64/v1"),
        ("linux/x86_64", "linux/amd64/v1"),
        ("Linux/ARM64", "linux/arm64/v8"),
        ("linux/aarch64", "linux/arm64/v8"),
        ("linux/arm64/v8", "linux/arm64/v8"),
        ("linux/arm64/8", "linux/arm64/v8"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/armv6l", "linux/arm/v6"),
        ("linux/arm/v6", "linux/arm/v6"),
        ("linux/i686", "linux/386"),
        ("linux/riscv64", "linux/riscv64"),
        ("macos/arm64", "darwin/arm64/v8"),
        ("windows(10.0.17763)/amd64", "windows(10.0.17763)/amd64/v1"),
    ],
)
def test_a_platform_is_parsed(text: str, means: str) -> None:
    assert show(parse_platform(text)) == means
    assert show(parse_platform(means)) == means


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux amd64", "linux/amd64\n", "l!/x"])
def test_a_malformed_platform_is_refused(text: str) -> None:
    with pytest.raises(InvalidPlatformError, match="Write system/architecture"):
        parse_platform(text)


def test_a_platform_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="platform must be text such as 'linux/arm64' or a Platform, not list"):
        to_platform(["linux/arm64"])  # type: ignore[arg-type]


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        found = parse_platform(text)
    except InvalidPlatformError:
        return
    assert show(parse_platform(show(found))) == show(found)


@pytest.mark.parametrize(
    ("machine", "means"),
    [("aarch64", "linux/arm64/v8"), ("armv7l", "linux/arm/v7"), ("s390x", "linux/s390x")],
)
def test_the_default_is_linux_on_this_machine(monkeypatch: pytest.MonkeyPatch, machine: str, means: str) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert show(default_platform()) == means


@pytest.mark.parametrize(
    ("candidate", "wanted", "fits"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/arm/v6", "linux/arm/v7", True),
        ("linux/arm/v7", "linux/arm/v6", False),
        ("linux/arm64", "linux/arm64/v9", True),
        ("linux/arm64/v9", "linux/arm64", False),
        ("linux/arm64/v8.1", "linux/arm64/v8.2", True),
        ("linux/amd64/v3", "linux/amd64", False),
        ("linux/amd64/v2", "linux/amd64/v3", True),
        ("linux/arm", "linux/arm64", False),
        ("linux/386", "linux/amd64", False),
        ("windows/amd64", "linux/amd64", False),
        ("windows(10.0.17763.5000)/amd64", "windows(10.0.17763)/amd64", True),
        ("windows(10.0.177631)/amd64", "windows(10.0.17763)/amd64", False),
        ("windows(10.0.17763.5000)/amd64", "windows/amd64", True),
        ("windows/amd64", "windows(10.0.17763)/amd64", False),
    ],
)
def test_images_for_older_variants_are_compatible(candidate: str, wanted: str, fits: bool) -> None:
    assert (rank(parse_platform(candidate), parse_platform(wanted)) is not None) == fits


def test_the_best_descriptor_is_chosen_and_the_first_of_equal_ones() -> None:
    entries = [
        platform_descriptor(text) for text in ("linux/arm/v5", "linux/arm/v6", "linux/arm/v8", "linux/amd64", "linux/amd64")
    ]
    assert choose(entries, parse_platform("linux/arm")) is entries[1]
    assert choose(entries, parse_platform("linux/arm/v8")) is entries[2]
    assert choose(entries, parse_platform("linux/amd64")) is entries[3]


def test_an_attestation_is_never_chosen() -> None:
    attestation = Descriptor(
        media_type="x", digest="sha256:" + "0" * 64, size=1, platform=Platform(os="unknown", architecture="unknown")
    )
    entries = [attestation, platform_descriptor("linux/amd64")]
    assert choose(entries, parse_platform("linux/amd64")) is entries[1]
    with pytest.raises(ImageError, match=r"does not exist for unknown/unknown: its platforms are linux/amd64"):
        choose(entries, parse_platform("unknown/unknown"))


def test_the_error_lists_the_available_platforms() -> None:
    with pytest.raises(ImageError, match=r"does not exist for linux/s390x: its platforms are linux/amd64, linux/arm/v6"):
        choose([platform_descriptor("linux/arm/v6"), platform_descriptor("linux/amd64")], parse_platform("linux/s390x"))
    with pytest.raises(ImageError, match="its index contains no platforms"):
        choose([Descriptor(media_type="x", digest="sha256:" + "0" * 64, size=1)], parse_platform("linux/s390x"))


def platform_descriptor(text: str) -> Descriptor:
    system, architecture, *variant = text.split("/")
    return Descriptor(
        media_type="x",
        digest="sha256:" + "0" * 64,
        size=1,
        platform=Platform(os=system, architecture=architecture, variant=variant[0] if variant else None),
    )


V2 = "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3"
V3 = "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"
V4 = "avx512f avx512bw avx512cd avx512dq avx512vl"


@pytest.mark.parametrize(
    ("flags", "level"),
    [
        ("", "v1"),
        ("fpu sse2", "v1"),
        (V2, "v2"),
        (V3, "v1"),
        (f"{V2} {V4}", "v2"),
        (f"{V2} {V3}", "v3"),
        (f"{V2} {V3} {V4}", "v4"),
    ],
)
def test_the_level_of_a_processor_has_all_its_instructions(flags: str, level: str) -> None:
    assert x86_64_level(flags.split()) == level
    for missing in flags.split():
        assert x86_64_level(set(flags.split()) - {missing}) <= level


def test_the_default_platform_of_x86_64_has_a_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert show(default_platform()) in {f"linux/amd64/v{level}" for level in range(1, 5)}


def test_an_empty_index_is_said_to_be_empty() -> None:
    with pytest.raises(PlatformNotFoundError, match="its index is empty"):
        choose([], to_platform("linux/amd64"))
