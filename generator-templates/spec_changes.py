"""Find what a run of the generator changes, and the operations that cannot be removed since the project uses them."""

from __future__ import annotations

from pathlib import Path

from changes import changes, renamed
from packages import ROOT, ParsedSpec
from spec_file import SpecError, parse_yaml
from uses import uses
from view import SpecView, spec_view


def removals_in_use(spec: ParsedSpec, package: Path) -> list[str]:
    """Return a message for each operation that the specification no longer has and the project uses, with the places.

    Args:
        spec: The specification.
        package: The package in the project that is generated from it.
    """
    old = _published(spec, package)
    names = {one.id for one in spec.view.operations}
    messages = []
    for one in old.operations if old is not None else ():
        if one.id not in names and (places := uses(ROOT, package.name, frozenset({one.id}))):
            text = f"operation {one.id} was removed{renamed(one, spec.view)}, but the project uses it"
            lines = [f"openapi/{spec.path.name}: {text}. Change these places first:", *places]
            messages.append("\n  ".join(lines))
    return messages


def changes_of_spec(spec: ParsedSpec, package: Path) -> list[str]:
    """Return one line for each operation and each schema that differs from those that the package was generated from.

    Args:
        spec: The specification.
        package: The package in the project that is generated from it.
    """
    old = _published(spec, package)
    return [f"{spec.path.name}: {line}" for line in changes(old, spec.view)] if old is not None else []


def _published(spec: ParsedSpec, package: Path) -> SpecView | None:
    """Return the specification that the package was generated from, which is its published form beside the package.

    The result is None if the file is missing, or if the generator no longer supports it.
    """
    path = package.with_name("openapi") / spec.path.name
    try:
        text = path.read_text(encoding="utf-8")
        if text == spec.path.read_text(encoding="utf-8"):
            return spec.view
        return spec_view(parse_yaml(text))
    except (OSError, UnicodeError, SpecError):
        return None
