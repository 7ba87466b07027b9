"""The files for the host of the repository: workflows, issue forms and hooks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.go_programs import require_go_program

ROOT = Path(__file__).parents[2]
FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


def test_the_workflows_pass_actionlint() -> None:
    program = require_go_program("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.9")
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert workflows
    done = subprocess.run([program, *workflows], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_the_required_keys(form: Path) -> None:
    document = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= document.keys()
    for item in document["body"]:
        assert item["type"] in ("markdown", "input", "textarea", "checkboxes", "dropdown")
        assert item["type"] == "markdown" or (item["id"] and item["attributes"]["label"])
    identifiers = [item["id"] for item in document["body"] if "id" in item]
    assert len(identifiers) == len(set(identifiers))


def test_the_hooks_call_programs_that_exist() -> None:
    document = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"].split()[0] for repo in document["repos"] for hook in repo["hooks"]]
    assert "scripts/generate" in entries
    assert [entry for entry in entries if not entry.startswith(".venv/bin/") and not (ROOT / entry).exists()] == []
