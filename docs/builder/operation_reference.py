"""The tables of the operations of the three APIs, made from the generated tables of operations."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from docker_registry_sdk._core.wire.operations import Operation
from docker_registry_sdk.token_auth.operations import OPERATIONS as TOKEN_OPERATIONS
from docker_registry_sdk.v1.operations import OPERATIONS as V1_OPERATIONS
from docker_registry_sdk.v2.operations import OPERATIONS as V2_OPERATIONS

FOLDER = Path("reference", "openapi")


@frozen
class Description:
    """One of the OpenAPI files.

    Attributes:
        name: The name of the file in openapi/, without its ending.
        title: The title of the page.
        package: The package that is generated from the file.
        operations: The operations.
    """

    name: str
    title: str
    package: str
    operations: tuple[Operation, ...]


DESCRIPTIONS = (
    Description("registry-v2", "API v2", "docker_registry_sdk.v2", V2_OPERATIONS),
    Description("registry-v1", "API v1", "docker_registry_sdk.v1", V1_OPERATIONS),
    Description("token-auth", "Token services", "docker_registry_sdk.token_auth", TOKEN_OPERATIONS),
)


def pages() -> dict[Path, str]:
    """Return the Markdown of one page for each OpenAPI file, by path in the folder of pages."""
    return {FOLDER / f"{one.name}.md": _page(one) for one in DESCRIPTIONS}


def operation_rows(operations: tuple[Operation, ...]) -> list[tuple[str, str, str]]:
    """Return the name, the endpoint and the description of each operation."""
    return [(one.id, f"{one.method} {one.path}", one.summary) for one in operations]


def _page(description: Description) -> str:
    viewer = f"../../openapi/{description.name}.html"
    api = f"../python/{description.package}.api.md"
    rows = [
        f"| [`{name}`]({api}#{description.package}.api.{name}) | {summary} | `{endpoint}` |"
        for name, endpoint, summary in operation_rows(description.operations)
    ]
    parts = [
        f"# {description.title}",
        f"[Open the whole description: parameters, responses, schemas]({viewer}){{.md-button}}",
        f"The file itself, for other generators and tools: [YAML](../../openapi/{description.name}.yaml), "
        f"[JSON](../../openapi/{description.name}.json). The wheel has it, too, as data of `docker_registry_sdk.openapi`; "
        "[its changes](../../project/openapi-changelog.md) have versions of their own.",
        f"Each operation is a module of [`{description.package}.api`]({api}). `{description.package}.operations.OPERATIONS` "
        "contains this table, with all arguments.",
        "\n".join(["| name | description | endpoint |", "|---|---|---|", *rows]),
    ]
    return "\n\n".join(parts) + "\n"
