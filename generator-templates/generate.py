"""Generate the packages of the specifications in openapi/, and the sync twins of hand-written async code."""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from openapi_python_client.config import ConfigFile
from packages import ROOT, TEMPLATES, ParsedSpec, display_path, read_spec, render_package
from published import publish
from spec_changes import changes_of_spec, removals_in_use
from spec_file import SpecError
from sync_twins import render_sync

PACKAGE = ROOT / "docker_registry_sdk"
# Folders that hold `_async` folders at any depth: the package, and the tests that run sync and async.
_TWIN_ROOTS = (PACKAGE, ROOT / "tests")
SPECS = {"registry-v1.yaml": "v1", "registry-v2.yaml": "v2", "token-auth.yaml": "token_auth"}


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
    render_package(read_spec(spec, output), output)
    _run_hooks(output)


def read_specs(folder: Path) -> list[ParsedSpec]:
    """Return the specifications in openapi/, in the order of `SPECS`.

    Args:
        folder: The folder in which the packages are to be written.

    Raises:
        SpecError: Specifications are not supported, or lack operations that the project uses; the message has all reasons. Or no
            package is configured for a file in `openapi/`.
    """
    for path in (ROOT / "openapi").iterdir():
        if path.is_file() and path.name not in {*SPECS, "README.md", "CHANGELOG.md"}:
            raise SpecError(f"{path}: no package is configured for this file in generate.py")
    specs: list[ParsedSpec] = []
    problems: list[str] = []
    for name, package in SPECS.items():
        try:
            spec = read_spec(ROOT / "openapi" / name, folder / package)
        except SpecError as error:
            problems.append(str(error))
        else:
            specs.append(spec)
            problems += removals_in_use(spec, PACKAGE / package)
    if problems:
        raise SpecError("\n".join(problems))
    return specs


def outputs(specs: list[ParsedSpec], folder: Path) -> list[tuple[Path, Path]]:
    """Generate all packages and sync twins into subfolders, and return each subfolder with the folder that it replaces.

    Args:
        specs: The specifications in openapi/.
        folder: An empty folder.

    Raises:
        SpecError: A specification has not the newest version in the changelog, or a `_sync` folder has no `_async` folder.
    """
    for path in _folders("_sync"):
        if not path.with_name("_async").is_dir():
            raise SpecError(f"{path}: there is no _async folder from which this folder could be generated")
    results = []
    for spec in specs:
        name = SPECS[spec.path.name]
        render_package(spec, folder / name)
        results.append((folder / name, PACKAGE / name))
    publish(ROOT / "openapi", sorted(SPECS), folder / "openapi")
    results.append((folder / "openapi", PACKAGE / "openapi"))
    for number, source in enumerate(_folders("_async")):
        render_sync(source, folder / str(number), ROOT)
        results.append((folder / str(number), source.with_name("_sync")))
    _run_hooks(folder)  # once for all folders: each start of a hook takes time
    return results


def _folders(name: str) -> list[Path]:
    """Return the folders with this name below the package and the tests, sorted by path."""
    return sorted(path for root in _TWIN_ROOTS for path in root.rglob(name) if path.is_dir())


def report(specs: list[ParsedSpec], results: list[tuple[Path, Path]]) -> list[str]:
    """Return what a run changes: one line for each operation and schema, and for each folder with other changes.

    Args:
        specs: The specifications in openapi/.
        results: Each folder that was generated, with the folder that it replaces.
    """
    lines: list[str] = []
    explained: set[Path] = set()
    for spec in specs:
        package = PACKAGE / SPECS[spec.path.name]
        if found := changes_of_spec(spec, package):
            lines += found
            explained |= {package, PACKAGE / "openapi"}
    for new, old in results:
        if (count := len(changed_files(new, old))) and old not in explained:
            lines.append(f"{display_path(old)}: {count} file{'s' if count > 1 else ''} changed")
    return lines or ["Nothing changed."]


def difference(new: Path, old: Path) -> list[str]:
    """Return the lines of a unified diff between the files of two folders, or an empty list if the files are equal.

    Args:
        new: The folder that was generated.
        old: The folder in the project.
    """
    lines: list[str] = []
    shown = display_path(old)
    for name, before, after in changed_files(new, old):
        old_lines, new_lines = ((text or "").splitlines(keepends=True) for text in (before, after))
        diff = list(difflib.unified_diff(old_lines, new_lines, f"{shown}/{name}", f"{shown}/{name} (generated)"))
        lines += diff or [f"an empty file that is only in one of the two folders: {shown}/{name}\n"]
    return lines


def changed_files(new: Path, old: Path) -> list[tuple[Path, str | None, str | None]]:
    """Return the path, the old text and the new text of each file that differs between two folders; a missing file is None.

    Args:
        new: The folder that was generated.
        old: The folder in the project.
    """
    files = ((folder, path) for folder in (new, old) for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder) for folder, path in files if path.suffix != ".pyc"}
    found = []
    for name in sorted(names):
        both = (old / name, new / name)
        before, after = (path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None for path in both)
        if before != after:
            found.append((name, before, after))
    return found


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
        specs: list[ParsedSpec] = []
        try:
            if options.spec is not None:
                generate_package(options.spec, folder / "package")
                results = [(folder / "package", options.output)]
            else:
                specs = read_specs(folder)
                results = outputs(specs, folder)
        except SpecError as error:
            print(error, file=sys.stderr)
            return 2
        if options.check:
            lines = [line for new, old in results for line in difference(new, old)]
            sys.stdout.writelines(lines)
            return 1 if lines else 0
        lines = report(specs, results)
        for new, old in results:
            shutil.rmtree(old, ignore_errors=True)
            shutil.move(new, old)
    print(*lines, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
