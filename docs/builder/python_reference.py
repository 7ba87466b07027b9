"""The reference of all public names: pages with instructions for mkdocstrings, which renders signatures and docstrings."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

from attrs import frozen

from docker_registry_sdk._core.lazy_exports import PUBLIC_MODULES

FOLDER = Path("reference", "python")
_TOP = PUBLIC_MODULES[0]
# Classes of the top-level module with many methods have a page each.
_OWN_PAGES = (
    "RegistryClientV2",
    "AsyncRegistryClientV2",
    "Repository",
    "AsyncRepository",
    "Registries",
    "AsyncRegistries",
    "RegistryClientV1",
    "AsyncRegistryClientV1",
)


@frozen
class PublicName:
    """A name that a public module exports.

    Attributes:
        module: The public module.
        name: The name.
        home: The public module under which the name is described; another one if several modules export it.
    """

    module: str
    name: str
    home: str

    @property
    def page(self) -> Path:
        """Return the page that describes the name."""
        own = self.home == _TOP and self.name in _OWN_PAGES
        return FOLDER / f"{self.name if own else self.home}.md"

    @property
    def anchor(self) -> str:
        """Return the full name, which is also the anchor of its description."""
        return f"{self.home}.{self.name}"


def public_names() -> list[PublicName]:
    """Return all names of all public modules, sorted by module."""
    return [PublicName(module, name, _home(module, name)) for module in PUBLIC_MODULES for name in exported_names(module)]


def pages() -> dict[Path, str]:
    """Return the Markdown of the reference, by path in the folder of pages."""
    names = public_names()
    result: dict[Path, list[str]] = {}
    for module_name in PUBLIC_MODULES:
        own = [one for one in names if one.module == module_name]
        if not own:
            continue
        module = importlib.import_module(module_name)
        result[FOLDER / f"{module_name}.md"] = list(_module_page(module, own))
    for name in _OWN_PAGES:
        # The search finds each method once, not also in the async twin of the class.
        head = ["---\nsearch:\n  exclude: true\n---"] if name.startswith("Async") else []
        result[FOLDER / f"{name}.md"] = [
            *head,
            f"# {name}",
            f"```python\nfrom {_TOP} import {name}\n```",
            _entry(f"{_TOP}.{name}"),
        ]
    result[FOLDER / "index.md"] = list(_index(names))
    return {path: "\n\n".join(lines) + "\n" for path, lines in result.items()}


def exported_names(module_name: str) -> list[str]:
    """Return the sorted names that a public module exports.

    Args:
        module_name: The full name of the module.
    """
    module = importlib.import_module(module_name)
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(name for name in listed if not name.startswith("_"))
    return []


def _home(module: str, name: str) -> str:
    value = getattr(importlib.import_module(module), name)
    if isinstance(value, type | FunctionType) and value.__module__ in PUBLIC_MODULES:
        return value.__module__ if value.__name__ == name else module
    return next(
        (one for one in PUBLIC_MODULES if name in exported_names(one) and getattr(importlib.import_module(one), name) is value),
        module,
    )


def _module_page(module: ModuleType, names: list[PublicName]) -> Iterator[str]:
    yield f"# {module.__name__}"
    yield _summary(module)
    elsewhere = [one for one in names if one.page != FOLDER / f"{module.__name__}.md"]
    for one in names:
        if one not in elsewhere:
            yield _entry(one.anchor)
    if elsewhere:
        yield "## Described on other pages"
        yield _links(elsewhere)


def _entry(full_name: str) -> str:
    return f"::: {full_name}"


def _summary(module: ModuleType) -> str:
    return (inspect.getdoc(module) or "").partition("\n\n")[0]


def _index(names: list[PublicName]) -> Iterator[str]:
    yield "# Python reference"
    yield (
        "All public names, made from their docstrings. Import a name from the module under which it is listed; all other modules "
        "are private, and may change in each version. `help()` shows the same text."
    )
    yield (
        "Most programs need the class [`RegistryClientV2`](RegistryClientV2.md) and the functions of two modules, "
        "[`images`](docker_registry_sdk.images.md) and [`artifacts`](docker_registry_sdk.artifacts.md). Each class whose name "
        "begins with `Async` has the methods of the class without it, as coroutines."
    )
    for module_name in PUBLIC_MODULES:
        own = [one for one in names if one.module == module_name]
        if own:
            yield f"## [{module_name}]({module_name}.md)"
            yield _summary(importlib.import_module(module_name))
            yield _links(own)


def _links(names: list[PublicName]) -> str:
    return " · ".join(f"[`{one.name}`]({one.page.name}#{one.anchor})" for one in names)
