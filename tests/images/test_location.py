"""Locations of images that are given as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk.images import Layout
from docker_registry_sdk.images.location import parse_source


@pytest.mark.parametrize(
    ("text", "path", "tag"),
    [
        ("oci:C:\\images\\layout:v1", "C:\\images\\layout", "v1"),
        ("oci:c:/images/layout", "c:/images/layout", None),
        ("oci:c:v1", "c", "v1"),
        ("oci:/a:b/c:d", "/a", "b/c:d"),
    ],
)
def test_a_windows_drive_belongs_to_the_path(text: str, path: str, tag: str | None) -> None:
    assert parse_source(text) == Layout(Path(path), tag)
