"""The three OpenAPI files in Swagger UI, as pages that load nothing from the network."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from operation_reference import DESCRIPTIONS

_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "LICENSE")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: OpenAPI description</title>
<link rel="stylesheet" href="swagger-ui/swagger-ui.css">
<link rel="icon" href="swagger-ui/favicon-32x32.png">
<style>
body {{ margin: 0 }}
nav {{ font: 16px/1.5 sans-serif; padding: 0.6rem 1.2rem; background: #1b1b1b }}
nav a {{ color: #fff; margin-right: 1.5rem }}
.swagger-ui .scheme-container, .swagger-ui .authorization__btn {{ display: none }}
</style>
</head>
<body>
<nav><a href="../reference/openapi/{name}.html">Back to the documentation</a>{others}</nav>
<main id="viewer"></main>
<script src="swagger-ui/swagger-ui-bundle.js"></script>
<script src="{name}.js"></script>
<script>
SwaggerUIBundle({{
  spec: description, dom_id: "#viewer", deepLinking: true, docExpansion: "list", defaultModelsExpandDepth: 0,
  supportedSubmitMethods: [], validatorUrl: null, filter: true
}})
</script>
</body>
</html>
"""


def write(folder: Path) -> None:
    """Write the viewer, and each OpenAPI file as YAML and JSON, as the package publishes it, and as a page, into a folder.

    A page loads its description from a script, so that it also works when it is opened as a file.

    Args:
        folder: The folder, which is created.
    """
    viewer = folder / "swagger-ui"
    viewer.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(str(files("flask_swagger_ui") / "dist" / name), viewer / name)
    published = files("docker_registry_sdk.openapi")
    for one in DESCRIPTIONS:
        for name in (f"{one.name}.yaml", f"{one.name}.json"):
            (folder / name).write_bytes((published / name).read_bytes())
        document = json.loads((published / f"{one.name}.json").read_text(encoding="utf-8"))
        script = f"const description = {json.dumps(with_own_parameters(document))}\n"
        (folder / f"{one.name}.js").write_text(script, encoding="utf-8")
        others = "".join(f'<a href="{other.name}.html">{other.title}</a>' for other in DESCRIPTIONS if other is not one)
        page = _PAGE.format(title=one.title, name=one.name, others=others)
        (folder / f"{one.name}.html").write_text(page, encoding="utf-8")


def with_own_parameters(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document in which each operation lists all its parameters itself.

    Swagger UI shows no name and no type of a parameter that a path lists by a reference.

    Args:
        document: The document, which is not changed.
    """
    shared = document["components"].get("parameters", {})

    def resolved(parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in parameters]

    paths = {}
    for path, item in document["paths"].items():
        common = resolved(item.get("parameters", []))
        paths[path] = {
            key: value if key not in _METHODS else {**value, "parameters": common + resolved(value.get("parameters", []))}
            for key, value in item.items()
            if key != "parameters"
        }
    return {**document, "paths": paths}
