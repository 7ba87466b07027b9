"""Find the public modules, names, methods and properties of a package at run time."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator, Sequence
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

from attrs import frozen

# The methods with two underscores that a caller uses with arguments, or whose results a caller gets.
_SPECIAL_METHODS = ("__init__", "__call__", "__enter__", "__aenter__", "__iter__", "__aiter__", "__getitem__")


@frozen(kw_only=True)
class PublicFunction:
    """A public function, or a method or property of a public class.

    Attributes:
        name: The full name, such as `docker_registry_sdk.Repository.resolve`.
        module: The public module.
        function: The function; for a property, the function that reads the property.
        owner: The public class; None for a function that is no method.
        is_static: Whether the first parameter is not `self` or `cls` although the function has an owner.
    """

    name: str
    module: str
    function: FunctionType
    owner: type | None = None
    is_static: bool = False

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """Return the parameters without `self` and `cls`."""
        parameters = list(inspect.signature(self.function).parameters.values())
        return parameters if self.owner is None or self.is_static else parameters[1:]


@frozen(kw_only=True, slots=False)
class Surface:
    """The public names of a package.

    Attributes:
        package: The name of the package.
        modules: The names of the public modules. A module that is a public name of a public module is public as well.
        http_modules: The public modules that may name classes of an HTTP library.
        returned: The full names of classes whose objects only the package creates, so that their `__init__` is not public.
    """

    package: str
    modules: Sequence[str]
    http_modules: Sequence[str] = ()
    returned: Sequence[str] = ()

    @cached_property
    def names(self) -> dict[str, dict[str, Any]]:
        """The public names of each public module, and their values."""
        found: dict[str, dict[str, Any]] = {}
        waiting = list(self.modules)
        while waiting:
            name = waiting.pop()
            if name not in found:
                module = importlib.import_module(name)
                found[name] = {public: getattr(module, public) for public in _public_names(module)}
                waiting += [value.__name__ for value in found[name].values() if isinstance(value, ModuleType)]
        return found

    @cached_property
    def classes(self) -> dict[str, type]:
        """The public classes by their full names, each class once: in the module that its `__module__` names, if it is public."""
        found: dict[type, str] = {}
        for module, names in self.names.items():
            for name, value in names.items():
                if isinstance(value, type) and self.owns(value) and (value not in found or value.__module__ == module):
                    found[value] = f"{module}.{name}"
        return {name: value for value, name in sorted(found.items(), key=lambda item: item[1])}

    @cached_property
    def functions(self) -> list[PublicFunction]:
        """The public functions, and the public methods and properties of the public classes."""
        found = [
            PublicFunction(name=f"{module}.{name}", module=module, function=value)
            for module, names in self.names.items()
            for name, value in names.items()
            if isinstance(value, FunctionType) and self.owns(value)
        ]
        return [*found, *(one for name, owner in self.classes.items() for one in self._methods(name, owner))]

    def owns(self, value: Any) -> bool:
        """Return whether the package defines a class or function, which other packages' base classes do not."""
        return str(value.__module__).partition(".")[0] == self.package

    def _methods(self, owner_name: str, owner: type) -> Iterator[PublicFunction]:
        for name in dir(owner):
            if name.startswith("_") and (name not in _SPECIAL_METHODS or (name == "__init__" and owner_name in self.returned)):
                continue
            value = inspect.getattr_static(owner, name)
            function = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", None) or value
            if isinstance(function, FunctionType) and self.owns(function):
                yield PublicFunction(
                    name=f"{owner_name}.{name}",
                    module=owner_name.rpartition(".")[0],
                    function=function,
                    owner=owner,
                    is_static=isinstance(value, staticmethod),
                )


def _public_names(module: ModuleType) -> list[str]:
    """Return the names in `__all__`; of a module without `__all__`, the names that its code defines and does not import."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    names: list[str] = []
    for statement in ast.parse(inspect.getsource(module)).body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.append(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.append(name)
    return [name for name in names if not name.startswith("_")]
