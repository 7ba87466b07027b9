"""The generated code depends only on openapi/ and generator-templates/, and `--check` finds every difference."""

from __future__ import annotations

from pathlib import Path

from tests.generator.projects import edit_spec, run_generate

MODULE = Path("docker_registry_sdk/v2/api/manifests/get_manifest.py")


def contents(project: Path) -> dict[str, bytes]:
    package = project / "docker_registry_sdk"
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in package.rglob("*") if path.is_file()}


def test_runs_with_different_hash_seeds_write_the_bytes_that_are_committed(project: Path) -> None:
    committed = contents(project)
    for seed in ("1", "2"):
        done = run_generate(project, PYTHONHASHSEED=seed)
        assert (done.returncode, done.stderr) == (0, "")
        assert contents(project) == committed


def test_check_prints_nothing_if_nothing_differs(project: Path) -> None:
    done = run_generate(project, "--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_check_shows_a_hand_edit_and_keeps_it(project: Path) -> None:
    edited = (project / MODULE).read_text(encoding="utf-8").replace("def parse(", "def parsed(")
    (project / MODULE).write_text(edited, encoding="utf-8")
    done = run_generate(project, "--check")
    assert done.returncode == 1
    assert f"--- {MODULE}\n+++ {MODULE} (generated)\n" in done.stdout
    assert "\n-def parsed(" in done.stdout
    assert "\n+def parse(" in done.stdout
    assert (project / MODULE).read_text(encoding="utf-8") == edited


def test_check_shows_a_stray_file_and_generate_removes_it(project: Path) -> None:
    stray = project / "docker_registry_sdk/v2/models/left_over.py"
    stray.write_text("LEFT = True\n", encoding="utf-8")
    done = run_generate(project, "--check")
    assert done.returncode == 1
    assert "\n-LEFT = True\n" in done.stdout
    assert run_generate(project).returncode == 0
    assert not stray.exists()


def test_check_shows_a_stray_file_that_is_empty_or_not_text(project: Path) -> None:
    (project / "docker_registry_sdk/v1/empty.py").touch()
    (project / "docker_registry_sdk/v1/notes.bin").write_bytes(b"\xff\x00")
    done = run_generate(project, "--check")
    assert done.returncode == 1
    assert "docker_registry_sdk/v1/empty.py" in done.stdout
    assert "docker_registry_sdk/v1/notes.bin" in done.stdout


def test_check_shows_a_missing_file_and_generate_writes_it(project: Path) -> None:
    (project / MODULE).unlink()
    done = run_generate(project, "--check")
    assert done.returncode == 1
    assert f"+++ {MODULE} (generated)" in done.stdout
    assert run_generate(project).returncode == 0
    assert (project / MODULE).is_file()


def test_check_shows_an_edit_of_the_sync_twin(project: Path) -> None:
    twin = project / "docker_registry_sdk/_core/wire/_sync/exchange.py"
    twin.write_text(twin.read_text(encoding="utf-8") + "\nEDITED = True\n", encoding="utf-8")
    done = run_generate(project, "--check")
    assert done.returncode == 1
    assert "\n-EDITED = True\n" in done.stdout


def test_check_shows_an_edit_of_a_specification(project: Path) -> None:
    def edit(spec: dict[str, dict[str, str]]) -> None:
        spec["info"]["title"] = "Another title"

    edit_spec(project / "openapi/token-auth.yaml", edit)
    done = run_generate(project, "--check")
    assert done.returncode == 1
    assert '\n+"""Another title.\n' in done.stdout


def test_unsupported_specification_changes_no_file(project: Path) -> None:
    def edit(spec: dict[str, dict[str, str]]) -> None:
        del spec["info"]["description"]

    before = contents(project)
    edit_spec(project / "openapi/token-auth.yaml", edit)
    for arguments in ((), ("--check",)):
        done = run_generate(project, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", "token-auth.yaml: info: a description is missing\n")
        assert contents(project) == before
    assert not list(project.glob(".generate-*"))
