"""The published form of the specifications has the newest version of their changelog, and is valid JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_a_version_that_is_not_the_newest_in_the_changelog_is_refused(tmp_path: Path) -> None:
    from published import publish
    from spec_file import SpecError

    folder = tmp_path / "openapi"
    folder.mkdir()
    (folder / "CHANGELOG.md").write_text("# Changes\n\n## 1.1.0 - 2026-11-29\n\n## 1.0.0 - 2026-01-31\n", encoding="utf-8")
    (folder / "one.yaml").write_text("info: {version: 1.0.0}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"^openapi/one\.yaml:1: info\.version is '1\.0\.0', but CHANGELOG.* '1\.1\.0'"):
        publish(folder, ["one.yaml"], tmp_path / "output")
    (folder / "one.yaml").write_text("info: {version: 1.1.0}\nat: 2026-01-31\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"^openapi/one\.yaml:2: .*put the value in quotes"):
        publish(folder, ["one.yaml"], tmp_path / "second")
    (folder / "one.yaml").write_text("info: {version: 1.1.0}\nat: '2026-01-31'\n", encoding="utf-8")
    publish(folder, ["one.yaml"], tmp_path / "third")
    written = (tmp_path / "third/one.json").read_text(encoding="utf-8")
    assert json.loads(written) == {"info": {"version": "1.1.0"}, "at": "2026-01-31"}
