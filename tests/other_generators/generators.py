"""The generators of docs/other-generators.md: how each is installed, called, and how its output is compiled."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

NODE = {
    "openapi-typescript": "7.13.0",
    "openapi-fetch": "0.17.0",
    "@hey-api/openapi-ts": "0.99.0",
    "orval": "8.38.0",
    "typescript": "5.9.3",
    "@types/node": "22",
}
PYTHON = {
    "openapi-generator-cli": "7.26.0",
    "openapi-python-client": "0.29.1",
    "datamodel-code-generator": "0.89.0",
    "mypy": "2.4.1",
    "ruff": "0.17.6",
}
GO = {
    "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen": "v2.8.2",
    "github.com/ogen-go/ogen/cmd/ogen": "v1.25.0",
}

_TSC = (
    "cd node && node_modules/.bin/tsc --noEmit --strict --skipLibCheck"
    " --target es2022 --module esnext --moduleResolution bundler --types node"
)
_IMPORT_ALL = (
    "import importlib, pkgutil, {package} as p; "
    '[importlib.import_module(m.name) for m in pkgutil.walk_packages(p.__path__, "{package}.")]'
)


@frozen
class Generator:
    """A generator of clients or models.

    Attributes:
        name: The name in the table.
        package: The package whose version is shown in the table.
        generate: The shell command that writes into `{out}`, in the folder of the tools. `{spec}` is the OpenAPI file, and
            `{package}` a name for a module.
        compile: The shell command that compiles the output, or checks its types.
        programs: The programs that the commands need besides those that are installed here.
        overlays: The overlays in openapi/overlays/ that the generator needs, by the name of the OpenAPI file.
    """

    name: str
    package: str
    generate: str
    compile: str
    programs: tuple[str, ...] = ()
    overlays: Mapping[str, str] = field(factory=dict)

    @property
    def version(self) -> str:
        """Return the version of the generator."""
        return {**NODE, **PYTHON, **GO}[self.package].removeprefix("v")


def _openapi_generator(name: str, options: str, compile: str, *programs: str, **overlays: str) -> Generator:
    generate = f"PATH=venv/bin:$PATH openapi-generator-cli generate -g {name} {options} -i {{spec}} -o {{out}}"
    needed = {spec.replace("_", "-"): overlay for spec, overlay in overlays.items()}
    return Generator(f"openapi-generator {name}", "openapi-generator-cli", generate, compile, ("java", *programs), needed)


GENERATORS = (
    Generator(
        "openapi-typescript",
        "openapi-typescript",
        "node/node_modules/.bin/openapi-typescript {spec} -o {out}/schema.ts",
        f"{_TSC} {{out}}/schema.ts",
        ("npm",),
    ),
    Generator(
        "hey-api",
        "@hey-api/openapi-ts",
        "node/node_modules/.bin/openapi-ts -i {spec} -o {out}/api --silent",
        f"{_TSC} {{out}}/api/index.ts",
        ("npm",),
    ),
    Generator(
        "orval",
        "orval",
        "node/node_modules/.bin/orval --input {spec} --output {out}/api.ts --client fetch",
        f"{_TSC} {{out}}/api.ts",
        ("npm",),
    ),
    Generator(
        "oapi-codegen",
        "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen",
        "bin/oapi-codegen -generate types,client -package client -o {out}/client.go {spec}",
        "cd go && go mod tidy && go build ./{relative}",
        ("go",),
    ),
    Generator(
        "ogen",
        "github.com/ogen-go/ogen/cmd/ogen",
        "bin/ogen --target {out} --package client --clean {spec}",
        "cd go && go mod tidy && go build ./{relative}",
        ("go",),
    ),
    _openapi_generator("python", "--package-name {package}", f"PYTHONPATH={{out}} venv/bin/python -c '{_IMPORT_ALL}'"),
    _openapi_generator("typescript-fetch", "", f"{_TSC} {{out}}/index.ts", "npm"),
    _openapi_generator("java", "--library native", "cd {out} && mvn -q -DskipTests compile", "mvn", registry_v1="plain-values"),
    _openapi_generator(
        "rust", "", "cd {out} && CARGO_TARGET_DIR={tools}/target cargo check --quiet", "cargo", token_auth="token-form"
    ),
    Generator(
        "openapi-python-client",
        "openapi-python-client",
        "PATH=venv/bin:$PATH openapi-python-client generate --path {spec} --meta none --config {overrides} --fail-on-warning"
        " --overwrite --output-path {out}/{package}",
        f"PYTHONPATH={{out}} venv/bin/python -c '{_IMPORT_ALL}'",
    ),
    Generator(
        "datamodel-code-generator",
        "datamodel-code-generator",
        "venv/bin/datamodel-codegen --input {spec} --input-file-type openapi --output-model-type pydantic_v2.BaseModel"
        " --use-annotated --formatters builtin --output {out}/models.py",
        "venv/bin/python {out}/models.py && venv/bin/mypy --strict {out}/models.py",
    ),
)
