"""The rules for public names, in CONTRIBUTING.md under "Public names". Each function returns one line for each fault."""

from __future__ import annotations

import ast
import collections.abc
import contextlib
import fnmatch
import functools
import inspect
import itertools
import re
import sys
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType, UnionType
from typing import Any

import attrs

from tests.packaging.surface import Surface

MAX_POSITIONAL = 2
RESULT_ATTRIBUTES = ("digest", "size", "media_type", "descriptor", "to_dict")
_HTTP_LIBRARIES = ("httpx", "httpcore", "h11")


def type_faults(surface: Surface) -> list[str]:
    """Return the annotations that `typing.get_type_hints` cannot resolve, or that name a type without a public name.

    A class is public if its `__module__` is a public module that has its name. A type alias is public if any public module has
    its name. An annotation that names a class of an HTTP library is a fault, too.
    """
    aliases = {name for names in surface.names.values() for name in names}
    faults = [f"{name}: {fault}" for name, one in surface.classes.items() for fault in _hint_faults(surface, name, one)]
    for one in surface.functions:
        faults += [f"{one.name}: {fault}" for fault in _hint_faults(surface, one.name, one.function)]
        for text in one.function.__annotations__.values():
            unknown = set(_aliases_in(text, inspect.unwrap(one.function).__globals__)) - aliases
            faults += [f"{one.name}: names the type alias {alias}, which no public module has" for alias in sorted(unknown)]
    for module, names in surface.names.items():
        for name, value in names.items():
            if not isinstance(value, type | FunctionType | ModuleType):
                faults += [f"{module}.{name}: {fault}" for fault in _class_faults(surface, module, value)]
    return faults


def _hint_faults(surface: Surface, name: str, value: Any) -> Iterator[str]:
    try:
        hints = typing.get_type_hints(value, include_extras=True)
    except Exception as error:
        yield f"get_type_hints fails with {type(error).__name__}: {error}"
        return
    for attribute, hint in hints.items():
        if not attribute.startswith("_"):
            yield from _class_faults(surface, name, hint)


def _class_faults(surface: Surface, name: str, hint: Any) -> Iterator[str]:
    for one in _classes_in(hint):
        full_name = f"{one.__module__}.{one.__qualname__}"
        if one.__module__.partition(".")[0] in _HTTP_LIBRARIES:
            if not name.startswith(tuple(surface.http_modules) or "\0"):
                yield f"names {full_name}, a class of an HTTP library"
        elif surface.owns(one) and surface.names.get(one.__module__, {}).get(one.__qualname__) is not one:
            yield f"names {full_name}, which no public module has"


def _classes_in(hint: Any) -> Iterator[type]:
    """Yield the classes in a resolved annotation, however deep."""
    origin = typing.get_origin(hint)
    if isinstance(hint, list | tuple):  # the parameters of a Callable
        for one in hint:
            yield from _classes_in(one)
    elif isinstance(hint, typing.TypeVar):
        yield from _classes_in((hint.__bound__, *hint.__constraints__))
    elif origin is not None:
        if isinstance(origin, type) and origin is not UnionType:
            yield origin
        if origin is not typing.Literal:
            yield from _classes_in(typing.get_args(hint))
    elif isinstance(hint, type):
        yield hint


def _aliases_in(annotation: object, namespace: dict[str, Any]) -> Iterator[str]:
    """Yield the names in the text of an annotation whose values are neither classes nor names of Python's own modules."""
    for node in ast.walk(ast.parse(annotation, mode="eval")) if isinstance(annotation, str) else ():
        if isinstance(node, ast.Name | ast.Attribute):
            name = ast.unparse(node).rpartition(".")[2]
            with contextlib.suppress(NameError, AttributeError):  # the text of a Literal, or a name that get_type_hints reports
                value = eval(ast.unparse(node), namespace)
                if not isinstance(value, type | ModuleType | typing.TypeVar | None) and not any(
                    getattr(module, name, None) is value for module in (typing, collections.abc)
                ):
                    yield name


def positional_faults(surface: Surface, allowed: Mapping[str, str]) -> list[str]:
    """Return the functions with more than two parameters that a caller can pass without their names.

    Args:
        surface: The public names.
        allowed: The names of functions that may have more, as patterns with `*`, with the reason.
    """
    faults = []
    for one in surface.functions:
        kinds = [parameter.kind for parameter in one.parameters]
        count = sum(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds)
        if count > MAX_POSITIONAL and not any(fnmatch.fnmatchcase(one.name, pattern) for pattern in allowed):
            faults.append(f"{one.name}: has {count} positional parameters")
    return faults


