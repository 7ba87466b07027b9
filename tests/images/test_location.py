"""Locations of images that are given as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk import InvalidReferenceError, parse_repo_and_ref
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


@pytest.mark.parametrize("text", ["/tmp/layout", "./layout", "../layout", "~/layout", "C:\\layout"])
def test_the_path_of_a_folder_as_text_needs_a_prefix(text: str) -> None:
    with pytest.raises(InvalidReferenceError, match=r"is a path, not a reference\. Pass a Path, or write oci:path"):
        parse_source(text)


@pytest.mark.parametrize("text", ["docker://ghcr.io/a/b:1", "dir:/tmp/a", "docker-daemon:a:1", "containers-storage:a/b:1"])
def test_other_prefixes_of_skopeo_are_not_supported(text: str) -> None:
    with pytest.raises(InvalidReferenceError, match=r"places with this prefix are not supported\. Write a reference"):
        parse_source(text)


def test_a_repository_may_have_the_name_of_a_prefix() -> None:
    assert parse_source("dir:1.0") == parse_repo_and_ref("docker.io/library/dir:1.0")
