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
    assert done.stdout.splitlines() == [
        "docker_registry_sdk/v1: 2 files changed",
        "docker_registry_sdk/v2: 3 files changed",
        "docker_registry_sdk/_core/wire/_sync: 1 file changed",
    ]
    assert contents(project) == committed


def test_nothing_is_reported_if_nothing_changed() -> None:
    from generate import report

    assert report([], []) == ["Nothing changed."]


def set_title(spec: dict[str, dict[str, str]]) -> None:
    spec["info"]["title"] = "Another title"


def test_refused_specifications_change_no_file_and_each_reason_has_its_place(project: Path) -> None:
    for path, old, new in (
        ("openapi/token-auth.yaml", "info:\n", "info:\n  x-words: yes\n"),
        ("openapi/registry-v2.yaml", "operationId: list_tags\n", "operationId: list_repo_tags\n"),
    ):
        text = (project / path).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (project / path).write_text(text.replace(old, new), encoding="utf-8")
    before = contents(project)
    done = run_generate(project)
    assert (done.returncode, done.stdout) == (2, "")
    first, *places, last = done.stderr.splitlines()
    assert first == (
        "openapi/registry-v2.yaml: operation list_tags was removed, now list_repo_tags, but the project uses it. "
        "Change these places first:"
    )
    calls = [place for place in places if place.startswith("  docker_registry_sdk/client/_async/tags.py:")]
    assert [call for call in calls if "api.list_tags" in call]
    assert any(place.startswith("  docker_registry_sdk/testing/faults/exchange.py:") for place in places)
    assert last.startswith("openapi/token-auth.yaml:")
    assert last.endswith(": info: 'x-words' is not supported here")
    assert contents(project) == before
    assert not list(project.glob(".generate-*"))
