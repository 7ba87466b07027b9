"""OpenAPI overlays (Overlay Specification 1.0), with the part of JSONPath that the files in openapi/overlays/ use."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import yaml

_STEP = re.compile(r"\.(?P<name>[A-Za-z_-]+)|(?P<any>\.\*|\[\*\])|\[(?P<quoted>'[^']+'(?:, *'[^']+')*)\]")


def apply_overlays(*paths: Path) -> dict[str, Any]:
    """Return the document that overlays extend, with the actions of the overlays applied.

    Args:
        paths: The files of the overlays, all of one document, whose path is `extends` of the first overlay.

    Raises:
        ValueError: A target is not a supported JSONPath, or matches nothing.
    """
    overlays = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    document: dict[str, Any] = yaml.safe_load((paths[0].parent / overlays[0]["extends"]).read_text(encoding="utf-8"))
    for action in (action for overlay in overlays for action in overlay["actions"]):
        found = matches(document, action["target"])
        if not found:
            raise ValueError(f"{action['target']} matches nothing")
        for parent, key in found:
            if action.get("remove"):
                del parent[key]
            else:
                parent[key] = merged(parent[key], action["update"])
    return document


def matches(document: dict[str, Any], target: str) -> list[tuple[Any, str]]:
    """Return the objects with the keys that a JSONPath matches.

    Raises:
        ValueError: The JSONPath has a step that is not supported.
    """
    nodes: list[tuple[Any, str]] = [({"$": document}, "$")]
    rest = target.removeprefix("$")
    while rest:
        step = _STEP.match(rest)
        if step is None:
            raise ValueError(f"{target}: {rest} is not supported")
        values = [parent[key] for parent, key in nodes]
        if step["any"]:
            nodes = [(value, key) for value in values if isinstance(value, dict) for key in value]
        else:
            names = [step["name"]] if step["name"] else re.findall(r"'([^']+)'", step["quoted"])
            nodes = [(value, name) for value in values if isinstance(value, dict) for name in names if name in value]
        rest = rest[step.end() :]
    return nodes


def merged(old: Any, update: Any) -> Any:
    """Return a value with an update: objects are merged key by key, lists are joined, other values are replaced."""
    if isinstance(old, dict) and isinstance(update, dict):
        return {**old, **{key: merged(old[key], value) if key in old else copy.deepcopy(value) for key, value in update.items()}}
    return [*old, *copy.deepcopy(update)] if isinstance(old, list) and isinstance(update, list) else copy.deepcopy(update)
