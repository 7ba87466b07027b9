"""API v1 can be removed as one folder: few modules outside `legacy_v1` import it, and all of them are known."""

from __future__ import annotations

import ast
from pathlib import Path

import docker_registry_sdk

PACKAGE = Path(docker_registry_sdk.__file__).parent
CLIENTS = {"RegistryClientV1", "AsyncRegistryClientV1"}
IMPORTERS = {
    "__init__.py",
    "cli/commands/registry.py",
    "cli/connection.py",
    "cli/operation_call.py",
    "connect/_async/create.py",
    "connect/_sync/create.py",
    "types.py",
}


def imports_legacy_v1(path: Path) -> bool:
    """Return whether a module imports `legacy_v1` or one of its modules, or uses one of its clients by their public names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return bool(CLIENTS & names) or any("legacy_v1" in name.split(".") for name in (*modules, *names))


def test_only_known_modules_import_legacy_v1() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if "legacy_v1" not in path.relative_to(PACKAGE).parts]
    assert {path.relative_to(PACKAGE).as_posix() for path in modules if imports_legacy_v1(path)} == IMPORTERS
