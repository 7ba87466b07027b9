"""An operation that is added to a specification has its subcommand once the code is generated anew, shown on a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.generator.projects import copy_project, edit_spec, run_generate, run_python
from tests.generator.test_spec_edit import edit


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose specification of API v2 has a new operation, generated."""
    project = copy_project(tmp_path_factory.mktemp("edited") / "project")
    edit_spec(project / "openapi/registry-v2.yaml", edit)
    done = run_generate(project)
    assert (done.returncode, done.stderr) == (0, "")
    return project


def test_the_new_operation_is_a_subcommand(edited: Path, embedded_registry: EmbeddedRegistry) -> None:
    listed = run_python(edited, "-m", "docker_registry_sdk", "api", "v2", "--help")
    assert "read_attachment          Read an attachment" in listed.stdout
    told = run_python(edited, "-m", "docker_registry_sdk", "api", "v2", "read_attachment", "--help")
    assert "NAME TITLE" in told.stdout
    assert "The bytes of the attachment." in told.stdout
    name = f"{embedded_registry.host}/library/a"
    done = run_python(edited, "-m", "docker_registry_sdk", "api", "v2", "read_attachment", name, "logo")
    assert done.returncode == 3, done
    assert [request.path for request in embedded_registry.requests] == ["/v2/library/a/attachments/logo"]
