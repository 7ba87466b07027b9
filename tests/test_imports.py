"""Every module can be imported alone, and packages import their modules lazily."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from importlib.util import resolve_name
from types import ModuleType

import pytest

import docker_registry_sdk

MODULES = sorted(one.name for one in pkgutil.walk_packages(docker_registry_sdk.__path__, "docker_registry_sdk."))
GENERATED = [f"docker_registry_sdk.{package}.{inner}" for package in ("v1", "v2", "token_auth") for inner in ("api", "models")]
# The hand-written packages whose names `lazy_exports` imports on first use.
EXPORTING = [
    "docker_registry_sdk",
    "docker_registry_sdk._core.wire",
    "docker_registry_sdk.artifacts",
    "docker_registry_sdk.credentials",
    "docker_registry_sdk.images",
    "docker_registry_sdk.testing",
]
LAZY = [*EXPORTING, *GENERATED]


def loaded_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after running the code."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", MODULES)
def test_module_imports(name: str) -> None:
    assert importlib.import_module(name).__name__ == name


def test_the_list_of_modules_is_complete() -> None:
    assert len(MODULES) > 100
    for name in (
        "v1.api.index.search",
        "v2.api.manifests.get_manifest",
        "token_auth.models.token_request",
        "_core.wire._sync.exchange",
    ):
        assert f"docker_registry_sdk.{name}" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_names_in_all_exist(name: str) -> None:
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", ()):
        assert getattr(module, public) is not None


def test_v2_loads_nothing_of_v1_or_the_token_service() -> None:
    code = "from docker_registry_sdk.v2.api import get_manifest, list_tags\nfrom docker_registry_sdk.v2.models import ImageIndex"
    loaded = loaded_after(code)
    assert "docker_registry_sdk.v2.api.manifests.get_manifest" in loaded
    assert [name for name in loaded if name.startswith(("docker_registry_sdk.v1", "docker_registry_sdk.token_auth"))] == []


def test_an_operation_loads_no_other_operation_and_only_its_models() -> None:
    loaded = loaded_after("from docker_registry_sdk.v2.api import list_tags")
    assert [name for name in loaded if name.startswith("docker_registry_sdk.v2.api.manifests")] == []
    assert "docker_registry_sdk.v2.models.image_config" not in loaded
    assert "docker_registry_sdk.v2.operations" not in loaded
    assert [name for name in loaded if name.partition(".")[0] in ("dateutil", "yaml", "trio")] == []


def test_generated_packages_load_modules_on_first_use() -> None:
    loaded = loaded_after("import docker_registry_sdk.v2, docker_registry_sdk.v2.api, docker_registry_sdk.v2.models")
    assert [name for name in loaded if name.partition(".")[0] in ("httpx", "attr", "attrs")] == []


@pytest.mark.parametrize("name", LAZY)
def test_lazy_package_has_exactly_its_listed_names(name: str) -> None:
    module = importlib.import_module(name)
    assert set(module.__all__) <= set(dir(module))
    assert list(module.__all__) == sorted(module.__all__)
    for public in module.__all__:
        assert getattr(module, public) is getattr(module, public)
    with pytest.raises(AttributeError, match=rf"module '{name}' has no attribute 'no_such_name'"):
        _ = module.no_such_name
    assert not hasattr(module, "__path_of_nothing__")
    with pytest.raises(ImportError):
        exec(f"from {name} import no_such_name")


@pytest.mark.parametrize("name", LAZY)
def test_star_import_of_a_lazy_package_imports_all_names(name: str) -> None:
    found: dict[str, object] = {}
    exec(f"from {name} import *", found)
    assert set(importlib.import_module(name).__all__) <= set(found)


def typed_names(module: ModuleType) -> set[tuple[str, str, str]]:
    """Return the names that a package lists for type checkers: module, name in the module, exported name."""
    tree = ast.parse(inspect.getsource(module))
    block = next(one for one in tree.body if isinstance(one, ast.If) and ast.unparse(one.test) == "TYPE_CHECKING")
    found = set()
    for statement in block.body:
        if isinstance(statement, ast.ImportFrom):
            origin = resolve_name("." * statement.level + (statement.module or ""), module.__name__)
            found |= {(origin, one.name, str(one.asname)) for one in statement.names}
    return found


@pytest.mark.parametrize("name", EXPORTING)
def test_lazy_names_are_those_that_type_checkers_see(name: str) -> None:
    module = importlib.import_module(name)
    typed = typed_names(module)
    assert {public for origin, _, public in typed if origin != name} == set(vars(module)["__all__"])  # without its own modules
    assert {public for _, _, public in typed} <= set(dir(module))
    for origin, attribute, public in typed:
        assert getattr(module, public) is getattr(importlib.import_module(origin), attribute)


def test_operations_are_imported_by_their_names() -> None:
    from docker_registry_sdk.v1.api import search
    from docker_registry_sdk.v2.api import get_manifest

    assert get_manifest.__name__ == "docker_registry_sdk.v2.api.manifests.get_manifest"
    assert search.__name__ == "docker_registry_sdk.v1.api.index.search"


def test_package_has_py_typed() -> None:
    import importlib.resources

    assert importlib.resources.files("docker_registry_sdk").joinpath("py.typed").is_file()
