"""Platforms: parsing, compatibility, and the choice of a manifest from an index."""

from __future__ import annotations

import platform

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.client.platform_rank import rank, sort_entries
from docker_registry_sdk.client.platforms import default_platforms, parse_platform, show, to_platform, x86_64_level
from docker_registry_sdk.errors import InvalidPlatformError
from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.v2.models import Descriptor


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
    with pytest.raises(TypeError, match="must be one platform, as text such as 'linux/arm64' or as a Platform, not list: call"):
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
    assert list(map(show, default_platforms())) == [means]


def test_on_windows_the_default_is_linux_and_then_this_version_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    monkeypatch.setattr(platform, "version", lambda: "10.0.20348")
    assert list(map(show, default_platforms())) == ["linux/amd64/v1", "windows(10.0.20348)/amd64/v1"]


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
        ("windows(10.0.17763.5000)/amd64", "windows(10.0.17763.6000)/amd64", True),
        ("windows(10.0.17763)/amd64", "windows(10.0.17763.6000)/amd64", True),
        ("windows(10.0)/amd64", "windows(10.0.17763)/amd64", False),
        ("windows(10.0.17763)/amd64", "windows(10.0)/amd64", True),
        ("windows(10.0.17763)/amd64", "windows(10.1)/amd64", False),
        ("windows(10.0.20348.1)/amd64", "windows(10.0.17763.1)/amd64", False),
        ("windows/amd64", "windows(10.0.17763)/amd64", True),
        ("linux(5.10)/amd64", "linux/amd64", True),
        ("linux(5.10)/amd64", "linux(6.1)/amd64", False),
    ],
)
def test_images_for_older_variants_are_compatible(candidate: str, wanted: str, fits: bool) -> None:
    assert (rank(parse_platform(candidate), parse_platform(wanted)) is not None) == fits


@pytest.mark.parametrize(
    ("wanted", "order"),
    [
        ("windows/amd64", ["20348.2", "17763.3", "17763.1", "no version"]),
        ("windows(10.0.17763)/amd64", ["17763.3", "17763.1", "no version"]),
        ("windows(10.0.17763.1)/amd64", ["17763.1", "17763.3", "no version"]),
        ("windows(10.0.17763.2)/amd64", ["17763.3", "17763.1", "no version"]),
        ("windows(10.0.26100)/amd64", ["no version"]),
    ],
)
def test_windows_needs_the_same_build_and_prefers_the_same_and_then_the_newest_revision(wanted: str, order: list[str]) -> None:
    names = ("no version", "17763.1", "20348.2", "17763.3")
    entries = [entry(f"windows(10.0.{name})/amd64" if name[0].isdigit() else "windows/amd64", name) for name in names]
    suited = sort_entries(entries, parse_platform(wanted)).suited
    assert [one.artifact_type for _, one in suited] == order


def test_of_entries_that_suit_equally_the_first_comes_first() -> None:
    entries = [entry(text) for text in ("linux/arm/v5", "linux/arm/v6", "linux/arm/v8", "linux/amd64", "linux/amd64")]
    assert [one for _, one in sort_entries(entries, parse_platform("linux/arm")).suited] == [entries[1], entries[0]]
    assert sort_entries(entries, parse_platform("linux/arm/v8")).suited[0][1] is entries[2]
    assert [one for _, one in sort_entries(entries, parse_platform("linux/amd64")).suited] == entries[3:]


def entry(text: str, name: str = "") -> Descriptor:
    digest = "sha256:" + "0" * 64
    return Descriptor(media_type=OCI_MANIFEST, digest=digest, size=1, platform=parse_platform(text), artifact_type=name)


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
    assert show(default_platforms()[0]) in {f"linux/amd64/v{level}" for level in range(1, 5)}
