"""Progress callbacks that no function accepts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import Progress, RegistryClientV2, artifacts, images
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.images.built_images import AMD64, store_image
from tests.support.request_log import recorded_requests


async def report(progress: Progress) -> None: ...


class Report:
    async def __call__(self, progress: Progress) -> None: ...


@pytest.mark.parametrize("callback", [report, Report(), Report().__call__, 7])
def test_a_coroutine_function_is_refused_before_any_request(tmp_path: Path, callback: Any) -> None:
    with EmbeddedRegistry() as registry, ExitStack() as stack:
        name = f"{registry.url}/a:v1"
        store_image(registry, "a", AMD64, "v1")
        plan = images.plan_copy(name, f"{registry.url}/b:v1")
        calls: tuple[Callable[[], object], ...] = (
            lambda: images.copy(name, f"{registry.url}/b:v1", on_progress=callback),
            lambda: images.apply_copy(plan, on_progress=callback),
            lambda: images.pull(name, tmp_path, on_progress=callback),
            lambda: images.push(tmp_path, name, on_progress=callback),
            lambda: artifacts.push(name, [], artifact_type="text/plain", on_progress=callback),
            lambda: artifacts.pull(name, tmp_path, on_progress=callback),
        )
        client = stack.enter_context(RegistryClientV2(f"{registry.url}/a"))
        blob = next(iter(AMD64.blobs))
        calls += (
            lambda: client.download_blob(blob, tmp_path / "blob", on_progress=callback),
            lambda: client.blob_upload(b"content", on_progress=callback),
        )
        for call in calls:
            with recorded_requests(registry) as asked, pytest.raises(TypeError, match="on_progress"):
                call()
            assert asked == []
