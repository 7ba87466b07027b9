"""The cost of a call, counted without a clock: Python calls, and the files of this package that they are in."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import docker_registry_sdk
from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.images import OCI_MANIFEST, make_image

PACKAGE = Path(docker_registry_sdk.__file__).parent
WARM_UP_CALLS = 5
MAX_PYTHON_CALLS = 978
MAX_FILES = 16


def count_calls(client: RegistryClientV2) -> tuple[int, frozenset[str]]:
    """Return the number of Python calls of `get_manifest`, and the files of this package that they are in."""
    files: list[str] = []

    def profile(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            files.append(frame.f_code.co_filename)

    sys.setprofile(profile)
    try:
        client.get_manifest("latest")
    finally:
        sys.setprofile(None)
    return len(files), frozenset(file for file in files if Path(file).is_relative_to(PACKAGE))


def test_warm_get_manifest_makes_few_calls_in_few_files() -> None:
    image = make_image()
    with EmbeddedRegistry() as registry, RegistryClientV2(f"{registry.url}/library/busybox") as client:
        for content in (image.config, image.layer):
            client.blob_upload(content)
        client.put_manifest(image.oci, "latest", media_type=OCI_MANIFEST)
        for _ in range(WARM_UP_CALLS):
            client.get_manifest("latest")
        # A connection that the server closed in between costs calls, so the fewest of several calls count.
        counts = [count_calls(client) for _ in range(5)]
    calls, files = min(counts, key=lambda count: count[0])
    assert calls <= MAX_PYTHON_CALLS
    assert len(files) <= MAX_FILES, sorted(files)
