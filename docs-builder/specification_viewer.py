"""The three OpenAPI files in Swagger UI, as pages that load nothing from the network."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path

import yaml
from operation_reference import DESCRIPTIONS

SPECIFICATIONS = Path(__file__).resolve().parents[1] / "openapi"
_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "LICENSE")
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
    """Write the viewer, and each OpenAPI file as YAML, as JSON and as a page, into a folder.

    A page loads its description from a script, so that it also works when it is opened as a file.

    Args:
        folder: The folder, which is created.
    """
    viewer = folder / "swagger-ui"
    viewer.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(str(files("flask_swagger_ui") / "dist" / name), viewer / name)
    for one in DESCRIPTIONS:
        source = SPECIFICATIONS / f"{one.name}.yaml"
        document = json.dumps(yaml.safe_load(source.read_text(encoding="utf-8")), indent=2)
        shutil.copy(source, folder / source.name)
        (folder / f"{one.name}.json").write_text(document + "\n", encoding="utf-8")
        (folder / f"{one.name}.js").write_text(f"const description = {document}\n", encoding="utf-8")
        others = "".join(f'<a href="{other.name}.html">{other.title}</a>' for other in DESCRIPTIONS if other is not one)
        page = _PAGE.format(title=one.title, name=one.name, others=others)
        (folder / f"{one.name}.html").write_text(page, encoding="utf-8")
