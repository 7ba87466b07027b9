"""The overlays for other generators apply to the OpenAPI files and change what they say they change."""

from __future__ import annotations

from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.other_generators.generators import GENERATORS
from tests.other_generators.overlay import apply_overlays

OVERLAYS = Path(__file__).parents[2] / "openapi/overlays"


def test_the_overlays_apply_and_give_valid_documents() -> None:
    document = apply_overlays(OVERLAYS / "uploads.yaml", OVERLAYS / "raw-manifests.yaml")
    OpenAPIV31SpecValidator(document).validate()
    upload = document["paths"]["/v2/{name}/blobs/uploads/{reference}"]
    names = [parameter["$ref"].rpartition("/")[2] for parameter in upload["put"]["parameters"]]
    assert names == ["Name", "Session", "UploadQuery", "BlobDigest", "ContentRange", "ContentLength"]
    content = document["paths"]["/v2/{name}/manifests/{reference}"]["put"]["requestBody"]["content"]
    assert len(content) == 6
    assert all(one == {"schema": {"type": "string", "format": "binary"}} for one in content.values())


def test_the_overlays_for_one_generator_apply_and_give_valid_documents() -> None:
    form = apply_overlays(OVERLAYS / "token-form.yaml")
    assert form["components"]["schemas"]["TokenRequest"]["properties"]["grant_type"]["type"] == "string"
    plain = apply_overlays(OVERLAYS / "plain-values.yaml")
    assert "oneOf" not in plain["components"]["schemas"]["ContainerConfig"]["properties"]["Cmd"]
    for document in (form, plain):
        OpenAPIV31SpecValidator(document).validate()


def test_each_overlay_is_used_by_a_generator_or_a_program() -> None:
    used = {overlay for generator in GENERATORS for overlay in generator.overlays.values()} | {"uploads", "raw-manifests"}
    assert {path.stem for path in OVERLAYS.glob("*.yaml")} == used


@pytest.mark.parametrize("target", ["$.nothing", "$.paths[?@.x]"])
def test_a_target_that_is_wrong_is_an_error(tmp_path: Path, target: str) -> None:
    (tmp_path / "one.yaml").write_text("paths: {/a: {}}\n", encoding="utf-8")
    overlay = f"extends: one.yaml\nactions: [{{target: '{target}', update: {{}}}}]\n"
    (tmp_path / "overlay.yaml").write_text(overlay, encoding="utf-8")
    with pytest.raises(ValueError, match=r"matches nothing|is not supported"):
        apply_overlays(tmp_path / "overlay.yaml")