def result_faults(result: type) -> list[str]:
    """Return what a class of results lacks: an attribute of the shape that all results share, or immutability."""
    annotations = {name for base in result.__mro__ for name in inspect.get_annotations(base)}
    missing = [name for name in RESULT_ATTRIBUTES if name not in annotations and not hasattr(result, name)]
    faults = [f"{result.__name__}: has no {name}" for name in missing]
    try:
        setattr(object.__new__(result), attrs.fields(result)[0].name if attrs.has(result) else "digest", None)
    except AttributeError:  # attrs.exceptions.FrozenInstanceError is one
        return faults
    return [*faults, f"{result.__name__}: is not frozen"]


def exception_faults(surface: Surface, base: type[Exception]) -> list[str]:
    """Return the public exceptions that do not derive from a base class, or that describe no hint or no problem."""
    faults = []
    for name, one in surface.classes.items():
        if issubclass(one, BaseException):
            if not issubclass(one, base):
                faults.append(f"{name}: does not derive from {base.__name__}")
            if not isinstance(getattr(one, "hint", None), str):
                faults.append(f"{name}: has no hint")
            if "problem" not in typing.get_type_hints(one):
                faults.append(f"{name}: has no problem")
    return faults


def docstring_faults(surface: Surface) -> list[str]:
    """Return the public names without a docstring, and the parameters that no docstring describes, or not for the default None.

    A parameter is described under Args or Attributes of the function or class, of a base class, of the same method of a public
    protocol, or of the class in "The arguments are those of `Class`."; or by a docstring below the attribute, as in generated
    models, whose attributes are None if the document lacks them.
    """
    faults = [f"{name}: has no docstring" for name, one in surface.classes.items() if not _has_own_docstring(one)]
    protocols = [one for one in surface.classes.values() if getattr(one, "_is_protocol", False)]
    for one in surface.functions:
        name = one.function.__name__
        if not name.startswith("__") and not inspect.getdoc(one.function):
            faults.append(f"{one.name}: has no docstring")
        classes = [*one.owner.__mro__, *protocols] if one.owner is not None else []
        docstrings = [one.function.__doc__, *(getattr(vars(each).get(name), "__doc__", None) for each in classes)]
        attributes: dict[str, str] = {}
        if one.owner is not None and name == "__init__":
            docstrings += [each.__doc__ for each in classes]
            attributes = {key: text for each in classes for key, text in _attribute_docstrings(each).items()}
        if same := re.search(r"The arguments are those of `(\w+)`", one.function.__doc__ or ""):
            docstrings += [each.__doc__ for key, each in surface.classes.items() if key.endswith(f".{same[1]}")]
        entries = _entries(docstrings)
        for parameter in one.parameters:
            if (entry := entries.get(parameter.name)) is None:
                if parameter.name not in attributes:
                    faults.append(f"{one.name}: does not describe {parameter.name}")
            elif parameter.default is None and not re.search(r"\bNone\b|by default", entry):
                faults.append(f"{one.name}: does not say what None means for {parameter.name}")
    return faults


def _has_own_docstring(one: type) -> bool:
    """Return whether a class has a docstring that attrs, dataclasses and NamedTuple did not make from its signature."""
    docstring = one.__dict__.get("__doc__")
    return docstring is not None and not docstring.startswith(f"{one.__name__}(")


def _entries(docstrings: Iterable[str | None]) -> dict[str, str]:
    """Return the entries under Args and Attributes of docstrings, by parameter; entries of one name are joined."""
    entries: dict[str, str] = {}
    for docstring in docstrings:
        for name, text in _entries_of(docstring or "").items():
            entries[name] = f"{entries.get(name, '')} {text}"
    return entries


@functools.cache
def _entries_of(docstring: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    name, in_section = "", False
    for line in inspect.cleandoc(docstring).splitlines():
        if line and not line.startswith(" "):
            in_section, name = line in ("Args:", "Attributes:"), ""
        elif in_section and (match := re.match(r" {4}\*{0,2}(\w+): (.*)", line)):
            name = match[1]
            entries[name] = f"{entries.get(name, '')} {match[2]}"
        elif name:
            entries[name] += f" {line.strip()}"
    return entries


@functools.cache
def _attribute_docstrings(owner: type) -> dict[str, str]:
    """Return the docstrings below the attributes in the code of a class."""
    files = {getattr(sys.modules[owner.__module__], "__file__", None)}
    files |= {one.__code__.co_filename for one in vars(owner).values() if isinstance(one, FunctionType)}
    return {
        first.target.id: second.value.value
        for file in files
        for statement in _statements(file)
        if isinstance(statement, ast.ClassDef) and statement.name == owner.__name__
        for first, second in itertools.pairwise(statement.body)
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name)
        if isinstance(second, ast.Expr) and isinstance(second.value, ast.Constant) and isinstance(second.value.value, str)
    }


@functools.cache
def _statements(file: str | None) -> list[ast.stmt]:
    path = Path(file or "")
    return ast.parse(path.read_text()).body if path.suffix == ".py" and path.is_file() else []
