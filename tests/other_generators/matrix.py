"""Generate and compile clients of the OpenAPI files with other generators, and use three of the clients.

Run by scripts/other-generators. Everything is installed and written below .cache/other-generators.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.other_generators.generators import GENERATORS, GO, NODE, PYTHON, Generator
from tests.other_generators.overlay import apply_overlays
from tests.support.docker_registry import run_docker_registry

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".cache/other-generators"
PROGRAMS = Path(__file__).with_name("programs")
OVERLAYS = ROOT / "openapi/overlays"
FILES = ("registry-v2", "token-auth", "registry-v1")
BOTH = "uploads-raw-manifests"
NAME = "library/nine-steps"
STEPS = 9


def run(command: str, folder: Path = TOOLS) -> str | None:
    """Run a shell command; return None, or its last lines if it fails."""
    done = subprocess.run(
        command, cwd=folder, shell=True, capture_output=True, text=True, env={**os.environ, "GOFLAGS": "-mod=mod"}
    )
    return None if done.returncode == 0 else "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])


def install() -> None:
    """Install the generators whose program is there, such as Go, unless these versions are installed."""
    versions = json.dumps([NODE, PYTHON, GO])
    stamp = TOOLS / "installed.json"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == versions:
        return
    shutil.rmtree(TOOLS, ignore_errors=True)
    (TOOLS / "node").mkdir(parents=True)
    (TOOLS / "go").mkdir()
    (TOOLS / "node/package.json").write_text('{"name": "other-generators", "private": true, "type": "module"}', encoding="utf-8")
    (TOOLS / "go/go.mod").write_text("module example.com/clients\n\ngo 1.24\n", encoding="utf-8")
    packages = " ".join(f"{name}@{version}" for name, version in NODE.items())
    pins = " ".join(["urllib3 python-dateutil", *(f"{name}=={version}" for name, version in PYTHON.items())])
    venv = f"{sys.executable} -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check {pins}"
    commands = [
        ("npm", f"cd node && npm install --silent --no-audit --no-fund {packages}"),
        (sys.executable, venv),
        *(("go", f"GOBIN={TOOLS}/bin go install {name}@{version}") for name, version in GO.items()),
    ]
    for program, command in commands:
        if shutil.which(program) and (problem := run(command)):
            sys.exit(f"{command}:\n{problem}")
    stamp.write_text(versions, encoding="utf-8")


def write_specs() -> dict[str, Path]:
    """Write the OpenAPI files, and each with its overlays, below the folder of the tools; return the files by name."""
    folder = TOOLS / "specs"
    folder.mkdir(exist_ok=True)
    found = {path.stem: Path(shutil.copy(path, folder)) for path in sorted((ROOT / "openapi").glob("*.yaml"))}
    for path in OVERLAYS.glob("*.yaml"):
        found[path.stem] = folder / path.name
        text = yaml.safe_dump(apply_overlays(path), sort_keys=False, allow_unicode=True)
        found[path.stem].write_text(text, encoding="utf-8")
    both = apply_overlays(OVERLAYS / "uploads.yaml", OVERLAYS / "raw-manifests.yaml")
    found[BOTH] = folder / f"{BOTH}.yaml"
    found[BOTH].write_text(yaml.safe_dump(both, sort_keys=False, allow_unicode=True), encoding="utf-8")
    overrides = {"content_type_overrides": {"application/vnd.docker.distribution.manifest.v1+prettyjws": "application/json"}}
    (folder / "overrides.json").write_text(json.dumps(overrides), encoding="utf-8")
    return found


def build(generator: Generator, name: str, specs: dict[str, Path]) -> str:
    """Generate and compile; return `GC`, `G` if the output does not compile, or `-`, with the overlay, and print why."""
    overlay = generator.overlays.get(name)
    spec = specs[overlay or name]
    suffix = f", `{overlay}`" if overlay else ""
    missing = [program for program in generator.programs if shutil.which(program) is None]
    if missing:
        return f"no {missing[0]}"
    place = "go" if generator.programs == ("go",) else "node/src" if "npm" in generator.programs else "out"
    relative = f"{generator.name.replace(' ', '_')}/{name}".replace("-", "_")
    out = TOOLS / place / relative
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    words = {
        "spec": spec,
        "out": out,
        "tools": TOOLS,
        "relative": relative,
        "package": f"{name.replace('-', '_')}_client",
        "overrides": spec.with_name("overrides.json"),
    }
    for result, command in (("-", generator.generate), ("G", generator.compile)):
        if problem := run(command.format(**words)):
            print(f"{generator.name}, {name}: {result}\n{problem}\n", file=sys.stderr)
            return f"{result}{suffix}"
    return f"GC{suffix}"


def prepare_programs(specs: dict[str, Path]) -> dict[str, str]:
    """Build the programs that use three of the clients; return the command of each, or an empty text if it cannot be built."""
    spec, node, go = specs["uploads"], TOOLS / "node/src/nine-steps", TOOLS / "go"
    for folder in (node, go / "client", go / "nine_steps"):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROGRAMS / "nine_steps.ts", node)
    shutil.copy(PROGRAMS / "nine_steps.go", go / "nine_steps")
    python = TOOLS / "out/nine-steps"
    modules = "--strict --skipLibCheck --target es2022 --module nodenext --types node"
    steps = {
        "openapi-fetch": (
            f"node/node_modules/.bin/openapi-typescript {specs[BOTH]} -o {node}/schema.ts"
            f" && cd node && node_modules/.bin/tsc {modules} --outDir {node}/built {node}/nine_steps.ts",
            f"node {node}/built/nine_steps.js",
        ),
        "oapi-codegen": (
            f"bin/oapi-codegen -generate types,client -package client -o {go}/client/client.go {spec}"
            f" && cd go && go mod tidy && go build -o {TOOLS}/bin/nine_steps ./nine_steps",
            f"{TOOLS}/bin/nine_steps",
        ),
        "openapi-generator python": (
            f"PATH=venv/bin:$PATH openapi-generator-cli generate -g python --package-name registry_client -i {spec} -o {python}",
            f"PYTHONPATH={python} venv/bin/python {PROGRAMS}/nine_steps.py",
        ),
    }
    commands = {}
    for name, (command, program) in steps.items():
        if problem := run(command):
            print(f"{name}: the program of the nine steps cannot be built:\n{problem}", file=sys.stderr)
        commands[name] = "" if problem else program
    return commands


def use(command: str, url: str) -> str:
    """Run a program of the nine steps with a registry; return the number of steps done."""
    if not command:
        return "not built"
    done = subprocess.run(f"{command} {url} {NAME}", cwd=TOOLS, shell=True, capture_output=True, text=True)
    steps = len(done.stdout.splitlines())
    if done.returncode or steps != STEPS:
        print(f"{command} {url}:\n{done.stdout}{done.stderr[-2000:]}", file=sys.stderr)
    return f"{steps} of {STEPS}"


def table(heads: list[str], rows: list[list[str]]) -> None:
    """Print a table in Markdown."""
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def nine_steps(specs: dict[str, Path]) -> bool:
    """Run the programs with the embedded registry and with Debian's docker-registry; return whether all steps were done."""
    commands = prepare_programs(specs)
    with EmbeddedRegistry() as registry:
        results = {name: [use(command, registry.url)] for name, command in commands.items()}
    heads = ["client", "embedded registry"]
    if shutil.which("docker-registry"):
        heads.append("docker-registry")
        with tempfile.TemporaryDirectory() as folder, run_docker_registry(Path(folder)) as server:
            for name, command in commands.items():
                results[name].append(use(command, server.url))
    table(heads, [[name, *found] for name, found in results.items()])
    return all(one == f"{STEPS} of {STEPS}" for found in results.values() for one in found)


def main() -> int:
    """Run the command line, and return its exit status: 1 if a client cannot be built or used."""
    parser = argparse.ArgumentParser(prog="scripts/other-generators", description=__doc__)
    parser.add_argument("names", nargs="*", help="build only these generators; all if none is given")
    parser.add_argument("--steps-only", action="store_true", help="build no table, only run the nine steps")
    options = parser.parse_args()
    chosen: Callable[[Generator], bool] = lambda one: not options.names or one.name in options.names  # noqa: E731
    install()
    specs = write_specs()
    good = True
    if not options.steps_only:
        rows = []
        for generator in filter(chosen, GENERATORS):
            begun = time.monotonic()
            results = [build(generator, name, specs) for name in FILES]
            good = good and all(one.startswith("GC") for one in results)
            rows.append([generator.name, generator.version, *results])
            print(f"{generator.name}: {' '.join(results)} ({time.monotonic() - begun:.0f} s)", file=sys.stderr, flush=True)
        table(["generator", "version", *FILES], rows)
        print()
    return 0 if nine_steps(specs) and good else 1


if __name__ == "__main__":
    sys.exit(main())
