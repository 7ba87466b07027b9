"""The generated code depends only on openapi/ and generator-templates/, and `--check` finds every difference."""

from __future__ import annotations

from pathlib import Path

from tests.generator.projects import edit_spec, run_generate

MODULE = Path("docker_registry_sdk/v2/api/manifests/get_manifest.py")
MISSING = Path("docker_registry_sdk/v2/api/manifests/head_manifest.py")


def contents(project: Path) -> dict[str, bytes]:
    package = project / "docker_registry_sdk"
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in package.rglob("*") if path.is_file()}


def test_check_shows_every_difference_and_generate_removes_them(project: Path) -> None:
    committed = contents(project)
    package = project / "docker_registry_sdk"
    edited = (project / MODULE).read_text(encoding="utf-8").replace("def parse(", "def parsed(")
    (project / MODULE).write_text(edited, encoding="utf-8")
    twin = package / "_core/wire/_sync/exchange.py"
    twin.write_text(twin.read_text(encoding="utf-8") + "\nEDITED = True\n", encoding="utf-8")
    (package / "v2/models/left_over.py").write_text("LEFT = True\n", encoding="utf-8")
    (package / "v1/empty.py").touch()
    (package / "v1/notes.bin").write_bytes(b"\xff\x00")
    (project / MISSING).unlink()
    specification = project / "openapi/token-auth.yaml"
    text = specification.read_bytes()
    edit_spec(specification, set_title)
    before = contents(project)
    checked = run_generate(project, "--check", PYTHONHASHSEED="1")
    assert checked.returncode == 1
    assert f"--- {MODULE}\n+++ {MODULE} (generated)\n" in checked.stdout
    for line in ("-def parsed(", "+def parse(", "-EDITED = True", "-LEFT = True", '+"""Another title.'):
        assert f"\n{line}" in checked.stdout
    for name in ("docker_registry_sdk/v1/empty.py", "docker_registry_sdk/v1/notes.bin", f"+++ {MISSING} (generated)"):
        assert name in checked.stdout
    assert contents(project) == before
    specification.write_bytes(text)
    done = run_generate(project, PYTHONHASHSEED="2")  # the committed code was written with another seed
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(project) == committed


def set_title(spec: dict[str, dict[str, str]]) -> None:
    spec["info"]["title"] = "Another title"


def test_unsupported_specification_changes_no_file(project: Path) -> None:
    def edit(spec: dict[str, dict[str, str]]) -> None:
        del spec["info"]["description"]

    before = contents(project)
    edit_spec(project / "openapi/token-auth.yaml", edit)
    done = run_generate(project)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "token-auth.yaml: info: a description is missing\n")
    assert contents(project) == before
    assert not list(project.glob(".generate-*"))
