"""Generate the packages of the specifications in openapi/, and the sync twins of hand-written async code.

openapi-python-client generates the packages with the templates beside this file. Its parser does not pass the whole
specification to the templates. So the templates print values that `view.py` reads from the whole document.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import unasync
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from operations import OperationView, ParameterView
from prose import escaped, literal, prose, sentence, wrapped
from published import publish
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from schemas import SpecError
from view import spec_view

TEMPLATES = Path(__file__).resolve().parent
ROOT = TEMPLATES.parent
PACKAGE = ROOT / "docker_registry_sdk"
# Folders that hold `_async` folders at any depth: the package, and the tests that run sync and async.
_TWIN_ROOTS = (PACKAGE, ROOT / "tests")
SPECS = {"registry-v1.yaml": "v1", "registry-v2.yaml": "v2", "token-auth.yaml": "token_auth"}
# openapi-python-client always writes these files from its own templates; our code does not use the files.
_UNUSED_FILES = ("client.py", "errors.py", "types.py")
# Names in async code and their names in the sync twin. Other names only lose a prefix Async or async_.
_SYNC_NAMES = {
    "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncByteStream": "SyncByteStream",
    "_async": "_sync",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "aiter_raw": "iter_raw",
    "anext": "next",
    "aread": "read",
    "async_content": "sync_content",
    "asynccontextmanager": "contextmanager",
    "asyncio": "sync",
    "asyncio_stream": "stream",
    "create_async_client": "create_client",
    "enter_async_context": "enter_context",
    "handle_async_request": "handle_request",
}


def _run_hooks(folder: Path) -> None:
    for command in ConfigFile.load_from_path(TEMPLATES / "config.yaml").post_hooks or ():
        done = subprocess.run(command, cwd=folder, shell=True, capture_output=True, text=True, env=_environment())
        if done.returncode:
            raise SpecError(f"{command}: {done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    # Let the hooks find the ruff of this Python's environment, even if the environment is not activated.
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def generate_package(spec: Path, output: Path) -> None:
    """Write the package of a specification, in the format of the project.

    Args:
        spec: The YAML file of the specification.
        output: The folder of the package; it must not exist.

    Raises:
        SpecError: The file cannot be read, or something in the specification is not supported.
    """
    _render_package(spec, output)
    _run_hooks(output)


def _render_package(spec: Path, output: Path) -> None:
    """Write the package of a specification, without running the hooks.

    Args:
        spec: The YAML file of the specification.
        output: The folder of the package; it must not exist.

    Raises:
        SpecError: The file cannot be read, or something in the specification is not supported.
    """
    try:
        document = YAML(typ="safe").load(spec.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, YAMLError) as error:
        raise SpecError(f"{spec.name}: {error}") from None
    config = Config.from_sources(
        ConfigFile.load_from_path(TEMPLATES / "config.yaml"), MetaType.NONE, spec, "utf-8", overwrite=False, output_path=output
    )
    data = GeneratorData.from_dict(document, config=config)
    if isinstance(data, GeneratorError):
        raise SpecError(f"{spec.name}: {data.header}: {data.detail}")
    try:
        view = spec_view(document)
    except SpecError as error:
        raise SpecError(f"{spec.name}: {error}") from None
    view.modules.update({str(one.class_info.name): str(one.class_info.module_name) for one in (*data.models, *data.enums)})
    if mismatched := set(view.modules) ^ {*view.models, *view.enums}:
        raise SpecError(
            f"{spec.name}: {', '.join(sorted(mismatched))}: the generated class has another name; set the name in "
            "class_overrides in config.yaml"
        )
    if len(set(view.modules.values())) != len(view.modules):
        raise SpecError(f"{spec.name}: two of {', '.join(sorted(view.modules))} would have the same module name")
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    project.env.globals.update(view=view, source=_display_path(spec), signature=_signature)
    project.env.filters.update(wrapped=wrapped, sentence=sentence, literal=literal, prose=prose, escaped=escaped)
    config.post_hooks = []  # _run_hooks runs the hooks after the last file, and fails if a program is missing
    with contextlib.redirect_stdout(io.StringIO()):  # `build` prints the output folder, which is temporary here
        problems = [f"{spec.name}: {one.header} {one.detail}".strip() for one in project.build()]
    generated = sum(len(one.endpoints) for one in data.endpoint_collections_by_tag.values())
    if generated != len(view.operations):
        problems.append(f"{spec.name}: only {generated} of {len(view.operations)} operations were generated")
    if problems:
        raise SpecError("\n".join(problems))
    table = project.env.get_template("operations.py.jinja").render()
    (output / "operations.py").write_text(table, encoding="utf-8")
    for name in _UNUSED_FILES:
        (output / name).unlink()


def _signature(operation: OperationView) -> list[ParameterView]:
    """Return the arguments of an operation in the order of the signature: required arguments first."""
    opaque = [operation.opaque] if operation.opaque is not None else []
    return sorted([*operation.located("path"), *opaque, *operation.located("query"), *operation.located("header")], key=_optional)


def _optional(parameter: ParameterView) -> bool:
    return not parameter.required


def _render_sync(source: Path, output: Path) -> None:
    """Write the sync twin of a folder of async modules, without running the hooks.

    Args:
        source: A folder named `_async`.
        output: The folder to write.

    Raises:
        SpecError: The folder has subfolders.
    """
    if nested := [path for path in sorted(source.rglob("*.py")) if path.parent != source]:
        raise SpecError(f"{nested[0]}: a folder of async modules must not have subfolders")
    names = {
        name for path in source.glob("*.py") for name in re.findall(r"\b(?:Async|async_)\w+", path.read_text(encoding="utf-8"))
    }
    words = {name: name.removeprefix("Async").removeprefix("async_") for name in sorted(names)} | _SYNC_NAMES
    rule = unasync.Rule(f"{source}/", f"{output}/", additional_replacements=words)
    unasync.unasync_files([str(path) for path in sorted(source.glob("*.py"))], [rule])
    for path in output.glob("*.py"):
        text = _sync_docstrings(_without_openings(path.read_text(encoding="utf-8")), words)
        if text:
            origin = (source / path.name).relative_to(ROOT).as_posix()
            path.write_text(f"# Generated by scripts/generate from {origin}. Do not edit.\n{text}", encoding="utf-8")


def _without_openings(text: str) -> str:
    """Return the text of a sync module, in which `Opening[T]` is replaced by `T`, and `Opening(call(...))` by `call(...)`.

    `AsyncOpening` makes the result of an async call usable with `async with`; a sync call returns the opened object itself.

    Args:
        text: The text of a module, in which `AsyncOpening` is already replaced by `Opening`.
    """
    while found := re.search(r"\bOpening([\[(])", text):
        begin = end = found.end()
        depth = 1
        while depth:
            depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(text[end], 0)
            end += 1
        text = text[: found.start()] + text[begin : end - 1] + text[end:]
    return text


def _sync_docstrings(text: str, words: dict[str, str]) -> str:
    """Return the text of a sync module, in whose docstrings and comments the names in backquotes and the examples are sync.

    Args:
        text: The text of a module.
        words: The names in async code and their names in the sync twin.
    """

    def replace(found: re.Match[str]) -> str:
        return re.sub(r"\w+", lambda name: words.get(name[0], re.sub(r"^(?:Async|async_)(?=\w)", "", name[0])), found[0])

    text = re.sub(r"`[^`\n]+`", replace, text)
    text = re.sub(r"^ +async with (?=create_async_client\()", lambda found: found[0].replace("async ", ""), text, flags=re.M)
    text = re.sub(r"\bcreate_async_client\(", "create_client(", text)
    return text.replace("an `async with`", "a `with`").replace("`async with`", "`with`")


def outputs(folder: Path) -> list[tuple[Path, Path]]:
    """Generate all packages and sync twins into subfolders, and return each subfolder with the folder that it replaces.

    Args:
        folder: An empty folder.

    Raises:
        SpecError: A specification is not supported or has not the newest version in the changelog, no package is configured for a
            file in `openapi/`, or a `_sync` folder has no `_async` folder.
    """
    for path in (ROOT / "openapi").iterdir():
        if path.is_file() and path.name not in {*SPECS, "README.md", "CHANGELOG.md"}:
            raise SpecError(f"{path}: no package is configured for this file in generate.py")
    for path in _folders("_sync"):
        if not path.with_name("_async").is_dir():
            raise SpecError(f"{path}: there is no _async folder from which this folder could be generated")
    results = []
    for spec, name in SPECS.items():
        _render_package(ROOT / "openapi" / spec, folder / name)
        results.append((folder / name, PACKAGE / name))
    publish(ROOT / "openapi", sorted(SPECS), folder / "openapi")
    results.append((folder / "openapi", PACKAGE / "openapi"))
    for number, source in enumerate(_folders("_async")):
        _render_sync(source, folder / str(number))
        results.append((folder / str(number), source.with_name("_sync")))
    _run_hooks(folder)  # once for all folders: each start of a hook takes time
    return results


def _folders(name: str) -> list[Path]:
    """Return the folders with this name below the package and the tests, sorted by path."""
    return sorted(path for root in _TWIN_ROOTS for path in root.rglob(name) if path.is_dir())


def difference(new: Path, old: Path) -> list[str]:
    """Return the lines of a unified diff between the files of two folders, or an empty list if the files are equal.

    Args:
        new: The folder that was generated.
        old: The folder in the project.
    """
    lines: list[str] = []
    shown = _display_path(old)
    files = ((folder, path) for folder in (new, old) for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder) for folder, path in files if path.suffix != ".pyc"}
    for name in sorted(names):
        both = (old / name, new / name)
        before, after = (path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None for path in both)
        if before != after:
            old_lines, new_lines = ((text or "").splitlines(keepends=True) for text in (before, after))
            changes = list(difflib.unified_diff(old_lines, new_lines, f"{shown}/{name}", f"{shown}/{name} (generated)"))
            lines += changes or [f"an empty file that is only in one of the two folders: {shown}/{name}\n"]
    return lines


def _display_path(path: Path) -> str:
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def main() -> int:
    """Run the command line and return its exit status: 0, 1 for a difference with --check, 2 for an error."""
    parser = argparse.ArgumentParser(prog="scripts/generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 with a diff if anything would change")
    parser.add_argument("--spec", type=Path, help="generate from this specification only")
    parser.add_argument("--output", type=Path, help="with --spec: the folder of the package, replaced if it exists")
    options = parser.parse_args()
    if (options.spec is None) != (options.output is None):
        parser.error("--spec and --output must be used together")
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".generate-") as name:
        folder = Path(name)
        try:
            if options.spec is not None:
                generate_package(options.spec, folder / "package")
                results = [(folder / "package", options.output)]
            else:
                results = outputs(folder)
        except SpecError as error:
            print(error, file=sys.stderr)
            return 2
        if options.check:
            lines = [line for new, old in results for line in difference(new, old)]
            sys.stdout.writelines(lines)
            return 1 if lines else 0
        for new, old in results:
            shutil.rmtree(old, ignore_errors=True)
            shutil.move(new, old)
    return 0


if __name__ == "__main__":
    sys.exit(main())
