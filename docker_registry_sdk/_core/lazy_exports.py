"""Names of a package that are imported when they are first used, so that importing the package is cheap.

A package lists its names once, as import statements that type checkers, editors, and bundlers such as PyInstaller read. At run
time, Python skips these statements and calls the functions that `lazy_exports` returns (PEP 562):

    if TYPE_CHECKING:
        from .errors import NotFoundError as NotFoundError
    else:
        __getattr__, __dir__, __all__ = lazy_exports(__name__)

`lazy_exports` learns the names from the code of the package itself: it runs that code once more, in a namespace of its own, where
`TYPE_CHECKING` is true and where an import statement imports nothing and only records its module and its names. This reads no
file, so it also works without sources, and it takes 0.1 ms for a hundred names. The library `lazy_loader` parses a stub file
instead, at each start, and does not support `as`.

When a class or function of a public module is first used, its `__module__` becomes the public module. `repr`, pickles and
documentation then name the module that users import from, and the file that defines the class or function can change.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import CodeType, FunctionType
from typing import ForwardRef

Exports = tuple[Callable[[str], object], Callable[[], list[str]], list[str]]

_ROOT = __name__.partition(".")[0]
PUBLIC_MODULES = tuple(
    f"{_ROOT}{name}"
    for name in (
        "",
        ".artifacts",
        ".credentials",
        ".errors",
        ".httpx_adapter",
        ".images",
        ".media_types",
        ".testing",
        ".testing.faults",
        ".testing.profiles",
        ".token_auth",
        ".token_auth.api",
        ".token_auth.models",
        ".types",
        ".v1",
        ".v1.api",
        ".v1.models",
        ".v2",
        ".v2.api",
        ".v2.models",
    )
)
"""The modules that users import from. Names that no public module has may change in each version."""

_origins: dict[str, dict[str, tuple[str, str]]] = {}
"""For each package that called `lazy_exports`: its public names, and the module and name that each is imported from."""


def lazy_exports(package: str) -> Exports:
    """Return `__getattr__`, `__dir__` and `__all__` for a package whose names are imported when they are first used.

    It must be called by the code of the package, in the `else` of `if TYPE_CHECKING:`. The exported names are the names that the
    statements `from ... import ...` below `if TYPE_CHECKING:` bind. They can also be names of modules. The modules of
    `from . import ...` are attributes of the package, too, but not in `__all__`, since `from package import *` should not bind
    a name such as `types`.

    Args:
        package: The `__name__` of the package.
    """
    caller = sys._getframe(1)
    recorded = _record_imports(caller.f_code, caller.f_globals["__package__"])
    # Names outside of `if TYPE_CHECKING:` were imported for the package's own use.
    origins = {name: origin for name, origin in recorded.items() if name not in caller.f_globals}
    modules = [name for name, origin in origins.items() if origin == (package, name)]
    _origins[package] = origins
    public_names = sorted(origins.keys() - modules)

    def get_attribute(public_name: str) -> object:
        if public_name not in origins:
            raise AttributeError(f"module {package!r} has no attribute {public_name!r}")
        if public_name in modules:
            return import_module(f"{package}.{public_name}")
        value = _import_name(*origins[public_name])
        if package in PUBLIC_MODULES:
            _set_public_module(value, public_name, package)
        setattr(sys.modules[package], public_name, value)  # Python does not ask again
        return value

    def list_names() -> list[str]:
        return sorted({*(name for name in vars(sys.modules[package]) if name.startswith("_")), *origins})

    return get_attribute, list_names, public_names


class _Recorded:
    """The object that an import statement gets instead of a module, and binds instead of a name in a module."""

    def __init__(self, module: str, name: str = "") -> None:
        self._origin = module, name

    def __getattr__(self, attribute: str) -> _Recorded:
        module, name = self._origin
        return _Recorded(f"{module}.{name}" if name else module, attribute)


def _record_imports(code: CodeType, package: str) -> dict[str, tuple[str, str]]:
    """Run the code of a package without importing anything.

    Args:
        code: The code of the package's `__init__.py`.
        package: The name that relative imports in the code refer to.

    Returns:
        For each name that a statement `from ... import ...` binds, the absolute name of the module and the name in that module.
    """

    def record_import(
        name: str,
        global_names: Mapping[str, object] | None = None,
        local_names: Mapping[str, object] | None = None,
        from_names: Sequence[str] | None = (),
        level: int = 0,
    ) -> _Recorded:
        if level:
            parent = package.rsplit(".", level - 1)[0]
            name = f"{parent}.{name}" if name else parent
        return _Recorded(name)

    # `TYPE_CHECKING` becomes an object, which is true.
    namespace: dict[str, object] = {"__name__": package, "__builtins__": {"__import__": record_import}}
    exec(code, namespace)
    return {name: value._origin for name, value in namespace.items() if isinstance(value, _Recorded) and value._origin[1]}


def _import_name(module_name: str, name: str) -> object:
    module = import_module(module_name)
    try:
        return getattr(module, name)
    except AttributeError:
        return import_module(f"{module_name}.{name}")


def name_public_module(package: str) -> None:
    """Set `__module__` of the classes and functions in `__all__` of a public package that imports its names at once.

    Args:
        package: The `__name__` of the package, whose module must have its names and `__all__` already.
    """
    module = sys.modules[package]
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, type | FunctionType) and value.__module__ not in PUBLIC_MODULES:
            _set_module(value, package)


def _set_public_module(value: object, public_name: str, package: str) -> None:
    """Set `__module__` of a class or function of this distribution to the public module that exports it.

    If several public modules export the value, the first of these is taken: the top-level package, the public package whose
    folder defines the value, `package`. So the result does not depend on the module through which the value is used first.
    """
    if not isinstance(value, type | FunctionType) or value.__module__ in PUBLIC_MODULES:
        return
    defined_in = value.__module__
    if _origins[package][public_name][0] != defined_in:  # a class of another distribution, such as httpx
        return
    parts = defined_in.split(".")
    parents = [".".join(parts[:length]) for length in range(1, len(parts))]
    origin = defined_in, value.__name__
    public = (one for one in parents if one in PUBLIC_MODULES and _origins.get(one, {}).get(value.__name__) == origin)
    _set_module(value, next(public, package))


def _set_module(value: type | FunctionType, module: str) -> None:
    if isinstance(value, type):
        import inspect  # slow, and already imported by attrs

        # typing evaluates the text of an annotation in the namespace of `__module__`, unless a ForwardRef names another module.
        value.__annotations__ = {
            name: _forward_reference(annotation, value.__module__) for name, annotation in inspect.get_annotations(value).items()
        }
        if "__firstlineno__" in value.__dict__:  # inspect.getsource would show these lines of the package's file
            type.__delattr__(value, "__firstlineno__")
    value.__module__ = module


def _forward_reference(annotation: object, module: str) -> object:
    """Return an annotation whose text is evaluated in the namespace of a module. NamedTuple makes a ForwardRef without one."""
    text = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation
    return ForwardRef(text, module=module, is_class=True) if isinstance(text, str) else annotation
