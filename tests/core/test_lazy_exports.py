"""Names that packages import on first use, and the public module that their classes and functions name."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import typing
import zipfile
from pathlib import Path

import attrs
import pytest

import docker_registry_sdk
from docker_registry_sdk import credentials, images
from docker_registry_sdk.testing import RequestRecord

PACKAGE = """
from __future__ import annotations

from typing import TYPE_CHECKING

from docker_registry_sdk._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    import decimal
    from collections import OrderedDict as Ordered

    from . import inner as inner
    from .inner import a as a, b as b
    from .inner.deep import c as see
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
"""


def run(code: str, path: Path) -> str:
    """Return what the code prints in a fresh interpreter that imports from the path, too."""
    program = f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("form", ["folder", "zip", "without sources"])
def test_names_come_from_the_imports_for_type_checkers(form: str, tmp_path: Path) -> None:
    folder = tmp_path / "sample_package"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "inner/__init__.py").write_text("a = 1\nb = 2")
    (folder / "inner/deep.py").write_text("c = 3")
    path = tmp_path
    if form == "zip":
        path = tmp_path / "sample.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in folder.rglob("*.py"):
                archive.write(file, file.relative_to(tmp_path))
    elif form == "without sources":
        subprocess.run([sys.executable, "-m", "compileall", "-q", "-b", str(folder)], check=True)
        for file in folder.rglob("*.py"):
            file.unlink()
    code = """
import sample_package
print(sample_package.__all__, "sample_package.inner" in sys.modules, "decimal" in sys.modules)
print(sample_package.inner.__name__, sample_package.a, sample_package.b, sample_package.see, sample_package.Ordered.__name__)
print([name for name in dir(sample_package) if not name.startswith("_")])
"""
    assert run(code, path).splitlines() == [
        "['Ordered', 'a', 'b', 'see'] False False",
        "sample_package.inner 1 2 3 OrderedDict",
        "['Ordered', 'a', 'b', 'inner', 'see']",
    ]


@pytest.mark.parametrize(
    ("value", "module"),
    [
        (docker_registry_sdk.RegistryClientV2, "docker_registry_sdk"),
        (docker_registry_sdk.create_client, "docker_registry_sdk"),
        (docker_registry_sdk.RegistryError, "docker_registry_sdk.errors"),
        (credentials.Credential, "docker_registry_sdk"),
        (credentials.ConfigFileCredentials, "docker_registry_sdk.credentials"),
        (images.parse_platform, "docker_registry_sdk.images"),
        (RequestRecord, "docker_registry_sdk.testing"),
    ],
)
def test_public_names_name_their_public_module(value: typing.Any, module: str) -> None:
    assert value.__module__ == module
    assert getattr(sys.modules[module], value.__name__) is value
    assert pickle.loads(pickle.dumps(value)) is value
    assert module.encode() in pickle.dumps(value)


@pytest.mark.parametrize("first", ["docker_registry_sdk", "docker_registry_sdk.credentials"])
def test_the_public_module_does_not_depend_on_the_first_use(first: str, tmp_path: Path) -> None:
    code = f"from {first} import Credential\nimport docker_registry_sdk.credentials as c\nprint(c.Credential.__module__)"
    assert run(code, tmp_path) == "docker_registry_sdk\n"


def test_values_are_copied_and_pickled() -> None:
    credential = docker_registry_sdk.Credential("user", "password")
    assert pickle.loads(pickle.dumps(credential)) == copy.copy(credential) == copy.deepcopy(credential) == credential


@pytest.mark.parametrize("value", [docker_registry_sdk.Credential, docker_registry_sdk.ManifestResponse, RequestRecord])
def test_types_of_attributes_are_found(value: type[attrs.AttrsInstance]) -> None:
    hints = typing.get_type_hints(value)
    assert set(hints) == {one.name for one in attrs.fields(value)}
    assert not any(isinstance(one, str | typing.ForwardRef) for one in hints.values())
    attrs.resolve_types(value)
    assert [one.type for one in attrs.fields(value)] == list(hints.values())


@pytest.mark.parametrize("value", [docker_registry_sdk.parse_repo, docker_registry_sdk.RegistryClientV2.get_manifest])
def test_functions_and_methods_show_their_source_and_types(value: typing.Any) -> None:
    assert inspect.getsource(value).lstrip().startswith(f"def {value.__name__}(")
    assert typing.get_type_hints(value)["return"] is not None


def test_no_wrong_lines_are_shown_as_the_source_of_a_class() -> None:
    """Python looks for the source of a class in the file of `__module__`, where it is not."""
    with pytest.raises(OSError, match=r"class definition|source code not available"):
        inspect.getsource(docker_registry_sdk.RegistryClientV2)
