"""The blobs and manifests that a client has pushed a short time ago."""

from __future__ import annotations

import time

import pytest

from docker_registry_sdk._core.transport.recent_pushes import MAX_AGE_SECONDS, MAX_PUSHES, RecentPushes


def test_pushes_are_remembered_by_repository_and_forgotten_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    pushes = RecentPushes()
    pushes.add("a", "sha256:1")
    now += MAX_AGE_SECONDS
    pushes.add("a", "sha256:2")
    pushes.add("b", "sha256:3")
    assert [sorted(pushes.of(repo)) for repo in "abc"] == [["sha256:1", "sha256:2"], ["sha256:3"], []]
    now += 1
    assert pushes.of("a") == {"sha256:2"}


def test_the_memory_is_bounded() -> None:
    pushes = RecentPushes()
    for number in range(MAX_PUSHES + 5):
        pushes.add("a", str(number))
    assert len(pushes.of("a")) == MAX_PUSHES
    assert "4" not in pushes.of("a")
