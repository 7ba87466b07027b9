"""Image configs as builders have written them: all that is well-formed is read, and the rest is named."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from docker_registry_sdk.errors import ParseError
from docker_registry_sdk.v2.models import ImageConfig

CREATED = datetime(2024, 1, 1, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2024-01-01T00:00:00Z",
    "rootfs": {"type": "layers", "diff_ids": []},
    "config": {"Env": ["A=b"], "Labels": {"a": "b"}},
    "history": [],
}
MISSING = object()

# The path of a field, its value in the document, the value that is read, and the path of the problem; None without a problem.
CASES: list[tuple[str, Any, Any, str | None]] = [
    ("config.Entrypoint", "/bin/sh", ["/bin/sh"], "config.Entrypoint"),
    ("config.Entrypoint", None, None, None),
    ("config.Cmd", "x", ["x"], "config.Cmd"),
    ("config.Shell", "sh", ["sh"], "config.Shell"),
    ("config.OnBuild", "RUN x", ["RUN x"], "config.OnBuild"),
    ("config.Env", None, None, None),
    ("config.Env", {"A": "b"}, None, "config.Env"),
    ("config.Env", ["A=b", None, 5], ["A=b"], "config.Env[1]"),
    ("config.Labels", None, None, None),
    ("config.Labels", {"a": 1, "b": "c"}, {"b": "c"}, "config.Labels['a']"),
    ("config.ExposedPorts", None, None, None),
    ("config.ExposedPorts", ["80/tcp"], None, "config.ExposedPorts"),
    ("config.Volumes", None, None, None),
    ("config.Volumes", ["/d"], None, "config.Volumes"),
    ("config.User", 1000, None, "config.User"),
    ("config.WorkingDir", None, None, None),
    ("config.StopSignal", 9, None, "config.StopSignal"),
    ("config.Healthcheck", "curl", None, "config.Healthcheck"),
    ("config.Memory", 10**30, 10**30, None),
    ("config.ArgsEscaped", "true", None, "config.ArgsEscaped"),
    ("created", "", None, "created"),
    ("created", None, None, None),
    ("created", "0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC), None),
    ("created", "2024-01-01 00:00:00", datetime(2024, 1, 1), None),
    ("created", 1700000000, None, "created"),
    ("created", "2024-01-01T00:00:00.123456789Z", CREATED.replace(microsecond=123456), None),
    ("created", "2024-01-01T00:00:00+0000", None, "created"),
    ("created", "9999-12-31T23:59:60Z", None, "created"),
    ("rootfs", MISSING, None, None),
    ("rootfs", None, None, None),
    ("rootfs", {}, None, "rootfs.diff_ids"),
    ("rootfs.diff_ids", None, [], None),
    ("history", None, None, None),
    ("history", {}, None, "history"),
    ("config", None, None, None),
    ("config", MISSING, None, None),
    ("config", [], None, "config"),
    ("architecture", MISSING, None, None),
    ("os", MISSING, None, None),
    ("os", ["linux"], None, "os"),
    ("variant", None, None, None),
]


def names_of(path: str) -> list[str]:
    """Return the names in Python of the fields in a path."""
    words = {"StopSignal": "stop_signal", "ExposedPorts": "exposed_ports", "WorkingDir": "working_dir", "OnBuild": "on_build"}
    words["ArgsEscaped"] = "args_escaped"
    return [words.get(name, name.lower()) for name in path.split(".")]


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the document with another value of a field; `MISSING` removes the field."""
    document = copy.deepcopy(DOCUMENT)
    *parents, name = path.split(".")
    place = document
    for parent in parents:
        place = place[parent]
    place[name] = value
    if value is MISSING:
        del place[name]
    return document


def get(config: Any, path: str) -> Any:
    """Return the value of a field of a config by the field's path."""
    for name in names_of(path):
        config = getattr(config, name)
    return config


@pytest.mark.parametrize(("path", "value", "read", "problem"), CASES)
def test_an_odd_field_hides_no_other_field(path: str, value: Any, read: Any, problem: str | None) -> None:
    document = changed(path, value)
    parsed = ImageConfig.from_dict(document)
    assert get(parsed, path) == read
    whole = ImageConfig.from_dict(DOCUMENT)
    others = ("created", "architecture", "os", "rootfs", "history", "config.Env", "config.Labels")
    for other in others:
        if not (other.startswith(path) or path.startswith(other)):
            assert get(parsed, other) == get(whole, other)
    assert [text.split(" ")[0] for text in parsed.problems[:1]] == ([] if problem is None else [problem])
    if problem is not None:
        assert parsed.to_dict() == document
        with pytest.raises(ParseError) as caught:
            ImageConfig.from_dict(document, strict=True)
        assert caught.value.field == problem


@pytest.mark.parametrize("document", [{}, {**DOCUMENT, "zzz": [1]}])
def test_an_empty_config_and_unknown_fields_are_no_problem(document: dict[str, Any]) -> None:
    parsed = ImageConfig.from_dict(document, strict=True)
    assert parsed.problems == ()
    assert parsed.to_dict() == document


def test_odd_entries_of_the_history_are_read_in_part() -> None:
    entries = [{"created": "", "created_by": None, "empty_layer": "true", "comment": "x"}, None]
    parsed = ImageConfig.from_dict({**DOCUMENT, "history": entries})
    assert parsed.history is not None
    (entry,) = parsed.history
    assert (entry.created, entry.created_by, entry.empty_layer, entry.comment) == (None, None, None, "x")
    assert [text.split(" ")[0] for text in parsed.problems] == ["history[0].created", "history[0].empty_layer", "history[1]"]
