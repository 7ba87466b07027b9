"""Describe the changes between two versions of a specification, in one line for each operation and each schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve
from operations import OperationView
from responses import HeaderView
from view import EnumView, MapView, ModelView, SpecView


def changes(old: SpecView, new: SpecView) -> list[str]:
    """Return one line for each operation and each schema that was added, removed or changed.

    Args:
        old: The specification that the code in the project was generated from.
        new: The specification as it is now.
    """
    lines = ["title, description or tags changed"] if _head(old) != _head(new) else []
    before, after = ({one.id: one for one in spec.operations} for spec in (old, new))
    for name in sorted({*before, *after}):
        if name not in before:
            lines.append(f"operation {name} added: {after[name].method} {after[name].path}")
        elif name not in after:
            lines.append(f"operation {name} removed{renamed(before[name], new)}")
        elif before[name] != after[name]:
            lines.append(f"operation {name} changed: {', '.join(_parts_of_operation(before[name], after[name]))}")
    schemas = ({**spec.models, **spec.enums} for spec in (old, new))
    lines += _schema_lines(*schemas)
    return lines


def renamed(removed: OperationView, new: SpecView) -> str:
    """Return the new name of an operation that was removed, as the end of a sentence; empty if it has none.

    Args:
        removed: The operation, which is not in the new specification.
        new: The new specification.
    """
    names = [one.id for one in new.operations if (one.method, one.path) == (removed.method, removed.path)]
    return f", now {names[0]}" if names else ""


def _head(spec: SpecView) -> tuple[str, str, dict[str, str]]:
    return spec.title, spec.description, spec.tags


def _parts_of_operation(old: OperationView, new: OperationView) -> Iterator[str]:
    """Yield what differs between two versions of an operation, such as `arguments (last added)`."""
    if arguments := _differences(_arguments(old), _arguments(new)):
        yield f"arguments ({arguments})"
    if responses := _differences(_responses(old), _responses(new)):
        yield f"responses ({responses})"
    if (old.method, old.path, old.tag) != (new.method, new.path, new.tag):
        yield "method, path or tag"
    if old.scopes != new.scopes:
        yield "scopes"
    texts = [(one.summary, one.description, one.source, one.source_url) for one in (old, new)]
    if texts[0] != texts[1]:
        yield "documentation"


def _arguments(operation: OperationView) -> dict[str, object]:
    found: dict[str, object] = {one.name: one for one in operation.parameters}
    if operation.opaque is not None:
        found[operation.opaque.name] = operation.opaque
    if operation.body is not None:
        found["body"] = operation.body
    return found


def _responses(operation: OperationView) -> dict[str, object]:
    """Return the responses by status, and the headers of successes by status and name."""
    found: dict[str, object] = dict(operation.errors)
    headers: dict[str, HeaderView] = {}
    for success in operation.successes:
        for status in success.statuses:
            found[status] = evolve(success, headers=())
            headers |= {f"{status} header {header.wire_name}": header for header in success.headers}
    return {**found, **headers}


def _schema_lines(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    lines = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        kind = {ModelView: "model", MapView: "map", EnumView: "enumeration"}[type(before if after is None else after)]
        if before is None or after is None:
            lines.append(f"{kind} {name} {'added' if before is None else 'removed'}")
        elif before != after:
            parts = _parts_of_schema(before, after)
            lines.append(f"{kind} {name} changed: {parts or 'documentation or extensions'}")
    return lines


def _parts_of_schema(old: object, new: object) -> str:
    if isinstance(old, ModelView) and isinstance(new, ModelView):
        fields = [{one.name: one for one in model.fields} for model in (old, new)]
        if found := _differences(fields[0], fields[1]):
            return f"fields ({found})"
    elif isinstance(old, EnumView) and isinstance(new, EnumView):
        if found := _differences(old.values, new.values):
            return f"values ({found})"
    elif type(old) is not type(new):
        return "its kind"
    elif isinstance(old, MapView) and isinstance(new, MapView) and old.type != new.type:
        return "the type of its values"
    return ""


def _differences(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """Return the keys that were added, removed or have another value, such as `last added, n changed`, or an empty text.

    A header is left out if its whole response was added or removed.
    """
    words = {
        name: "added" if name not in old else "removed" if name not in new else "changed"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }
    shown = {name: word for name, word in words.items() if words.get(name.partition(" header ")[0]) != word or " " not in name}
    return ", ".join(f"{name} {word}" for name, word in shown.items())
