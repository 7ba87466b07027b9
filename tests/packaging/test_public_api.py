"""The public signatures are those that were reviewed."""

from __future__ import annotations

from tests.packaging.public_api import FILE, public_api


def test_the_public_signatures_are_those_of_the_snapshot() -> None:
    assert public_api() == FILE.read_text(), (
        "Public signatures have changed. Read the policy in CONTRIBUTING.md, then run: "
        "scripts/setup && .venv/bin/python -m tests.packaging.public_api"
    )
