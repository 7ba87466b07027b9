"""Titles of files: safe and unsafe ones, and the paths that they stand for."""

from __future__ import annotations

import errno
import ntpath
import os
import posixpath
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docker_registry_sdk.artifacts.file_paths import check_titles, find_target_files
from docker_registry_sdk.errors import UnsafeTitleError
from docker_registry_sdk.v2.models import Descriptor
from tests.support.images import digest_of

SAFE_TITLES = [
    "a", "a.txt", "a b", ".hidden", "..a", "a..b", "a/b/c", "...a", "README", "größe.txt", "日本語", "console", "com10", "com",
    "auxiliary.txt", "a.con", "-rf", "~", "$HOME", "%00", "a*b?.txt", "x" * 250, "é" * 125,
    "a/" * 63 + "a",
]  # fmt: skip
UNSAFE_TITLES = [
    "", "/", "/a", "//a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "./a", "a/./b", "...", "a/...", " ", "a ", "a.",
    "a /b", "\\a", "a\\b", "..\\a", "C:", "C:\\a", "c:/a", "C:a", "\\\\host\\share", "//host/share", "a:stream", "\\\\?\\C:\\a", "file:///a",
    "a\0", "\0", "a\n", "a\r\nb", "\x1b[2J", "a\x7f", "\u202ea", "a\u2028b", "\ud800", "a\u200bb", "\ufeffa", "a\u00a0",
    "con", "CON", "nul.txt", "a/aux", "prn.tar.gz", "com1", "LPT9.x", "com¹", "conin$", "CONOUT$.a", "con/a", "nul .txt",
    "x" * 251, "é" * 126, "a/" + "x" * 251, "/".join(["abc"] * 300), "a/" * 64 + "a", "x" * 100_000,
]  # fmt: skip
COLLIDING_TITLES = [
    ("a", "a"), ("a", "A"), ("straße", "STRASSE"), ("é", "e\u0301"), ("\u212a", "k"), ("ﬁ", "fi"), ("a/b", "a/B"), ("A/b", "a/b"),
    ("a", "a/b"), ("a/b", "a"), ("A", "a/b"), ("a/b/c", "a/b"), ("a", "a.part"), ("a.part", "a"), ("a", "A.PART"),
    ("a", "a.part/b"), ("a.part/b", "a"), ("①", "1"),
]  # fmt: skip
TITLES = st.one_of(
    st.text(max_size=30),
    st.text("./\\:aA con\0\u202e\u0301é", max_size=12),
    st.lists(st.sampled_from(["..", ".", "", "a", "CON", "b.txt", "C:", "~"]), max_size=6).map("/".join),
)


@pytest.mark.parametrize("title", SAFE_TITLES)
def test_relative_paths_are_accepted(title: str) -> None:
    check_titles([title])


@pytest.mark.parametrize("title", UNSAFE_TITLES, ids=lambda title: ascii(title)[:30])
def test_unsafe_titles_are_refused(title: str) -> None:
    with pytest.raises(UnsafeTitleError) as caught:
        check_titles(["first", title])
    assert caught.value.title == title
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 700


@pytest.mark.parametrize(("first", "second"), COLLIDING_TITLES)
def test_titles_of_the_same_file_on_some_system_are_refused(first: str, second: str) -> None:
    check_titles([first])
    check_titles([second])
    with pytest.raises(UnsafeTitleError) as caught:
        check_titles(["other", first, second])
    assert caught.value.title == second


def test_a_path_that_cannot_be_examined_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = os.stat

    def refuse(path: Any, **options: Any) -> os.stat_result:
        if Path(path).name == "file":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(PermissionError) as caught:
        find_target_files(tmp_path, [("file", Descriptor(media_type="a/b", digest=digest_of(b""), size=0))])
    assert caught.value.filename == str(tmp_path / "file")


def test_many_titles_in_many_folders_take_little_memory() -> None:
    """The manifest of an artifact may have thousands of titles, each in many folders of its own."""
    import tracemalloc

    tracemalloc.start()
    try:
        check_titles(f"{number:04}/" + "a/" * 62 + "a" for number in range(1000))
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_titles_may_share_folders() -> None:
    check_titles(["a/b", "a/c", "A/d", "a/e/f", "a/e/g", "b"])


@given(st.lists(TITLES, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_accepted_titles_stay_in_the_folder_on_every_system(tmp_path: Path, titles: list[str]) -> None:
    descriptor = Descriptor(media_type="a/b", digest=digest_of(b""), size=0)
    try:
        files = find_target_files(tmp_path, [(title, descriptor) for title in titles])
    except UnsafeTitleError as error:
        assert str(error).isprintable()
        return
    assert len(files) == len(titles)
    for title, file in zip(titles, files, strict=True):
        assert Path(os.path.normpath(file.path)) == file.path
        assert file.path.is_relative_to(tmp_path) and file.path != tmp_path
        for system, root in ((posixpath, "/root"), (ntpath, "C:\\root")):
            joined = system.normpath(system.join(root, title))
            assert joined.startswith(root + system.sep)
            assert len(system.relpath(joined, root).split(system.sep)) == title.count("/") + 1
    folded = [unicodedata.normalize("NFC", title).casefold() for title in titles]
    assert len(set(folded)) == len(folded)
    assert list(tmp_path.iterdir()) == []
