"""The places in the project that use generated operations, for the message when an operation is removed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_GENERATED = {"_sync", "v1", "v2", "token_auth", "golden"}
_FOLDERS = ("docker_registry_sdk", "tests", "docs")


def uses(root: Path, package: str, names: frozenset[str]) -> list[str]:
    """Return the places that use operations, each as `file:line: text of the line`, sorted by file and line.

    Generated files are left out. In the package, text that is equal to the name of an operation counts as a use, too.

    Args:
        root: The folder of the project.
        package: The name of the generated package of the operations, such as `v2`.
        names: The names of the operations.
    """
    places: list[str] = []
    files = [path for folder in _FOLDERS for path in sorted((root / folder).rglob("*")) if path.suffix in (".py", ".md")]
    for path in [*sorted(root.glob("*.md")), *files]:
        shown = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        if _GENERATED.isdisjoint(shown.parts) and any(name in text for name in names):
            if path.suffix == ".md":
                found = _lines_of_page(text, package, names)
            else:
                found = _lines_of_module(text, package, names, strings=shown.parts[0] == _FOLDERS[0])
            lines = text.splitlines()
            places += [f"{shown.as_posix()}:{line}: {lines[line - 1].strip()}" for line in sorted(set(found))]
    return places


def _lines_of_page(text: str, package: str, names: frozenset[str]) -> Iterator[int]:
    """Yield the lines of the code blocks that the tests run and that use the operations."""
    words = "|".join(map(re.escape, sorted(names)))
    functions = "sync|asyncio|stream|asyncio_stream|request|parse"
    use = re.compile(rf"\b({words})\.({functions})\b|\bapi {package} ({words})\b|\b{package}\.api\b.*\b({words})\b")
    language = ""
    for number, line in enumerate(text.splitlines(), 1):
        if fence := re.match(r" *```(\w*)", line):
            language = fence[1]
        elif language in ("python", "sh") and use.search(line):
            yield number


def _lines_of_module(text: str, package: str, names: frozenset[str], *, strings: bool) -> Iterator[int]:
    tree = ast.parse(text)
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            steps = (node.module or "").split(".")
            if steps[-1] == package:
                modules |= {each.asname or each.name for each in node.names if each.name == "api"}
            if package in steps and "api" in steps[steps.index(package) :]:
                imported = [each for each in node.names if each.name in names or not names.isdisjoint(steps)]
                yield from (each.lineno for each in imported)
        elif strings and isinstance(node, ast.Constant) and node.value in names:
            yield node.lineno
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in names
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
        ):
            yield node.lineno
