"""docs/programs.md has a sync and an async program for each job, and the services in the pages answer requests."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.markdown import PROJECT, Block, python_blocks

_PROGRAMS = python_blocks(PROJECT / "docs" / "programs.md")
_TITLES = (
    "Tags and digests",
    "Copy an image with two logins",
    "Download with progress",
    "Push an SBOM, and find it again",
    "A service with FastAPI",
    "A pytest test",
)
_GUIDE = python_blocks(PROJECT / "docs" / "guides" / "fastapi.md")


def _run_service(service: Block, *paths: str) -> list[httpx.Response]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(service.code, f"{service.page.name}, line {service.line}", "exec"), namespace)
    app, lifespan = namespace["app"], namespace["lifespan"]

    async def request() -> list[httpx.Response]:
        async with lifespan(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return [await client.get(path) for path in paths]

    return anyio.run(request)


def test_each_job_has_a_sync_and_an_async_program() -> None:
    assert [program.title for program in _PROGRAMS] == [title for title in _TITLES for _ in range(2)]
    assert ["async def" in program.code and "await" in program.code for program in _PROGRAMS[:8]] == [False, True] * 4


@pytest.mark.parametrize("service", [program for program in _PROGRAMS if program.title == _TITLES[4]], ids=str)
def test_a_service_lists_tags(service: Block) -> None:
    with EmbeddedRegistry() as registry:
        registry.add_image("library/app:1")
        tags, absent = _run_service(service, f"/tags/{registry.url}/library/app", f"/tags/{registry.url}/library/absent")
    assert tags.json() == ["1"]
    assert (absent.status_code, "404" in absent.json()["detail"]) == (404, True)


def test_the_service_in_the_guide_reports_errors() -> None:
    with EmbeddedRegistry() as registry:
        image = registry.add_image("library/app:1")
        host = registry.url.removeprefix("http://")
        found, absent, wrong = _run_service(
            _GUIDE[0], f"/digest/{host}/library/app:1", f"/digest/{host}/library/app:2", "/digest/ALPINE"
        )
    assert found.json() == {"digest": str(image.digest)}
    assert (absent.status_code, absent.json().keys()) == (404, {"problem", "hint"})
    assert wrong.status_code == 422
