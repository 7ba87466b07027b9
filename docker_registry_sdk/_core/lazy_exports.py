"""Names of a package that are imported when they are first used, so that importing the package is cheap.

A package lists its names twice. Type checkers, editors and bundlers such as PyInstaller read import statements below
`if TYPE_CHECKING:`. At run time, Python skips these imports and calls the functions that `lazy_exports` returns (PEP 562):

    if TYPE_CHECKING:
        from .errors import NotFoundError as NotFoundError
    else:
        __getattr__, __dir__, __all__ = lazy_exports(__name__, {".errors": ("NotFoundError",)})

A test checks that both lists are equal. The library `lazy_loader` would need only one list, but it parses a stub file at each
start and does not support `as`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

Exports = tuple[Callable[[str], object], Callable[[], list[str]], list[str]]


def lazy_exports(package: str, names: Mapping[str, Sequence[str]]) -> Exports:
    """Return `__getattr__`, `__dir__` and `__all__` for a package whose names are imported when they are first used.

    Args:
        package: The `__name__` of the package.
        names: The names to export, grouped by module: each key is the name of a module, relative to the package or absolute, and
            its value lists names of this module. `"name as public_name"` exports `name` as `public_name`.
    """
    origins: dict[str, tuple[str, str]] = {}
    for module, texts in names.items():
        for text in texts:
            name, _, public_name = text.partition(" as ")
            origins[public_name or name] = module, name
    public_names = sorted(origins)

    def get_attribute(public_name: str) -> object:
        if public_name not in origins:
            raise AttributeError(f"module {package!r} has no attribute {public_name!r}")
        module, name = origins[public_name]
        value = getattr(import_module(module, package), name)
        setattr(sys.modules[package], public_name, value)  # Python does not ask again
        return value

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public_names})

    return get_attribute, list_names, public_names
